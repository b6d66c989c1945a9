import { MisconfigurationError } from '../../data/errors.ts';
import { shown } from '../../data/shown.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { checkTree } from '../../tree/strays.ts';
import { isLoop } from '../../tree/tree.ts';
import { type MachineJson, machineJsonOf } from './machine.ts';
import { mermaidOf } from './mermaid.ts';
import { svgOf } from './svg.ts';
import { textOf } from './text.ts';
import { type LoopTree, treeOf } from './tree.ts';

/** What a loop is made of, in several forms. */
export interface LoopDescription {
  /** As data: the hooks, the keys of the state, the children of each loop. */
  readonly tree: LoopTree;
  /** As text, a few lines for each loop. `toString` gives the same. */
  text(): string;
  /** As a state diagram of Mermaid. */
  mermaid(): string;
  /** As a picture: an SVG file, in the colours of a light or a dark page. */
  svg(): string;
  /** As a machine with those of the children in it: JSON that `createMachine` takes and Stately's editor reads. */
  machine(): MachineJson;
  /** As `text`. */
  toString(): string;
}

/**
 * What a tree of loops is made of: the hooks that each has of its own, the keys of its state, its counters, its `Stateful`
 * objects and its children. For documents, for a review, and for a test that sees when a loop has changed. No hook is called.
 * @throws MisconfigurationError if the loops are wired wrongly, as `run` does
 *
 * @example
 * console.log(describeLoop(new Fit()).text());
 * writeFileSync('fit.svg', describeLoop(new Fit()).svg());
 */
export function describeLoop(loop: AnyLoop): LoopDescription {
  if (!isLoop(loop)) throw new MisconfigurationError(`describeLoop expected a loop, got \`${shown(loop)}\`.`);
  checkTree(loop);
  const tree = treeOf(loop);
  return {
    tree,
    text: () => textOf(tree),
    mermaid: () => mermaidOf(tree),
    svg: () => svgOf(tree),
    machine: () => machineJsonOf(tree),
    toString: () => textOf(tree),
  };
}
