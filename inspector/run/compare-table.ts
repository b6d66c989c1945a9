import { numberOf } from '../text/number.ts';
import { readValue, same } from '../text/value.ts';
import { NOTHING } from './difference.ts';
import { argsOf, type BesideRun } from './start-differences.ts';

/** One thing that runs were given or hold in the end, in each of them. */
export interface TableRow {
  /** Where it stands: `arguments`, or a loop's path. */
  group: string;
  name: string;
  /** As recorded; `NOTHING` where it is not there. */
  values: readonly unknown[];
  differs: boolean;
  /** Which of them is the best, where that can be told: of losses the least, of accuracies the greatest. */
  best: number | undefined;
}

/** So many loops and so many keys of each are told. */
const LOOPS = 40;
const KEYS = 60;

/** The arguments of some runs, and the states of their loops as they were last, key by key. */
export function compareTable(sides: readonly BesideRun[]): TableRow[] {
  return [...argumentRows(sides), ...stateRows(sides)];
}

function argumentRows(sides: readonly BesideRun[]): TableRow[] {
  const lists = sides.map((side) => {
    const args = argsOf(side, side.run.root);
    return Array.isArray(args) ? (args as unknown[]) : [];
  });
  const rows: TableRow[] = [];
  for (let at = 0; at < Math.min(KEYS, Math.max(0, ...lists.map(({ length }) => length))); at++) {
    const values = lists.map((args) => (at < args.length ? args[at] : NOTHING));
    // Of an object with settings, each has a row.
    if (values.every(isPlain)) rows.push(...keyRows('arguments', values));
    else rows.push(rowOf('arguments', `argument ${at + 1}`, values));
  }
  return rows;
}

function stateRows(sides: readonly BesideRun[]): TableRow[] {
  const paths = [...new Set(sides.flatMap(({ run }) => [...run.paths.keys()]))].slice(0, LOOPS);
  return paths.flatMap((path) => {
    const states = sides.map(({ store, contexts, run }) => {
      const last = run.paths.get(path)?.actors.at(-1);
      return (last && contexts.at(last, store.last)?.state) ?? NOTHING;
    });
    if (states.every((state) => state === NOTHING || isPlain(state))) return keyRows(path, states);
    return [rowOf(path, 'state', states)];
  });
}

function keyRows(group: string, values: readonly unknown[]): TableRow[] {
  const keys = new Set(values.flatMap((value) => (value === NOTHING ? [] : Object.keys(value as object))));
  return [...keys].slice(0, KEYS).map((key) =>
    rowOf(
      group,
      key,
      values.map((value) => {
        const holds = value !== NOTHING && Object.hasOwn(value as object, key);
        return holds ? (value as Record<string, unknown>)[key] : NOTHING;
      }),
    ),
  );
}

function isPlain(value: unknown): boolean {
  if (value === NOTHING || typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const told = readValue(value);
  return told.kind === 'branch' && told.type === 'Object';
}

function rowOf(group: string, name: string, values: readonly unknown[]): TableRow {
  const [first, ...others] = values;
  const differs = others.some((value) => !same(first, value));
  return { group, name, values, differs, best: differs && group !== 'arguments' ? betterOf(name, values) : undefined };
}

/** Which of some values is the best by the name of what they are; nothing where that cannot be told, or two are as good. */
export function betterOf(name: string, values: readonly unknown[]): number | undefined {
  const sign = /loss$/i.test(name) ? -1 : /acc(uracy)?$|score$|reward$/i.test(name) ? 1 : 0;
  if (!sign) return undefined;
  const numbers = values.map((value) => (numberOf(value) ?? Number.NaN) * sign);
  const best = Math.max(...numbers.filter((value) => !Number.isNaN(value)));
  const at = numbers.indexOf(best);
  // Two that are as good are no best.
  return at >= 0 && numbers.indexOf(best, at + 1) < 0 ? at : undefined;
}
