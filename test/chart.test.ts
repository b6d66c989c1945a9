import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { draw } from '../docs/chart.ts';

test('the picture in the README is the chart', () => {
  const committed = readFileSync(new URL('../docs/chart.svg', import.meta.url), 'utf8');
  expect(committed, 'Draw it again: npx tsx --conditions=loopchart-source docs/chart.ts').toBe(draw());
});
