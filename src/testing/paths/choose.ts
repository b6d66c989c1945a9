import type { Edge, PathMap } from './map.ts';
import { isOver } from './map.ts';

/** Two transitions, one right behind the other. */
const pairOf = (first: Edge, second: Edge): string => `${first.transition} | ${second.transition}`;

/** All that a set of paths can cover. */
export interface Targets {
  readonly states: ReadonlySet<string>;
  readonly transitions: ReadonlySet<string>;
  readonly pairs: ReadonlySet<string>;
}

export function targetsOf({ edges, snapshots }: PathMap): Targets {
  const all = [...edges.values()].flat();
  const pairs = all.flatMap((first) => (edges.get(first.to) ?? []).map((second) => pairOf(first, second)));
  return {
    states: new Set([...snapshots.values()].map(({ value }) => value)),
    transitions: new Set(all.map(({ transition }) => transition)),
    pairs: new Set(pairs),
  };
}

/** What a path covers. */
export function coveredBy(path: readonly Edge[], { start, snapshots }: PathMap): Targets {
  return {
    states: new Set([start, ...path.map(({ to }) => to)].map((place) => snapshots.get(place)!.value)),
    transitions: new Set(path.map(({ transition }) => transition)),
    pairs: new Set(path.slice(1).map((edge, i) => pairOf(path[i]!, edge))),
  };
}

/**
 * Chooses paths from the beginning of a run to an end of it: first the usual one, then the shortest to each kind of end, then one through each
 * transition that none of them takes, then one through each pair of transitions.
 * @param max no more than so many
 */
export function choose(map: PathMap, max: number): Edge[][] {
  const chosen: Edge[][] = [];
  const seen = new Set<string>();
  const routes = new Routes(map);
  const add = (path: Edge[] | undefined) => {
    if (path === undefined || chosen.length >= max) return;
    chosen.push(path);
    for (const [i, edge] of path.entries()) {
      seen.add(edge.transition);
      if (i > 0) seen.add(pairOf(path[i - 1]!, edge));
    }
  };
  const all = [...map.edges.values()].flat();
  const usual = all.find(({ happening }) => happening.name === 'the last step');
  if (usual !== undefined) add(routes.through([usual]));
  for (const end of firstOfEachKind(routes.ends, map)) add(routes.to(end));
  // Those that are far from the beginning first: on the way to them lie others.
  all.reverse();
  for (const edge of all) if (!seen.has(edge.transition)) add(routes.through([edge]));
  for (const first of all) {
    for (const second of map.edges.get(first.to) ?? []) {
      if (!seen.has(pairOf(first, second))) add(routes.through([first, second]));
    }
  }
  return chosen;
}

/** Of all ends, the nearest of each kind. */
function firstOfEachKind(ends: readonly string[], { snapshots }: PathMap): string[] {
  const kinds = new Map<string, string>();
  for (const end of ends) {
    const { value, context } = snapshots.get(end)!;
    const { skipped, stop, ended } = context;
    const kind = value === 'finished' ? [value, skipped, stop !== null, ended !== null].join() : value;
    if (!kinds.has(kind)) kinds.set(kind, end);
  }
  return [...kinds.values()];
}

/** The shortest ways on a map. */
class Routes {
  readonly #map: PathMap;
  /** The way by which each place is first come to. */
  readonly #by = new Map<string, Edge>();
  /** The way that leads from each place to an end, if possible not by an abort or a failure, which lead to one from anywhere. */
  readonly #on = new Map<string, Edge>();
  readonly ends: readonly string[];

  constructor(map: PathMap) {
    this.#map = map;
    this.ends = [...map.snapshots].filter(([, snapshot]) => isOver(snapshot)).map(([place]) => place);
    const queue = [map.start];
    for (const place of queue) {
      for (const edge of map.edges.get(place) ?? []) {
        if (edge.to === map.start || this.#by.has(edge.to)) continue;
        this.#by.set(edge.to, edge);
        queue.push(edge.to);
      }
    }
    const isCut = (edge: Edge) => ['failed', 'aborted'].includes(map.snapshots.get(edge.to)!.value);
    this.#leadOn((edge) => !isCut(edge));
    this.#leadOn(() => true);
  }

  /** From the ends backwards. */
  #leadOn(allowed: (edge: Edge) => boolean): void {
    const back = new Map<string, Edge[]>();
    for (const edge of [...this.#map.edges.values()].flat()) {
      if (allowed(edge)) back.set(edge.to, [...(back.get(edge.to) ?? []), edge]);
    }
    const queue = [...this.ends, ...this.#on.keys()];
    for (const place of queue) {
      for (const edge of back.get(place) ?? []) {
        if (this.ends.includes(edge.from) || this.#on.has(edge.from)) continue;
        this.#on.set(edge.from, edge);
        queue.push(edge.from);
      }
    }
  }

  /** From the beginning to a place. */
  to(place: string): Edge[] {
    const path: Edge[] = [];
    for (let edge = this.#by.get(place); edge !== undefined; edge = this.#by.get(edge.from)) path.unshift(edge);
    return path;
  }

  /** From the beginning through some edges, which follow each other, to an end; `undefined`: there is no such way. */
  through(edges: readonly Edge[]): Edge[] | undefined {
    const path = [...this.to(edges[0]!.from), ...edges];
    for (let place = path.at(-1)!.to; !this.ends.includes(place); place = path.at(-1)!.to) {
      const edge = this.#on.get(place);
      if (edge === undefined) return undefined;
      path.push(edge);
    }
    return path;
  }
}
