import { styleText } from 'node:util';
import { doneOf, type Entry, shortlist } from './shortlist.ts';
import type { Series } from './spark.ts';
import type { Standing } from './standing.ts';
import { clean, cut, duration, grouped, numeral, padEnd, width } from './text.ts';

/** What is to be drawn. */
export interface Picture {
  root: Standing;
  /** Seconds since it was first looked at. */
  elapsed: number;
  /** In words, once the run has ended. */
  ended: string | undefined;
  plot: { name: string; series: Series } | undefined;
  /** Put behind the name of the root: where several runs are shown. */
  id: string | undefined;
}

/** What there is room for. */
export interface Window {
  columns: number;
  rows: number;
  color: boolean;
}

const longestBar = 30;
const shortestBar = 5;
const longestSpark = 60;
const shortestSpark = 16;
const mostLines = 20;

/** A line per running loop, and one for the number that is plotted. */
export function block(picture: Picture, { columns, rows, color }: Window): string[] {
  // The cursor stands behind the last line: with room for the ^C that a terminal writes there.
  const room = Math.max(1, columns - ' ^C'.length);
  const { plot } = picture;
  const lines = Math.min(mostLines, Math.max(1, rows - 2)) - (plot === undefined ? 0 : 1);
  const cells = shortlist(picture.root, lines).map((entry) => cellsOf(entry, picture));
  const drawn = [...table(cells, room, color)];
  if (plot !== undefined) drawn.push(sparkLine(plot.name, plot.series, room, color));
  return drawn.map((line) => cut(line.trimEnd(), room));
}

/** One line for where nothing is repainted: the loops down to where several run, and the innermost one's numbers. */
export function line({ root, elapsed, ended, id }: Picture): string {
  const chain: Standing[] = [root];
  for (let [next] = root.below; next !== undefined && chain.at(-1)!.below.length === 1; [next] = next.below) {
    chain.push(next);
  }
  const last = chain.at(-1)!;
  const parts = [chain.map((loop, i) => `${i === 0 ? nameOf(loop, id) : loop.name} ${counted(loop)}`).join(', ')];
  if (ended !== undefined) parts.push(ended);
  else if (stateOf(last) !== '') parts.push(stateOf(last));
  if (last.below.length > 0) parts.push(sideBySide(last));
  if (last.failed.length > 0)
    parts.push(`${last.failed.length} failed (${last.failed.map(({ name }) => name).join(', ')})`);
  if (last.numbers.length > 0) parts.push(numbersOf(last));
  if (ended === undefined) {
    if (last.rate !== undefined) parts.push(paceOf(last.rate));
    const left = chain.find((loop) => loop.left !== undefined)?.left;
    if (left !== undefined) parts.push(`${duration(left)} left`);
  }
  return `${duration(elapsed)}  ${cut(parts.join('; '), 500)}`;
}

function sideBySide({ below }: Standing): string {
  const slowest = below.reduce((a, b) => (doneOf(a) <= doneOf(b) ? a : b));
  return `${below.length} side by side, the slowest ${slowest.name} ${counted(slowest)}`;
}

interface Cells {
  name: string;
  count: string;
  part: number | undefined;
  facts: string[];
  numbers: string;
  /** In place of all that stands behind the name. */
  text?: string;
  kind: 'loop' | 'failed' | 'more';
}

function cellsOf(entry: Entry, { elapsed, ended, id, root }: Picture): Cells {
  const indent = '  '.repeat(entry.depth);
  const none = { count: '', part: undefined, facts: [], numbers: '' };
  if ('more' in entry) return { ...none, name: `${indent}${entry.more}`, text: '', kind: 'more' };
  if ('failed' in entry) {
    const { name, message } = entry.failed;
    return { ...none, name: `${indent}${name}`, text: `failed: ${message}`, kind: 'failed' };
  }
  const { loop } = entry;
  const isRoot = loop === root;
  const over = isRoot && ended !== undefined;
  const state = over ? `${ended} in ${duration(elapsed)}` : stateOf(loop);
  const pace =
    state !== '' || ended !== undefined
      ? [state]
      : [
          loop.left === undefined ? '' : `${duration(loop.left)} left`,
          loop.rate === undefined ? '' : paceOf(loop.rate),
        ];
  return {
    name: `${indent}${isRoot ? nameOf(loop, id) : loop.name}`,
    count: counted(loop),
    part: loop.total === undefined ? undefined : Math.min(1, loop.steps / loop.total),
    facts: pace.filter((one) => one !== ''),
    numbers: numbersOf(loop),
    kind: 'loop',
  };
}

function table(cells: Cells[], room: number, color: boolean): string[] {
  const loops = cells.filter(({ kind }) => kind === 'loop');
  const names = Math.min(
    Math.floor(room / 2),
    longest(cells.filter(({ kind }) => kind !== 'more').map(({ name }) => name)),
  );
  const counts = longest(loops.map(({ count }) => count));
  const factsOf = ({ facts }: Cells) => facts.join('  ');
  const facts = longest(loops.map(factsOf));
  const numbers = longest(loops.map((one) => one.numbers));
  const bar = loops.some(({ part }) => part !== undefined)
    ? barLength(room - names - counts - facts - numbers - '   100 %      '.length)
    : undefined;
  return cells.map((one) => {
    if (one.text !== undefined) {
      const line = `${padEnd(one.name, names)}  ${one.text}`;
      if (!color) return line;
      return styleText(one.kind === 'failed' ? 'red' : 'dim', cut(line.trimEnd(), room), { validateStream: false });
    }
    const columns = [padEnd(cut(one.name, names), names), ' '.repeat(counts - width(one.count)) + one.count];
    if (bar !== undefined) columns.push(drawBar(one.part, bar, color));
    columns.push(padEnd(factsOf(one), facts), one.numbers);
    return columns.filter((column) => column !== '').join('  ');
  });
}

/** No bar, only its percentage, where there is no room. */
function barLength(room: number): number {
  return room < shortestBar ? 0 : Math.min(longestBar, room);
}

function drawBar(part: number | undefined, length: number, color: boolean): string {
  if (part === undefined) return ' '.repeat(length === 0 ? 5 : length + 6);
  const percent = `${Math.floor(part * 100)} %`.padStart(5);
  if (length === 0) return percent;
  const full = Math.floor(part * length);
  const [done, open] = ['█'.repeat(full), '░'.repeat(length - full)];
  if (!color) return `${done}${open} ${percent}`;
  const paint = (style: 'cyan' | 'dim', text: string) =>
    text === '' ? '' : styleText(style, text, { validateStream: false });
  return `${paint('cyan', done)}${paint('dim', open)} ${percent}`;
}

function sparkLine(name: string, series: Series, room: number, color: boolean): string {
  const { range } = series;
  if (range === undefined) return `${name}  –`;
  const [low, high] = range.map(numeral);
  const last = `  ${numeral(series.last)}`;
  const whole = `${last}  (${low} to ${high})`;
  // The line says more than its ends.
  const behind = room - width(name) - width(whole) < shortestSpark ? last : whole;
  const drawn = series.drawn(Math.min(longestSpark, room - width(name) - width(behind) - 2));
  return `${name}  ${color && drawn !== '' ? styleText('cyan', drawn, { validateStream: false }) : drawn}${behind}`;
}

function nameOf({ name }: Standing, id: string | undefined): string {
  return id === undefined ? name : `${name} (${id})`;
}

function counted({ steps, total }: Standing): string {
  const taken = grouped(steps);
  return total === undefined ? `${taken} ${steps === 1 ? 'step' : 'steps'}` : `${taken} of ${grouped(total)}`;
}

function numbersOf({ numbers }: Standing): string {
  return numbers.map(([name, value]) => `${name} ${numeral(value)}`).join('  ');
}

/** In words, where it does not take steps; else nothing. */
function stateOf({ value, waits }: Standing): string {
  if (waits !== undefined) return `waits for ${clean(waits)}`;
  return value === 'advancing' ? '' : value;
}

/** `114/s`, or what a step takes where that is longer than a second. */
function paceOf(rate: number): string {
  if (rate < 1) return rate < 1 / 60 ? `${duration(1 / rate)} a step` : `${(1 / rate).toFixed(1)} s a step`;
  return `${rate < 100 ? rate.toFixed(1) : grouped(Math.round(rate))}/s`;
}

function longest(texts: string[]): number {
  return Math.max(0, ...texts.map(width));
}
