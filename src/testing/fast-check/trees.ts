import fc from 'fast-check';
import { Loop } from '../../loop.ts';

/** What a tree of loops is made of: plain data, which fast-check makes smaller where a property fails. */
export interface LoopTree {
  /** How many steps each run of it takes. */
  steps: number;
  /** Whether each step draws a number in `once`. */
  once: boolean;
  /** Whether children are run side by side, or else one after another. */
  beside: boolean;
  children: LoopTree[];
}

/** What {@link loopTrees} takes. */
export interface LoopTreesOptions {
  /** How many levels of loops there are at most. Default: 3. */
  depth?: number;
  /** How many children a loop has at most. Default: 2. */
  width?: number;
  /** How many steps a loop takes at most. Default: 3. */
  steps?: number;
}

/**
 * Random trees of loops, for `treeLoop`: to test what holds loops, such as a store, an app, a pattern of your own.
 *
 * Look at every cut of a tree within one property, as `everyCut` does: a cut that is drawn after the tree (`chain`) would
 * keep fast-check from making the tree smaller.
 *
 * @example
 * await fc.assert(fc.asyncProperty(loopTrees(), async (tree) => void (await everyCut(() => treeLoop(tree)))));
 */
export function loopTrees({ depth = 3, width = 2, steps = 3 }: LoopTreesOptions = {}): fc.Arbitrary<LoopTree> {
  const children: fc.Arbitrary<LoopTree[]> =
    depth <= 1
      ? fc.constant<LoopTree[]>([])
      : fc.array(loopTrees({ depth: depth - 1, width, steps }), { maxLength: width });
  return fc.record({ steps: fc.nat(steps), once: fc.boolean(), beside: fc.boolean(), children });
}

/** A loop of a tree: each step runs its children, and adds up what they give. */
export class TreeLoop extends Loop<number, [start?: number]> {
  override state: { n: number; sum: number } = { n: 0, sum: 0 };
  readonly tree: LoopTree;
  readonly children: TreeLoop[];

  constructor(tree: LoopTree) {
    super();
    this.tree = tree;
    this.children = tree.children.map((child) => new TreeLoop(child));
  }

  get done(): boolean {
    return this.state.n >= this.tree.steps;
  }

  reset(start = 1): void {
    this.state = { n: 0, sum: start };
  }

  async advance(): Promise<void> {
    const { n, sum } = this.state;
    const drawn = this.tree.once ? await this.once('draw', () => (sum * 7 + n) % 11) : 0;
    const outputs: number[] = [];
    if (this.tree.beside) outputs.push(...(await Promise.all(this.children.map((child) => child.run(n)))));
    else for (const child of this.children) outputs.push(await child.run(n + outputs.length));
    this.state = { n: n + 1, sum: outputs.reduce((all, one) => (all * 3 + one) % 1009, sum + drawn + 1) };
  }

  override onRunEnd(): number {
    return this.state.sum;
  }
}

/** A new loop of a tree. */
export function treeLoop(tree: LoopTree): TreeLoop {
  return new TreeLoop(tree);
}
