import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const page = join(import.meta.dirname, '../inspector');

/** Each room of the page imports from those on lines above its own, and from itself. */
const floors = [
  ['lines'],
  ['text'],
  ['sources'],
  ['run'],
  ['drawing', 'page'],
  ['export', 'widgets'],
  ['views'],
  ['app.tsx'],
  ['main.tsx', 'dev'],
];

/** What the page may import of the library: what does not need Node, and knows nothing of the page. */
const library = ['data', 'inspect', 'index.ts'];

const roomOf = (file: string) => file.split('/')[0]!;
const floorOf = (file: string) => floors.findIndex((floor) => floor.includes(roomOf(file)));

const sources = readdirSync(page, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !/\.d\.ts$|node_modules/.test(file))
  .map((file) => ({
    file,
    imported: [...readFileSync(join(page, file), 'utf8').matchAll(/(?:from|import) '(\.[^']+)'/g)].map(([, path]) =>
      relative(page, join(page, dirname(file), path!)),
    ),
  }));

test('rooms of the page import downwards only, types counted', () => {
  expect(sources.length).toBeGreaterThan(70);
  const upwards: string[] = [];
  for (const { file, imported } of sources) {
    expect(floorOf(file), `the floor of ${file}`).toBeGreaterThanOrEqual(0);
    for (const other of imported) {
      if (other.startsWith('../') || other.endsWith('.css')) continue;
      if (roomOf(other) !== roomOf(file) && floorOf(other) >= floorOf(file)) upwards.push(`${file} imports ${other}`);
    }
  }
  expect(upwards).toEqual([]);
});

test('of the library the page imports what runs in a browser', () => {
  const others = sources.flatMap(({ file, imported }) =>
    imported
      .filter((other) => other.startsWith('../') && !library.includes(roomOf(other.replace('../src/', ''))))
      .map((other) => `${file} imports ${other}`),
  );
  expect(others).toEqual([]);
});

test('files of the page do not import each other in a circle', () => {
  const importsOf = new Map(sources.map(({ file, imported }) => [file, imported]));
  const over = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]) => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
    else if (!over.has(file)) {
      for (const other of importsOf.get(file) ?? []) visit(other, [...way, file]);
      over.add(file);
    }
  };
  for (const file of importsOf.keys()) visit(file, []);
  expect(circles).toEqual([]);
});

test('every sheet of the page is in the list that says their order', () => {
  const listed = [...readFileSync(join(page, 'style/index.css'), 'utf8').matchAll(/@import "\.\/(.+)";/g)];
  const sheets = readdirSync(join(page, 'style')).filter((file) => file !== 'index.css');
  expect(listed.map(([, file]) => file).toSorted()).toEqual(sheets.toSorted());
});
