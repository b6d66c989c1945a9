import { type Signal, signal } from '@preact/signals';
import { type Pick, pickName } from '../run/series.ts';
import { session } from './session.ts';
import { disguised, keepInLink } from './view-state.ts';

/** The numbers on the plot. Nothing until somebody has chosen: then the plot makes a choice of its own. */
const picked: Signal<readonly Pick[] | undefined> = signal(undefined);
let last: readonly Pick[] = [];

/** `fit.epoch:loss`, a comma before the next, and a comma alone for none. What is such a sign itself is disguised. */
const nameOfPick = ({ path, keys }: Pick) => [path, ...keys].map(disguised).join(':');
keepInLink('plot.numbers', {
  write: () => picked.value && (picked.value.map(nameOfPick).join(',') || ','),
  read(said) {
    const parts = said.split(',').map((one) => one.split(':'));
    try {
      const picks = parts.map(([path = '', ...keys]) => ({
        path: decodeURIComponent(path),
        keys: keys.map(decodeURIComponent),
      }));
      picked.value = said === '' ? undefined : picks.filter(({ keys }) => keys.length > 0);
    } catch {
      // Somebody has cut it off in the middle of a sign that is disguised.
    }
  },
});

/** Which of all numbers are on the plot. */
export function picksOf(all: readonly Pick[]): readonly Pick[] {
  last = picked.value ?? firstChoice(all);
  return last;
}

export const isPicked = (path: string, keys: readonly string[]): boolean =>
  (picked.value ?? last).some((pick) => pickName(pick) === pickName({ path, keys }));

/** The first number of a loop that somebody put on the plot. */
export const chosenPick = (path: string): Pick | undefined => picked.value?.find((pick) => pick.path === path);

/** Puts a number on the plot, or takes it off. */
export function togglePick(path: string, keys: readonly string[]): void {
  const pick = { path, keys };
  const now = picked.value ?? last;
  picked.value = isPicked(path, keys) ? now.filter((other) => pickName(other) !== pickName(pick)) : [...now, pick];
}

/** Those of lists last: they come and go, and there may be many. */
export function inOrder(all: readonly Pick[]): readonly Pick[] {
  return [...all.filter((pick) => !isListed(pick)), ...all.filter(isListed)];
}

const isListed = ({ keys }: Pick): boolean => keys.some((key) => /^\d+$/.test(key));

/** Losses are what people look at first; without one, the first number there is: of the loop with the most steps. */
function firstChoice(all: readonly Pick[]): readonly Pick[] {
  const paths = session.run.value?.paths;
  const taken = ({ path }: Pick) => paths?.get(path)?.taken ?? 0;
  const plain = all.filter((pick) => !isListed(pick));
  const losses = plain.filter(({ keys }) => /loss$/i.test(keys.at(-1)!));
  const among = losses.length ? losses : plain.length ? plain : all;
  return among.toSorted((a, b) => taken(b) - taken(a) || a.keys.length - b.keys.length).slice(0, 1);
}
