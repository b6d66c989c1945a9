import { type Signal, signal } from '@preact/signals';
import type { Run } from '../run/actor.ts';
import { type RunSummary, rankOf, summaryOf } from '../run/run-summary.ts';
import type { Recording } from './recording.ts';
import { labelsOf, runsOf } from './run-labels.ts';
import { session } from './session.ts';
import { anyText, keepInLink } from './view-state.ts';

/** A run in the list. */
export interface ListedRun {
  recording: Recording;
  run: Run;
  label: string;
  summary: RunSummary;
}

/** The columns before those of numbers, and after them. */
export const BEFORE = ['run', 'arguments', 'outcome'] as const;
export const AFTER = ['took', 'started'] as const;
const UNSORTED = { by: 'started', down: false };
/** What the list is sorted by: one of its fixed columns, or a number. */
export const sort: Signal<{ by: string; down: boolean }> = signal(UNSORTED);
export const wanted: Signal<string> = signal('');
/** The numbers that are columns; nothing until somebody has chosen. */
export const columns: Signal<readonly string[] | undefined> = signal(undefined);

keepInLink('runs.text', anyText(wanted));
keepInLink('runs.by', {
  write: () => (sort.value === UNSORTED ? '' : `${sort.value.down ? '-' : ''}${sort.value.by}`),
  read(said) {
    sort.value = said ? { by: said.replace(/^-/, ''), down: said.startsWith('-') } : UNSORTED;
  },
});

/** So many milliseconds of a drawing go into what was not known yet. */
const PORTION = 8;
/** What goes on is told anew after so many milliseconds. */
const AGE = 500;
/** So many numbers are columns by themselves. */
const SHOWN = 3;

const known = new WeakMap<Run, { end: number; at: number; summary: RunSummary }>();

export interface RunList {
  /** Those that are wanted, in order. */
  rows: readonly ListedRun[];
  /** How many there are in all. */
  total: number;
  /** The numbers that there are, those first that say most. */
  numbers: readonly string[];
  /** Those that are shown. */
  shown: readonly string[];
  /** There are more of which nothing is known yet, or not the newest. */
  unfinished: boolean;
}

/** The runs of all recordings, as they are sorted and filtered. */
export function runList(): RunList {
  const recordings = session.recordings.value;
  const labels = labelsOf(recordings);
  const until = performance.now() + PORTION;
  const all: ListedRun[] = [];
  let unfinished = false;
  for (const { recording, run } of runsOf(recordings)) {
    const { summary, isStale } = knownOf(recording, run, until);
    unfinished ||= isStale;
    if (summary) all.push({ recording, run, label: labels.get(run) ?? run.name, summary });
  }
  const counts = new Map<string, number>();
  for (const { summary } of all)
    for (const name of summary.numbers.keys()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const numbers = [...counts.keys()].sort(
    (a, b) => rankOf(a) - rankOf(b) || counts.get(b)! - counts.get(a)! || a.length - b.length,
  );
  const telling = numbers.filter((name) => rankOf(name) < 2);
  const shown = columns.value ?? (telling.length ? telling : numbers).slice(0, SHOWN);
  const isWanted = filterOf(wanted.value);
  const rows = all.filter(isWanted).sort(orderOf(sort.value));
  return { rows, total: all.length, numbers, shown, unfinished };
}

function knownOf(
  { store, contexts }: Recording,
  run: Run,
  until: number,
): { summary: RunSummary | undefined; isStale: boolean } {
  const before = known.get(run);
  // What is over does not change; what is not may have been seen to stop since.
  const end = run.root.ended ? Number.POSITIVE_INFINITY : store.end + (store.goesOn.peek() ? 0 : 0.5);
  const now = performance.now();
  if (before?.end === end) return { summary: before.summary, isStale: false };
  if (now > until || (before && now - before.at < AGE)) return { summary: before?.summary, isStale: true };
  const summary = summaryOf(store, contexts, run);
  known.set(run, { end, at: performance.now(), summary });
  return { summary, isStale: false };
}

const collator = new Intl.Collator('en');

/** Texts in the order in which people expect them: numbers within them by how large they are, `rate-0.05` before `rate-0.1`. */
function inOrder(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/(\d+(?:\.\d+)?)/)) as [string[], string[]];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    // Every other part is a number.
    const order = at % 2 ? Number(left[at]) - Number(right[at]) : collator.compare(left[at]!, right[at]!);
    if (order) return order;
  }
  return left.length - right.length || collator.compare(a, b);
}

/** The order by a column; what has nothing there comes last, either way. */
function orderOf({ by, down }: { by: string; down: boolean }): (a: ListedRun, b: ListedRun) => number {
  const of = ({ label, summary }: ListedRun): string | number => {
    switch (by) {
      case 'run':
        return label;
      case 'arguments':
        return summary.args;
      case 'started':
        return summary.start;
      case 'took':
        return summary.took;
      case 'outcome':
        return `${summary.outcome} ${summary.why}`;
      default:
        return summary.numbers.get(by) ?? Number.NaN;
    }
  };
  return (one, other) => {
    const [a, b] = [of(one), of(other)];
    if (typeof a === 'string' || typeof b === 'string') {
      const order = inOrder(String(a), String(b));
      return down ? -order : order;
    }
    const [left, right] = [Number.isNaN(a), Number.isNaN(b)];
    if (left || right) return Number(left) - Number(right);
    const order = a < b ? -1 : a > b ? 1 : 0;
    return down ? -order : order;
  };
}

/** Words that a run has in what is told of it, and conditions on its numbers: `adam loss<0.3 took>60`. */
export function filterOf(text: string): (run: ListedRun) => boolean {
  const tests = text.toLowerCase().split(/\s+/).filter(Boolean).map(testOf);
  return (run) => tests.every((test) => test(run));
}

function testOf(word: string): (run: ListedRun) => boolean {
  const [, name, sign, limit] = /^([^<>=]+)(<=|>=|<|>|=)(.+)$/.exec(word) ?? [];
  const number = Number(limit);
  if (name !== undefined && limit !== undefined && !Number.isNaN(number)) {
    const holds = (value: number) =>
      sign === '<'
        ? value < number
        : sign === '>'
          ? value > number
          : sign === '<='
            ? value <= number
            : sign === '>='
              ? value >= number
              : value === number;
    return ({ summary }) => valuesOf(summary, name).some(holds);
  }
  return ({ label, recording, summary: { args, argsExactly = '', outcome, why } }) =>
    `${label} ${recording.title} ${args} ${argsExactly} ${outcome} ${why}`.toLowerCase().includes(word);
}

/** The numbers that a name stands for: how long it took, in seconds, or all that are called so. */
function valuesOf({ took, numbers }: RunSummary, name: string): number[] {
  if (name === 'took') return [took / 1000];
  const values: number[] = [];
  for (const [key, value] of numbers) {
    const lower = key.toLowerCase();
    if (lower === name || lower.endsWith(` ${name}`) || lower.endsWith(`.${name}`)) values.push(value);
  }
  return values;
}

/** Sorts by a column; by the one that it is sorted by, the other way round. */
export function sortBy(by: string): void {
  sort.value = { by, down: sort.value.by === by ? !sort.value.down : by === 'took' };
}

/** Makes a number a column, or takes it away. */
export function toggleColumn(name: string, shown: readonly string[]): void {
  columns.value = shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name];
}
