import type { RowIndex } from './row-index.ts';

/**
 * The row at which the step of a number ended, counted from 1; nothing where it is not among those that are known.
 *
 * @param isFirst whether the first mark that is there is the first of all: else steps are missing before it
 */
export function rowOfStep(steps: RowIndex, step: number, isFirst: boolean): number | undefined {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps.count(middle) < step) low = middle + 1;
    else high = middle;
  }
  if (low === steps.length || step < 1) return undefined;
  return low > 0 || isFirst || steps.count(0) === step ? steps.row(low) : undefined;
}
