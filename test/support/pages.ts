import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root: string = join(import.meta.dirname, '../..');
export const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** All pages of documentation, by their paths in the repository. */
export const pages: string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules/'))
    .sort(),
];

/** What stands between two fences in a page. */
export interface Block {
  page: string;
  /** The line of its first fence, from 1. */
  line: number;
  /** `ts`, `text`, …; empty where none is given. */
  language: string;
  /** What the comment above it says: `examples/count.ts` of `<!-- examples/count.ts -->`. */
  marker: string | undefined;
  text: string;
}

const comment = /^\s*<!-- (.+?) -->$/;

/** The blocks of a page, in order. A comment belongs to a block if nothing but empty lines is between them. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let marker: string | undefined;
  let open: (Block & { indent: string }) | undefined;
  for (const [i, line] of read(page).split('\n').entries()) {
    const fence = /^(\s*)```(\w*)$/.exec(line);
    if (open !== undefined) {
      if (fence !== null) {
        const { indent: _, ...block } = open;
        blocks.push(block);
        open = undefined;
      } else {
        open.text += `${line.startsWith(open.indent) ? line.slice(open.indent.length) : line}\n`;
      }
    } else if (fence !== null) {
      open = { page, line: i + 1, language: fence[2]!, marker, text: '', indent: fence[1]! };
      marker = undefined;
    } else if (line.trim() !== '') {
      marker = comment.exec(line)?.[1];
    }
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: this block does not end`);
  return blocks;
}

/** The comments of a page that no block follows. */
export function strayMarkersOf(page: string): string[] {
  const all = read(page)
    .split('\n')
    .flatMap((line) => comment.exec(line)?.[1] ?? []);
  const ofBlocks = blocksOf(page).map((block) => block.marker);
  return all.filter((one) => !ofBlocks.includes(one));
}
