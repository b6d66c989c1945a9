import { isPlain, plainCopy } from '../../data/json.ts';
import { kindOf } from '../../data/shown.ts';
import { brief, differenceOf } from './difference.ts';

/** An argument that a run has used up. */
export interface ChangedArgument {
  index: number;
  says: string;
}

/** Notes what arguments are. @returns what tells, later, which of them have been changed since, or can be used only once */
export function changedArguments(args: readonly unknown[]): () => ChangedArgument[] {
  const before = args.map(noted);
  return () =>
    args.flatMap((arg, index) => {
      const name = `argument ${index + 1}`;
      if (isIterator(arg)) return [{ index, says: `${name} is an iterator, which can be gone through only once.` }];
      const after = noted(arg);
      if (differenceOf(before[index], after) === undefined) return [];
      return [{ index, says: `${name} was ${brief(before[index])} before the run, and ${brief(after)} after it.` }];
    });
}

function noted(arg: unknown): unknown {
  if (isPlain(arg)) return plainCopy(arg, () => '', 'args');
  if (arg instanceof Map || arg instanceof Set) return [...arg];
  try {
    return structuredClone(arg);
  } catch {
    return kindOf(arg);
  }
}

function isIterator(arg: unknown): boolean {
  return typeof arg === 'object' && arg !== null && typeof (arg as Iterator<unknown>).next === 'function';
}
