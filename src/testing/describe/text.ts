import { factsOf, groupsOf, type LoopTree } from './tree.ts';

/**
 * A tree of loops as text:
 *
 *     fit: Fit
 *     │ hooks: reset, advance
 *     │ state: epoch
 *     └─ batches: Batches
 *          hooks: reset, advance
 */
export function textOf(tree: LoopTree): string {
  const [root] = groupsOf([tree]);
  return `${[root!.title, ...bodyOf(tree)].join('\n')}\n`;
}

function bodyOf(tree: LoopTree): string[] {
  const groups = groupsOf(tree.children);
  const bar = groups.length > 0 ? '│ ' : '  ';
  const facts = factsOf(tree).map(([what, names]) => `${bar}${what}: ${names.join(', ')}`);
  const below = groups.flatMap(({ first, title }, i) => {
    const isLast = i === groups.length - 1;
    return [`${isLast ? '└─' : '├─'} ${title}`, ...bodyOf(first).map((line) => `${isLast ? '   ' : '│  '}${line}`)];
  });
  return [...facts, ...below];
}
