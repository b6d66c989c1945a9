import type { Json } from '../../data/json.ts';
import type { Recording } from '../../recording/lines.ts';
import { differences } from './changes.ts';
import { goldenText } from './golden.ts';
import { type Entry, parseGolden } from './parse.ts';

/** One side of a disagreement: a transition. */
export interface GoldenTransition {
  /** Which run of which loop: `fit.epoch#3`. */
  readonly id: string;
  /** The type of the event. */
  readonly event: string;
  /** The state of the loop after it. */
  readonly state: string;
  /** Whole steps that the loop had taken by then. */
  readonly step: number;
}

/** The first disagreement of a run and a golden recording. */
export interface GoldenDifference {
  /** The loop in which it is: `fit.epoch`. */
  readonly path: string;
  /** The line of the golden recording, from 1. */
  readonly line: number;
  /** What was recorded; `undefined` where the run went on behind the end of it. */
  readonly recorded: GoldenTransition | undefined;
  /** What happened now; `undefined` where the run was over before. */
  readonly now: GoldenTransition | undefined;
  /** What differs in the contexts, if both are of the same loop. `undefined`: it is not there. */
  readonly context: readonly { path: string; recorded: Json | undefined; now: Json | undefined }[];
  /** How many transitions disagree behind this one. */
  readonly following: number;
  /** How many were recorded, and how many there are now. */
  readonly transitions: { readonly recorded: number; readonly now: number };
}

/**
 * Holds a run against a golden recording.
 * @param golden the text that was kept
 * @param recording of a run of now, or the text that `goldenText` makes of it
 * @param name what the golden recording is called in errors. Default: the golden recording
 * @returns the first disagreement; `undefined`: they are the same
 * @throws LoopError `REPLAY_MISMATCH` for a golden recording that is empty, was cut or changed
 *
 * @example
 * const difference = compareGolden(readFileSync('sum.golden', 'utf8'), recording);
 * if (difference !== undefined) console.log(showDifference(difference));
 */
export function compareGolden(
  golden: string,
  recording: Recording | string,
  name = 'the golden recording',
): GoldenDifference | undefined {
  const before = parseGolden(golden, name);
  const after = parseGolden(typeof recording === 'string' ? recording : goldenText(recording), 'the run of now');
  const shorter = Math.min(before.length, after.length);
  let first = 0;
  while (first < shorter && before[first]!.text === after[first]!.text) first++;
  if (first === before.length && first === after.length) return undefined;
  let same = 0;
  while (same < shorter - first && before.at(-1 - same)!.text === after.at(-1 - same)!.text) same++;
  const [recorded, now] = [before[first], after[first]];
  const { id } = (recorded ?? now)!;
  return {
    path: id.slice(0, id.lastIndexOf('#')),
    line: recorded?.number ?? before.length + 2,
    recorded: recorded && transitionOf(recorded),
    now: now && transitionOf(now),
    context:
      recorded?.id === now?.id
        ? differences(recorded!.stand, now!.stand).map(({ path, one, other }) => ({ path, recorded: one, now: other }))
        : [],
    following: Math.max(0, Math.max(before.length, after.length) - first - same - 1),
    transitions: { recorded: before.length, now: after.length },
  };
}

function transitionOf({ id, event, state, stand }: Entry): GoldenTransition {
  return { id, event, state, step: Number(stand.steps) };
}
