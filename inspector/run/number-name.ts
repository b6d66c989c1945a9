/** `sweep.trials.3.epoch` as `sweep.trials[].epoch`: the loops of one array have one name. */
export const foldedPath = (path: string): string => path.replace(/(\.\d+)+(?=\.|$)/g, '[]');

/** The last loop of a path, with its index if it is of an array: `trials.3` of `sweep.trials.3`. */
export const lastLoop = (path: string): string => /[^.]*(?:\.\d+)*$/.exec(path)?.[0] ?? path;

export const numberName = (path: string, keys: readonly string[]): string => `${path} · ${keys.join('.')}`;

/** Which loop of an array, as `3` or `3.1`, of arrays in one another as `3 1`; nothing where the path is of none. */
export const indexIn = (path: string): string =>
  [...path.matchAll(/\.(\d+(?:\.\d+)*)(?=\.|$)/g)].map(([, index]) => index).join(' ');

/** Puts the loops of an array in the order of their indices; tells nothing of others. */
export function byIndex(a: string, b: string): number {
  const [first, second] = [a, b].map((path) => indexIn(path).split(/[ .]/).map(Number)) as [number[], number[]];
  const at = first.findIndex((index, place) => index !== second[place]);
  return at < 0 ? 0 : first[at]! - (second[at] ?? 0);
}

/** More of a pattern than any name is long. */
const LONGEST = 400;

/** What a part of a pattern without `*` looks like in a name. */
const sourceOf = (part: string): string =>
  part
    .split(/(\[\]|\s*·\s*)/)
    .map((one) =>
      one === '[]' ? '(?:\\.\\d+)+' : one.includes('·') ? ' · ' : one.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'),
    )
    .join('');

/**
 * Tells whether a number is meant by a pattern, in which `*` stands for anything: `*.loss`, `trials.*.loss`,
 * `batch · loss`. A pattern may begin in the middle of the name, at a loop or a key; it ends where the name ends. An
 * empty one means nothing.
 */
export function patternOf(pattern: string): (path: string, keys: readonly string[]) => boolean {
  const wanted = pattern.trim().slice(0, LONGEST);
  if (!wanted) return () => false;
  const parts = wanted.split('*').map(sourceOf);
  // One after the other, each as early as it can be: one expression for all of it may take for ever.
  const tests = parts.map((part, at) => {
    const begin = at === 0 ? '(?:^|\\.)' : '';
    return new RegExp(`${begin}${part}${at === parts.length - 1 ? '$' : ''}`, 'gi');
  });
  const meant = (name: string): boolean => {
    let at = 0;
    for (const test of tests) {
      test.lastIndex = at;
      if (!test.exec(name)) return false;
      at = test.lastIndex;
    }
    return true;
  };
  const tellsKeys = wanted.includes('·');
  return (path, keys) => meant(tellsKeys ? numberName(path, keys) : `${path}.${keys.join('.')}`);
}
