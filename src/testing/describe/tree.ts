import type { AnyLoop } from '../../tree/any-loop.ts';
import { childrenOf, pathOf, progressOf, statefulOf } from '../../tree/tree.ts';
import { hooksOf } from '../own-members.ts';

/** What a loop is made of, as data. */
export interface LoopTree {
  /** The field of its parent that holds it; of a root, its path. */
  readonly name: string;
  /** `fit.epoch.batches` */
  readonly path: string;
  /** Its class. */
  readonly loop: string;
  /** The hooks that it has of its own, in the order in which they are called. */
  readonly hooks: readonly string[];
  /** The keys of its `state` as it is now. */
  readonly state: readonly string[];
  /** The fields that hold counters, and those that hold `Stateful` objects. */
  readonly progress: readonly string[];
  readonly stateful: readonly string[];
  readonly children: readonly LoopTree[];
}

export function treeOf(loop: AnyLoop, name: string = pathOf(loop)): LoopTree {
  return {
    name,
    path: pathOf(loop),
    loop: loop.constructor.name,
    hooks: hooksOf(loop),
    state: Object.keys(loop.state ?? {}),
    progress: progressOf(loop).map(([field]) => field),
    stateful: statefulOf(loop).map(([field]) => field),
    children: childrenOf(loop).map(([field, child]) => treeOf(child, field)),
  };
}

/** What is said of a loop besides its name, a line each: nothing of what it has none of. */
export function factsOf({ hooks, state, progress, stateful }: LoopTree): [what: string, names: readonly string[]][] {
  const facts: [string, readonly string[]][] = [
    ['hooks', hooks],
    ['state', state],
    ['progress', progress],
    ['stateful', stateful],
  ];
  return facts.filter(([, names]) => names.length > 0);
}

/** Loops of an array that are alike: a drawing shows the first, and how many there are. */
export interface Group {
  readonly first: LoopTree;
  readonly title: string;
  readonly count: number;
}

export function groupsOf(trees: readonly LoopTree[]): Group[] {
  const groups: LoopTree[][] = [];
  for (const tree of trees) {
    const last = groups.at(-1);
    if (
      last !== undefined &&
      arrayOf(tree) !== undefined &&
      arrayOf(last[0]!) === arrayOf(tree) &&
      isAlike(last[0]!, tree)
    ) {
      last.push(tree);
    } else groups.push([tree]);
  }
  return groups.map((group) => {
    const [first, last] = [group[0]!, group.at(-1)!];
    const title =
      first === last ? `${first.name}: ${first.loop}` : `${first.name} … ${last.name}: ${group.length} × ${first.loop}`;
    return { first, title, count: group.length };
  });
}

/** The field of `folds.3`: `folds`. */
function arrayOf({ name }: LoopTree): string | undefined {
  return /^(.+)\.\d+$/.exec(name)?.[1];
}

function isAlike(one: LoopTree, other: LoopTree): boolean {
  return shapeOf(one) === shapeOf(other);
}

/** All of a loop but for its place. */
function shapeOf(tree: LoopTree): string {
  return JSON.stringify(tree, (key, value) =>
    key === 'path' || (key === 'name' && value === tree.name) ? undefined : value,
  );
}
