import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { draw } from '../docs/chart.ts';
import { tables, withTables } from '../docs/chart-rows.ts';
import { chart } from '../src/chart/machine.ts';
import { codeIn, rowsOf } from './support/tables.ts';

test('the picture in the README is the chart', () => {
  const committed = readFileSync(new URL('../docs/chart.svg', import.meta.url), 'utf8');
  expect(committed, 'Draw it again: npx tsx --conditions=loopchart-source docs/chart.ts').toBe(draw());
});

describe('the rows in docs/chart.md', () => {
  const document = readFileSync(new URL('../docs/chart.md', import.meta.url), 'utf8');

  test('are those of the chart', () => {
    const made = withTables(document, tables());
    expect(document, 'Make them again: npx tsx --conditions=loopchart-source docs/chart-rows.ts').toBe(made);
  });

  /** The transitions as they are written down in the configuration: where from, on what, where to. */
  function written(): string[][] {
    const { on, states } = chart.config as any;
    const several = (from: string, event: string, transitions: unknown) =>
      [transitions].flat().map(({ target }: any) => [from, event, target?.replace(/^.*\./, '') ?? 'stays']);
    const all = (from: string, events: object = {}) =>
      Object.entries(events).flatMap(([event, transitions]) => several(from, event, transitions));
    const inState = Object.entries(states as Record<string, any>).flatMap(([state, { on, invoke }]) => [
      ...all(state, on),
      ...(invoke?.onDone === undefined ? [] : several(state, `xstate.done.actor.${invoke.id}`, invoke.onDone)),
      ...(invoke?.onError === undefined ? [] : several(state, `xstate.error.actor.${invoke.id}`, invoke.onError)),
    ]);
    return [...inState, ...all('any', on)];
  }

  test('are all that the configuration has, in its order', () => {
    const plain = (cell: string) => codeIn(cell)[0] ?? cell;
    const rows = [...rowsOf(document, 'rows: state'), ...rowsOf(document, 'rows: any')];
    expect(rows.map((row) => [row[0]!, row[1]!, row.at(-1)!].map(plain))).toEqual(written());
    expect(rows.length).toBeGreaterThan(40);
  });

  test('have words in every cell that is there', () => {
    for (const row of rowsOf(document, 'rows: state').concat(rowsOf(document, 'rows: any'))) {
      expect(row).toHaveLength(6);
      expect(row.join(' ')).not.toContain('undefined');
      for (const cell of row) expect(cell).not.toBe('');
    }
  });
});
