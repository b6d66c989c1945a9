import type { Json } from '../../data/json.ts';
import type { GoldenDifference, GoldenTransition } from './compare.ts';

/** No more parts of a context are listed. */
const mostParts = 12;
/** Longer values are cut. */
const widest = 60;

type Row = [what: string, recorded: string, now: string];

/**
 * The first disagreement in words, in a table of what was recorded and what happened now.
 * @param name what the golden recording is called. Default: the golden recording
 */
export function showDifference(difference: GoldenDifference, name = 'the golden recording'): string {
  const { path, line, recorded, now, following, transitions } = difference;
  const step = (recorded ?? now)!.step;
  return [
    `The run and ${name} disagree at line ${line}: in ${path}, after ${counted(step, 'whole step')}.`,
    '',
    ...table(rowsOf(difference)),
    '',
    `${behind(following)} ${counted(transitions.recorded, 'transition')} recorded, ${transitions.now} now.`,
  ].join('\n');
}

function behind(following: number): string {
  if (following === 0) return 'All that follows agrees.';
  return `${counted(following, 'transition')} behind it ${following === 1 ? 'disagrees' : 'disagree'} as well.`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function rowsOf({ recorded, now, context }: GoldenDifference): Row[] {
  const rows: Row[] = [['', 'recorded', 'now']];
  const part = (what: string, of: (one: GoldenTransition) => string) =>
    rows.push([what, recorded ? of(recorded) : '(it was over)', now ? of(now) : '(it is over)']);
  part('loop', ({ id }) => id);
  part('event', ({ event }) => event);
  part('state', ({ state }) => state);
  for (const one of context.slice(0, mostParts)) rows.push([one.path, shown(one.recorded), shown(one.now)]);
  const left = context.length - mostParts;
  if (left > 0) rows.push([`… ${counted(left, 'part')} more`, '', '']);
  return rows;
}

function shown(value: Json | undefined): string {
  if (value === undefined) return '(none)';
  const text = JSON.stringify(value);
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text;
}

function table(rows: readonly Row[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]!.length));
  const [what, recorded] = [width(0), width(1)];
  return rows.map((row) => `  ${row[0].padEnd(what)}  ${row[1].padEnd(recorded)}  ${row[2]}`.trimEnd());
}
