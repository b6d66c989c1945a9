import { effect, type Signal, signal, untracked } from '@preact/signals';
import { Comparison } from '../run/divergence.ts';
import { type ComparedRun, session } from './session.ts';

/** The first of the runs that are compared, beside another of them. */
export interface ComparedPair {
  a: ComparedRun;
  b: ComparedRun;
  comparison: Comparison;
}

/** Goes up as comparisons come on. */
export const compareTicks: Signal<number> = signal(0);
/** So many milliseconds are compared at a time, so that the page stays awake. */
const PORTION = 12;
/** How far it has come is shown after so many. */
const SHOWN = 150;
/** And while lines come in, not more often than after so many. */
const PAUSE = 200;

let pairs: readonly ComparedPair[] = [];
let of: readonly ComparedRun[] = [];
let timer = 0;
let told = 0;

/** The first run beside each of the others. What was compared once is not compared again. */
export function comparedPairs(): readonly ComparedPair[] {
  const compared = session.compared.value;
  if (of === compared) return pairs;
  of = compared;
  const [a, ...others] = compared;
  const before = pairs;
  pairs = a
    ? others.map((b) => {
        const known = before.find((pair) => pair.a.run === a.run && pair.b.run === b.run);
        return { a, b, comparison: known?.comparison ?? new Comparison(a, b) };
      })
    : [];
  clearTimeout(timer);
  timer = 0;
  goOn(0);
  return pairs;
}

/** Compares while somebody looks. Returns what ends it. */
export function startComparing(): () => void {
  const end = effect(() => {
    session.arrived.value;
    // What is known to stop is waited for no more.
    for (const { store } of session.compared.value) store.goesOn.value;
    untracked(() => {
      comparedPairs();
      goOn(PAUSE);
    });
  });
  return () => {
    end();
    clearTimeout(timer);
    timer = 0;
  };
}

function goOn(pause: number): void {
  if (!timer) timer = window.setTimeout(work, pause);
}

function work(): void {
  timer = 0;
  const until = performance.now() + PORTION;
  const isUp = () => performance.now() > until;
  let more = false;
  for (const { comparison } of pairs) more = !isUp() && !comparison.work(isUp) ? more : true;
  // How far it has come is shown now and then: to draw takes longer than to compare.
  if (!more || until - told > SHOWN) {
    told = until;
    compareTicks.value++;
  }
  if (more) goOn(0);
}
