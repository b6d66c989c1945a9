import { apart } from '../text/number.ts';
import { betterOf } from './compare-table.ts';
import { rankOf } from './run-summary.ts';

/** A run as it ended, or as it stands. */
export interface Ended {
  label: string;
  /** Of the states of its loops as they were last, by the names of plots. */
  numbers: ReadonlyMap<string, number>;
}

/** A number of both runs of which it is known whether less or more is better. */
interface Judged {
  name: string;
  values: [number, number];
  better: 0 | 1;
}

/**
 * Which of two runs did better, by their losses and accuracies: `a did better: validate · loss 0.2 against 0.3, and 2 more`.
 * Nothing where none says so.
 */
export function betterInWords(a: Ended, b: Ended): string | undefined {
  const judged = judgedOf(a.numbers, b.numbers);
  const [first, ...more] = judged;
  if (!first) return undefined;
  const labels = [a.label, b.label] as const;
  if (judged.every(({ better }) => better === first.better))
    return `${labels[first.better]} did better: ${told(first, first.better)}${more.length ? `, and ${more.length} more` : ''}`;
  const each = ([0, 1] as const).map((side) => {
    const won = judged.filter(({ better }) => better === side);
    return `${labels[side]} at ${told(won[0]!, side)}${won.length > 1 ? ` and ${won.length - 1} more` : ''}`;
  });
  return `each did better at something: ${each.join('; ')}`;
}

function told({ name, values }: Judged, side: 0 | 1): string {
  const [left, right] = apart(...values);
  return `${name} ${side ? right : left} against ${side ? left : right}`;
}

function judgedOf(a: Ended['numbers'], b: Ended['numbers']): Judged[] {
  const judged: Judged[] = [];
  for (const [name, value] of a) {
    const other = b.get(name);
    if (other === undefined) continue;
    const better = betterOf(name, [value, other]);
    if (better === 0 || better === 1) judged.push({ name, values: [value, other], better });
  }
  return judged.sort((one, other) => rankOf(one.name) - rankOf(other.name));
}
