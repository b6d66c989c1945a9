import { factsOf, type Group, groupsOf, type LoopTree } from './tree.ts';

/** In pixels. A letter of a font of fixed width is 0.6 of its height wide. */
const title = { size: 14, line: 22, letter: 8.45 };
const fact = { size: 12, line: 18, letter: 7.25 };
const padding = 14;
const gap = 12;
/** A line of facts that is longer, in letters, is broken. */
const widest = 56;
const label = 10;

/** A loop, measured: what is in it, and how large it is. */
interface Box {
  readonly title: string;
  readonly count: number;
  readonly lines: readonly { what: string; names: string }[];
  readonly below: readonly Box[];
  readonly width: number;
  readonly height: number;
}

/** A tree of loops as an SVG picture: a box in a box for each child, in the colours of a light or a dark page. */
export function svgOf(tree: LoopTree): string {
  const [root] = groupsOf([tree]);
  const box = measured(root!);
  const [width, height] = [box.width + 2, box.height + 2];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(`The loops of ${tree.path}`)}">
  <style>${style}</style>
${drawn(box, 1, 1, 0).join('\n')}
</svg>
`;
}

function measured({ first, title: text, count }: Group): Box {
  const lines = factsOf(first).flatMap(([what, names]) =>
    broken(names).map((part, i) => ({ what: i === 0 ? what : '', names: part })),
  );
  const below = groupsOf(first.children).map(measured);
  const widths = [
    [...text].length * title.letter,
    ...lines.map(({ names }) => (label + [...names].length) * fact.letter),
    ...below.map(({ width }) => width),
  ];
  const height = title.line + lines.length * fact.line + below.reduce((sum, one) => sum + gap + one.height, 0);
  // Those behind the first of several look out.
  const behind = count > 1 ? 8 : 0;
  const width = Math.ceil(Math.max(...widths) + 2 * padding + behind);
  return { title: text, count, lines, below, width, height: height + 2 * padding - 4 + behind };
}

/** Names in lines that are not too long. */
function broken(names: readonly string[]): string[] {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + name.length + 2 <= widest) lines[lines.length - 1] = `${last}, ${name}`;
    else lines.push(name);
  }
  return lines.map((line, i) => (i < lines.length - 1 ? `${line},` : line));
}

function drawn(box: Box, x: number, y: number, depth: number): string[] {
  const behind = box.count > 1 ? [8, 4] : [];
  const [width, height] = [box.width - (behind[0] ?? 0), box.height - (behind[0] ?? 0)];
  const rect = (by: number) =>
    `  <rect class="${depth % 2 === 0 ? 'even' : 'odd'}" x="${x + by}" y="${y + by}" width="${width}" height="${height}" rx="8"/>`;
  const left = x + padding;
  let top = y + padding + title.size - 2;
  const lines = [...behind, 0].map(rect);
  lines.push(`  <text class="title" x="${left}" y="${top}">${escaped(box.title)}</text>`);
  top += 4;
  for (const { what, names } of box.lines) {
    top += fact.line;
    if (what !== '') lines.push(`  <text class="what" x="${left}" y="${top}">${what}</text>`);
    lines.push(`  <text x="${left + label * fact.letter}" y="${top}">${escaped(names)}</text>`);
  }
  let below = y + padding + title.line + box.lines.length * fact.line - 4;
  for (const one of box.below) {
    below += gap;
    lines.push(...drawn(one, left, below, depth + 1));
    below += one.height;
  }
  return lines;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const style = `
    svg { --ink: #1f2328; --quiet: #59636e; --line: #818b98; --even: #f6f8fa; --odd: #ffffff; }
    @media (prefers-color-scheme: dark) {
      svg { --ink: #f0f6fc; --quiet: #9198a1; --line: #656c76; --even: #151b23; --odd: #0d1117; }
    }
    rect { stroke: var(--line); }
    .even { fill: var(--even); }
    .odd { fill: var(--odd); }
    text { fill: var(--ink); font: ${fact.size}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace; }
    .title { font-size: ${title.size}px; font-weight: 600; }
    .what { fill: var(--quiet); }
  `;
