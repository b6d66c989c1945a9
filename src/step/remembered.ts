import type { Result } from '../chart/journal.ts';
import { isAlike } from '../data/alike.ts';
import { Opaque, type PlainError, revivedError } from '../data/error-codec.ts';
import { EndLoop, LoopError } from '../data/errors.ts';
import { copyAgain, type Json } from '../data/json.ts';
import { kindOf } from '../data/shown.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { type Keys, partAt } from '../tree/part-of-state.ts';
import { belowRoot, childNamed, isLoop } from '../tree/tree.ts';

/**
 * What came of something that a step had asked for. Where it could not be remembered, the error says so, and is a mismatch
 * of the step itself.
 */
export type How = { output: unknown } | { error: unknown; mismatch?: LoopError };

/** A running loop and those that run it. */
interface InRun {
  readonly loop: AnyLoop;
  readonly path: string;
  readonly parent: InRun | undefined;
}

/**
 * What a remembered result was: what the step gets when it asks again.
 * @param what names what was asked for, for the error
 * @param asking the loop whose step asks: the end of a loop further up is that of the same loop again
 */
export function revived(known: Result, what: string, asking: InRun): How {
  if ('opaque' in known) {
    const error = new LoopError(
      'RESUME_MISMATCH',
      `${what} gave a ${known.opaque}, which is not plain data and could not be remembered.`,
      asking.path,
    );
    return { error, mismatch: error };
  }
  if ('error' in known) return thrownAgain(known.error, what, asking.path);
  if ('end' in known) {
    let up: InRun | undefined = asking;
    while (up !== undefined && belowRoot(up.path) !== belowRoot(known.end.path)) up = up.parent;
    const { path, reason, thrown } = known.end;
    const why = thrown === undefined ? (reason ?? undefined) : revivedError(thrown);
    return { error: new EndLoop(up?.loop ?? asking.loop, up?.path ?? path, why) };
  }
  if (known.part !== undefined) return partAgain(known, known.part, what, asking);
  return { output: copyAgain(known.output) };
}

/** It was a part of a state, and is that part again. */
function partAgain(
  { run, output }: Result & { run?: string; output?: Json },
  part: Keys,
  what: string,
  asking: InRun,
): How {
  const holder = run === undefined ? asking.loop : childNamed(asking.loop, run);
  const again = isLoop(holder) ? partAt(holder, part) : undefined;
  if (isAlike(again, output)) return { output: again };
  const place = [run, 'state', ...part].filter((key) => key !== undefined).join('.');
  const error = new LoopError(
    'RESUME_MISMATCH',
    `${what} gave \`${place}\`, which is not the same now that the step is run again. Return a copy, or what it can be found by.`,
    asking.path,
  );
  return { error, mismatch: error };
}

function thrownAgain(described: PlainError, what: string, path: string): How {
  const thrown = revivedError(described);
  if (!(thrown instanceof Opaque)) return { error: thrown };
  const error = new LoopError(
    'RESUME_MISMATCH',
    `${what} threw a ${kindOf(thrown)}, which is neither an error nor plain data and could not be remembered. Throw an Error.`,
    path,
  );
  return { error, mismatch: error };
}
