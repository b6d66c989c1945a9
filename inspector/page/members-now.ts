import { batch, type Signal, signal } from '@preact/signals';
import type { NestBox } from '../run/nest.ts';
import type { FoundNumber } from '../run/numbers.ts';
import { nestNow } from './nest-now.ts';
import { namePart } from './plot-choice.ts';
import { addChart } from './plot-picks.ts';
import { numbersNow } from './plotted.ts';
import { session } from './session.ts';
import { anyText, keepInLink } from './view-state.ts';

/** The box whose loops or runs are shown as a table, by its key; empty for none. */
export const tabled: Signal<string> = signal('');
keepInLink('nest.table', anyText(tabled));

/** That box, while the run that is looked at has it. */
export const tabledBox = (): NestBox | undefined =>
  tabled.value ? nestNow().boxes.find(({ key }) => key === tabled.value) : undefined;

/** More numbers make a table that nobody reads. */
const MOST = 4;

/** The numbers of a box that say how its loops do, losses first. */
export function numbersOfBox({ paths }: NestBox): FoundNumber[] {
  const own = new Set(paths);
  const all = numbersNow().filter((found) => found.paths.some((path) => own.has(path)));
  const telling = all.filter(({ kind }) => kind === 'loss' || kind === 'measure');
  return (telling.length ? telling : all).slice(0, MOST);
}

/** Shows numbers as charts, the first one above the others. */
export function plotNumbers(numbers: readonly FoundNumber[]): void {
  batch(() => {
    for (const { name } of numbers.toReversed()) addChart([namePart(name)]);
    session.pane.value = 'plots';
  });
}
