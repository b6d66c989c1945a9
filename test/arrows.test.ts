import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '../src');

/** Each folder imports from those on lines above its own, and from itself. */
const floors = [
  ['data', 'time'],
  ['tree'],
  ['chart'],
  ['step'],
  ['light', 'checkpoint'],
  ['actors'],
  ['run'],
  ['recording'],
  ['inspect'],
  ['loop.ts'],
  ['patterns'],
  ['testing'],
  ['vitest'],
  ['browser', 'node', 'worker', 'index.ts'],
];

const floorOf = (file: string) => floors.findIndex((floor) => floor.includes(file.split('/')[0]!));

test('folders of the source import downwards only, types counted', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(100);
  const upwards: string[] = [];
  for (const file of files) {
    expect(floorOf(file), `the floor of ${file}`).toBeGreaterThanOrEqual(0);
    const text = readFileSync(join(src, file), 'utf8');
    for (const [, path] of text.matchAll(/(?:from|import) '(\.[^']+)'/g)) {
      const imported = relative(src, join(src, dirname(file), path!));
      const isWithin = imported.split('/')[0] === file.split('/')[0];
      if (!isWithin && floorOf(imported) >= floorOf(file)) upwards.push(`${file} imports ${imported}`);
    }
  }
  expect(upwards).toEqual([]);
});
