import type { Path } from '../run/actor.ts';
import type { HookTime, LoopTime } from '../run/time-spent.ts';

/** A loop or a hook, and what its time went into. */
export interface IcicleNode {
  /** As its row of the table. */
  readonly key: string;
  readonly loop: LoopTime;
  /** Nothing for the loop itself. */
  readonly hook: HookTime | undefined;
  /** All of a loop; of a hook what no loop inside it took. */
  readonly ms: number;
  readonly inside: IcicleNode[];
}

/** A node where it is drawn: in a row, from a part of the width to another, from 0 to 1. */
export interface IcicleBox {
  readonly node: IcicleNode;
  readonly row: number;
  readonly from: number;
  readonly to: number;
  /** More ran in it at the same time than it took itself: what lies below is drawn narrower than it was. */
  readonly crowded: boolean;
}

/** The name of a row of the table. */
export const timeKey = (loop: LoopTime, hook: HookTime | undefined): string =>
  hook ? `${loop.path} ${hook.hook}` : loop.path;

/** The times of a run as a tree: in each loop the loops that it ran, and its hooks. */
export function icicleOf(times: readonly LoopTime[]): IcicleNode[] {
  const nodes = new Map<Path, IcicleNode>();
  const roots: IcicleNode[] = [];
  for (const loop of times) {
    const hooks = loop.hooks.map(
      (hook): IcicleNode => ({ key: timeKey(loop, hook), loop, hook, ms: hook.self, inside: [] }),
    );
    const inside = hooks.filter(({ ms }) => ms > 0).sort((a, b) => b.ms - a.ms);
    const node = { key: timeKey(loop, undefined), loop, hook: undefined, ms: loop.total, inside };
    for (const path of loop.paths) nodes.set(path, node);
  }
  for (const node of new Set(nodes.values())) {
    const above = parentOf(node.loop, nodes);
    if (above && above !== node) above.inside.push(node);
    else roots.push(node);
  }
  for (const { inside } of new Set(nodes.values()))
    inside.sort((a, b) => Number(a.hook !== undefined) - Number(b.hook !== undefined));
  return roots;
}

function parentOf({ paths }: LoopTime, nodes: ReadonlyMap<Path, IcicleNode>): IcicleNode | undefined {
  const parent = paths[0]?.actors[0]?.parent;
  return parent && nodes.get(parent.path);
}

/**
 * The boxes of an icicle, from the top: a node, and below it what it went into.
 *
 * @param zoomed the key of the node that takes up all of the width, with those around it above
 * @param least narrower boxes are left out, and all that is in them
 */
export function icicleBoxes(roots: readonly IcicleNode[], zoomed: string, least: number): IcicleBox[] {
  const boxes: IcicleBox[] = [];
  const way = wayTo(roots, zoomed) ?? [];
  for (const [row, node] of way.slice(0, -1).entries()) boxes.push(box(node, row, 0, 1));
  const below = (nodes: readonly IcicleNode[], row: number, from: number, to: number, ms: number) => {
    const sum = nodes.reduce((all, one) => all + one.ms, 0);
    const scale = (to - from) / Math.max(ms, sum);
    let at = from;
    for (const node of nodes) {
      const end = at + node.ms * scale;
      if (end - at >= least) {
        boxes.push(box(node, row, at, end));
        below(node.inside, row + 1, at, end, node.ms);
      }
      at = end;
    }
  };
  const top = way.at(-1);
  if (top) below([top], way.length - 1, 0, 1, top.ms);
  else below(roots, 0, 0, 1, 0);
  return boxes;
}

function box(node: IcicleNode, row: number, from: number, to: number): IcicleBox {
  const sum = node.inside.reduce((all, { ms }) => all + ms, 0);
  return { node, row, from, to, crowded: sum > node.ms * 1.001 };
}

/** The nodes from the outermost to one of them. */
function wayTo(nodes: readonly IcicleNode[], key: string): IcicleNode[] | undefined {
  for (const node of nodes) {
    if (node.key === key) return [node];
    const rest = wayTo(node.inside, key);
    if (rest) return [node, ...rest];
  }
  return undefined;
}
