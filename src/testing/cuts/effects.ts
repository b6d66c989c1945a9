import type { Cut } from './boundaries.ts';
import type { Cause } from './cause.ts';
import { brief, differenceOf } from './difference.ts';
import type { FirstDifference } from './measured.ts';

/** Effects that were done more often than once, or not at all. */
export interface EffectDifference extends FirstDifference {
  what: 'effects';
  again: unknown[];
  left: unknown[];
  /** The process died in the middle of a step. */
  isCrash: boolean;
}

/** Of a run that was cut: those before the cut, and those of the run that went on. */
export function effectsAfterCut(
  whole: readonly unknown[],
  cut: Cut,
  after: readonly unknown[],
  inOrder: boolean,
): EffectDifference | undefined {
  return difference(whole, [...whole.slice(0, cut.effects), ...after], inOrder, false);
}

/** The same, of a process that was at work until just before the next boundary, and died. */
export function effectsAfterCrash(
  whole: readonly unknown[],
  cut: Cut,
  after: readonly unknown[],
  inOrder: boolean,
): EffectDifference | undefined {
  const { effects, effectsBeforeNext = effects } = cut;
  if (effectsBeforeNext <= effects) return undefined;
  return difference(whole, [...whole.slice(0, effectsBeforeNext), ...after], inOrder, true);
}

function difference(
  expected: readonly unknown[],
  got: readonly unknown[],
  inOrder: boolean,
  isCrash: boolean,
): EffectDifference | undefined {
  if (differenceOf(expected, got) === undefined) return undefined;
  const [again, left] = [without(got, expected), without(expected, got)];
  if (again.length + left.length === 0 && !inOrder) return undefined;
  return { what: 'effects', expected, got, at: [], again, left, isCrash };
}

/** Whether two runs have done the same. @returns whether also in the same order */
export function sameEffects(expected: readonly unknown[], got: readonly unknown[]): { inOrder: boolean } | undefined {
  if (differenceOf(expected, got) === undefined) return { inOrder: true };
  return difference(expected, got, false, false) === undefined ? { inOrder: false } : undefined;
}

/** What is in a list more often than in another. */
function without(list: readonly unknown[], other: readonly unknown[]): unknown[] {
  const rest = [...other];
  return list.filter((one) => {
    const at = rest.findIndex((each) => differenceOf(one, each) === undefined);
    if (at !== -1) rest.splice(at, 1);
    return at === -1;
  });
}

export function ofEffects({ again, left, isCrash }: EffectDifference, { place }: Cut): Cause {
  const what = again.length > 0 ? again : left;
  const names = what.slice(0, 3).map(brief).join(', ') + (what.length > 3 ? ', …' : '');
  const how = isCrash
    ? `a process that dies in the step after this cut has done ${names} already, and the step does it again when it is run again`
    : again.length > 0
      ? `the step that was cut is run again when the run goes on, and does ${names} again`
      : left.length > 0
        ? `${names} is done by a run that is not cut, and not by the one that went on`
        : 'they come in another order';
  return {
    kind: 'effect',
    says: `An effect outside \`once\` in ${place.path}, or in one that had not returned: ${how}.`,
    advice:
      "Do it in once: await this.once('send', () => send(mail)), which is not called again." +
      (isCrash ? ' If it may be done again when a process dies in the middle of it, say { crashes: false }.' : ''),
  };
}
