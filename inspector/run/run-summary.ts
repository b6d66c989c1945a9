import { numberOf } from '../text/number.ts';
import { brief, briefExactly, readValue } from '../text/value.ts';
import type { Phase, Run } from './actor.ts';
import type { Contexts } from './contexts.ts';
import { pickName } from './series.ts';
import { isCounter } from './spark.ts';
import { argsOf } from './start-differences.ts';
import type { Store } from './store.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** What there is to say of a run in a row of a table. */
export interface RunSummary {
  /** What its outermost loop was run with, as one would write it; empty where nothing. */
  args: string;
  /** The same with all digits; nothing where that says no more. */
  argsExactly: string | undefined;
  /** Epoch milliseconds. */
  start: number;
  /** Milliseconds. */
  took: number;
  phase: Phase;
  /** How it stands or ended, in a word or two. */
  outcome: string;
  /** What it returned, its reason, or what was thrown; empty where there is none. */
  why: string;
  /** Of the states of its loops as they were last, by the names of plots. */
  numbers: ReadonlyMap<string, number>;
}

/** So many characters of the arguments fit into a cell. */
const ROOM = 48;
/** So many numbers of a run are listed, of so many loops, down to so many keys. */
const NUMBERS = 100;
const LOOPS = 100;
const DEPTH = 3;

const OUTCOMES: Record<Verdict['how'], [Phase, string]> = {
  running: ['running', 'runs'],
  paused: ['paused', 'paused'],
  waiting: ['paused', 'waits'],
  stopping: ['running', 'is to stop'],
  finished: ['done', 'finished'],
  skipped: ['skipped', 'nothing to do'],
  ended: ['done', 'ended'],
  stopped: ['stopped', 'stopped'],
  failed: ['failed', 'failed'],
  aborted: ['aborted', 'aborted'],
  cut: ['stopped', 'cut off'],
  unknown: ['unknown', 'not seen to end'],
};

export function summaryOf(store: Store, contexts: Contexts, run: Run): RunSummary {
  const { root } = run;
  const verdict = verdictOf(store, contexts, root);
  const [phase, outcome] = OUTCOMES[verdict.how];
  const args = argsOf({ store, contexts, run }, root);
  return {
    args: argsInWords(args),
    argsExactly: argsExactly(args),
    start: root.from,
    took: verdict.for,
    phase,
    outcome,
    why: verdict.why,
    numbers: lastNumbers(store, contexts, run),
  };
}

/** `0.01, "adam"` */
export function argsInWords(args: unknown): string {
  return Array.isArray(args) ? args.map((arg) => brief(arg, ROOM)).join(', ') : '';
}

function argsExactly(args: unknown): string | undefined {
  if (!Array.isArray(args)) return undefined;
  const told = args.map((arg) => briefExactly(arg, ROOM) ?? brief(arg, ROOM)).join(', ');
  return told === argsInWords(args) ? undefined : told;
}

function lastNumbers(store: Store, contexts: Contexts, run: Run): Map<string, number> {
  const numbers = new Map<string, number>();
  const visit = (path: string, value: unknown, keys: string[]) => {
    if (numbers.size >= NUMBERS) return;
    const number = numberOf(value);
    if (number !== undefined) {
      if (keys.length && !isCounter(keys)) numbers.set(pickName({ path, keys }), number);
      return;
    }
    const told = keys.length < DEPTH ? readValue(value) : undefined;
    // A list has as many numbers as it is long: none of them has a name.
    if (told?.kind !== 'branch' || told.type !== 'Object' || told.size > 40) return;
    for (const [key, inner] of told.entries()) visit(path, inner, [...keys, key]);
  };
  let loops = 0;
  for (const [path, { actors }] of run.paths) {
    const last = actors.at(-1);
    if (++loops > LOOPS || !last) break;
    visit(path, contexts.at(last, store.last)?.state, []);
  }
  return numbers;
}

/** What was not trained on: `validate · loss`, `heldOut`, `testAccuracy`. */
const HELD_OUT = /(?:^|[^a-zA-Z])(?:val(?:[^a-z]|id)|test|eval|held)|Val(?:[^a-z]|id)|Test|Eval|Held/;

/** Losses first, then what else says how well a run does, then the rest; of each, what was held out says more. */
export function rankOf(name: string): number {
  const isLoss = /loss$/i.test(name);
  if (!isLoss && !/acc(uracy)?$|score$|error$|reward$|metric|best|f1$|right$|wrong$/i.test(name)) return 2;
  return (isLoss ? 0 : 1) + (HELD_OUT.test(name) ? 0 : 0.5);
}
