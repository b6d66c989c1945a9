import type { InFlight } from '../chart/journal.ts';
import { LoopError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { childNamed, isLoop } from '../tree/tree.ts';
import { ModelsAsTheyWere } from './models-as-they-were.ts';
import {
  type Changed,
  changedKeys,
  countersOf,
  dictOf,
  isNoted,
  isRecord,
  own,
  sealOfArgs,
  sealOfValue,
  stateOf,
} from './what-changed.ts';

/*
 * A step that is run again begins with the state before it, and brings the state to where it was by its own code. What
 * something else has changed in it is not done again: the function of a `once` that is remembered, a child that has ended
 * or that goes on in its middle.
 *
 *     await this.once('load', async () => {
 *       this.state.rows = await load();      not done again: the rows would be missing without a word
 *     });
 *     this.state.rows = await this.once('load', () => load());      done again, with what `once` remembers
 *
 * So a checkpoint notes of each step in flight what it had changed by then (`what-changed.ts`). Before what was under way
 * goes on, the step that was run again must have come to the same; and by the time that it asks for the last thing that it
 * had asked for, it must not have changed anything else. So it is with counters, with the states of children that do not
 * run, with the arguments of children, which may be changed as well, and with models.
 */

/** What a step that is run again has to come to. */
export class AsItWas {
  readonly #loop: AnyLoop;
  readonly #changed: Changed | undefined;
  readonly #changedState: string | undefined;
  readonly #changedProgress: Changed;
  readonly #changedChildren: Changed;
  /** What it begins with. */
  readonly #state: Json | undefined;
  readonly #progress: { [field: string]: Json };
  readonly #args: { run: string; before: readonly Json[]; seal: string }[];
  readonly #models: ModelsAsTheyWere;

  /** @param isAlone whether no other loop goes on beside this one */
  constructor(loop: AnyLoop, inFlight: InFlight, isAlone: () => boolean) {
    const { changed, changedState, changedProgress = {}, changedChildren = {}, changedAssets, asked } = inFlight;
    this.#models = new ModelsAsTheyWere(loop, changedAssets, isAlone);
    this.#loop = loop;
    this.#changed = changed;
    this.#changedState = changedState;
    this.#changedProgress = changedProgress;
    this.#changedChildren = changedChildren;
    // Of older checkpoints, and of one that somebody has changed, nobody knows what had not been changed.
    this.#state = changed === undefined ? undefined : stateOf(loop);
    this.#progress = isNoted(inFlight) ? countersOf(loop) : {};
    this.#args = asked.flatMap(({ run, args: before = [], changed: seal }) =>
      run === undefined || seal === undefined ? [] : [{ run, before, seal }],
    );
  }

  /** Whether there is nothing to come to. */
  get isNothing(): boolean {
    const others = { ...this.#changedProgress, ...this.#changedChildren };
    return !this.#hasState && Object.keys(others).length === 0 && this.#args.length === 0 && this.#models.areNone;
  }

  get #hasState(): boolean {
    return this.#changedState !== undefined || Object.keys(this.#changed ?? {}).length > 0;
  }

  /** What it had changed by then, and has not come to. @param argsOf the arguments of a child that was asked for, as they are now */
  missing(argsOf: (child: string) => readonly unknown[] | undefined): string | undefined {
    const ofLoop = this.#missingState() ?? this.#missingCounter() ?? this.#missingChild();
    return ofLoop ?? this.#missingArgs(argsOf) ?? this.#missingModel();
  }

  /** What it has changed though it had not by then. */
  changedNow(): string | undefined {
    const state = this.#state === undefined ? undefined : stateOf(this.#loop);
    const key = changedIn(this.#state, state, this.#changed ?? {});
    if (key !== undefined) return keyOfState(key);
    const field = changedIn(this.#progress, countersOf(this.#loop), this.#changedProgress);
    return field === undefined ? undefined : counter(field);
  }

  #missingState(): string | undefined {
    if (!this.#hasState) return undefined;
    const state = stateOf(this.#loop);
    if (this.#changedState !== undefined) return sealOfValue(state) === this.#changedState ? undefined : '`state` is';
    const key = missingIn(state, this.#changed!);
    return key === undefined ? undefined : keyOfState(key);
  }

  #missingCounter(): string | undefined {
    const field = missingIn(countersOf(this.#loop), this.#changedProgress);
    return field === undefined ? undefined : counter(field);
  }

  #missingChild(): string | undefined {
    const name = Object.keys(this.#changedChildren).find((one) => {
      const child = childNamed(this.#loop, one);
      return !isLoop(child) || sealOfValue(dictOf(child)) !== this.#changedChildren[one];
    });
    return name === undefined ? undefined : `the state of the child \`${name}\` is`;
  }

  #missingArgs(argsOf: (child: string) => readonly unknown[] | undefined): string | undefined {
    for (const { run, before, seal } of this.#args) {
      const now = argsOf(run);
      if (now === undefined || sealOfArgs(before, now) !== seal) return `the arguments of \`${run}\` are`;
    }
    return undefined;
  }

  #missingModel(): string | undefined {
    const model = this.#models.missing();
    return model === undefined ? undefined : `${aModel}\`${model}\` is`;
  }
}

/** The first key that does not hold what it had been changed to. */
function missingIn(now: Json | undefined, changed: Changed): string | undefined {
  return Object.keys(changed).find((key) => !isRecord(now) || sealOfValue(own(now, key)) !== changed[key]);
}

/** The first key that holds something else than before, and is none of those that had been changed. */
function changedIn(before: Json | undefined, now: Json | undefined, changed: Changed): string | undefined {
  if (!isRecord(before) || !isRecord(now)) return undefined;
  return changedKeys(before, now).find((key) => !Object.hasOwn(changed, key));
}

const keyOfState = (key: string): string => `\`state.${key}\` is`;
const counter = (field: string): string => `the progress \`${field}\` is`;

/** How a model is told from a key of the state. */
const aModel = 'the model ';

/**
 * @param what is, or are, not as when the checkpoint was taken
 * @param unit what was run again
 * @param waited what is told where its code was waited for
 */
export function notAsItWas(what: string, unit: string, path: string, waited = ''): LoopError {
  return new LoopError(
    'RESUME_MISMATCH',
    `The ${unit} in flight was run again, and ${what} not as when the checkpoint was taken. ` +
      (what.startsWith(aModel) ? ofModels : ofOthers) +
      waited +
      'Times and random numbers belong into `once`. ' +
      'To go on with what it is now, all the same: start({ from, migrate: (checkpoint) => checkpoint }).',
    path,
  );
}

const ofOthers =
  'What the function of a `once`, or a child, changes is not changed again: let it return that, as in `this.state.rows = await this.once(…)`. ';
const ofModels =
  'Where a loop has children, its step finds models as they were when the checkpoint was taken, and what it does to them itself would be done twice: ' +
  "let a child do that, or a `once`, as in `await this.once('reset', () => this.metric.reset())`. " +
  'Where it has none, what the function of a `once` does to a model is not done again: let the step do it. ';
