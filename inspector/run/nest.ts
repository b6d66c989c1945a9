import type { Actor, Path, Run } from './actor.ts';

/** A loop of the program, in all its runs; loops of one array are one box. */
export interface NestBox {
  /** Stays the same as long as the program has this loop. */
  readonly key: string;
  /** `folds[]` for the loops of an array. */
  readonly name: string;
  readonly parent: NestBox | undefined;
  /** How many boxes lie around it. */
  readonly depth: number;
  /** More than one for an array. */
  readonly paths: Path[];
  /** The boxes in it, in the order in which they first ran. Those in one list have run at the same time. */
  regions: NestBox[][];
}

/** The loops of an array are called `folds.0`, `folds.1` … */
const inArray = /(\.\d+)+$/;

/** The boxes of a run: one in the other as the loops run each other. */
export class Nest {
  /** In the order of a tree that is read from top to bottom. */
  boxes: readonly NestBox[] = [];
  regions: NestBox[][] = [];
  /** Another one when boxes have come or stand elsewhere: then they are laid out anew. */
  signature = '';
  #run: Run | undefined;
  readonly #byKey = new Map<string, NestBox>();
  readonly #byPath = new Map<Path, NestBox>();
  /** Pairs of boxes that were seen to run at the same time. */
  readonly #beside = new Set<string>();
  #paths = 0;
  #late = false;

  boxOf(path: Path): NestBox | undefined {
    return this.#byPath.get(path);
  }

  /** Takes in what has become known of a run since; of another run than before, all of it. */
  update(run: Run | undefined): void {
    const isOther = run !== this.#run;
    this.#run = run;
    if (isOther) {
      this.#byKey.clear();
      this.#beside.clear();
    }
    const paths = run?.paths ?? new Map<string, Path>();
    const pairs = this.#beside.size;
    const grown = isOther || paths.size !== this.#paths;
    // Who ran a loop whose beginning was not seen may be told later.
    if (grown || this.#late) this.#build(paths);
    this.#findBeside();
    if (grown || this.#late || this.#beside.size !== pairs) this.#arrange();
  }

  #build(paths: ReadonlyMap<string, Path>): void {
    this.#byPath.clear();
    this.#paths = paths.size;
    this.#late = false;
    const kept = new Map(this.#byKey);
    this.#byKey.clear();
    for (const box of kept.values()) box.paths.length = 0;
    for (const path of paths.values()) this.#place(path, kept, new Set());
  }

  /** @param within the paths on the way here: a damaged recording may have them in a circle */
  #place(path: Path, kept: ReadonlyMap<string, NestBox>, within: Set<Path>): NestBox | undefined {
    const known = this.#byPath.get(path);
    const first = path.actors[0];
    if (known || !first || within.has(path)) return known;
    within.add(path);
    if (first.late) this.#late = true;
    const parent = first.parent && this.#place(first.parent.path, kept, within);
    const name = first.name.replace(inArray, '[]');
    const key = parent ? `${parent.key} › ${name}` : name;
    let box = this.#byKey.get(key);
    if (!box) {
      const before = kept.get(key);
      box =
        before?.parent === parent && before
          ? before
          : { key, name, parent, depth: parent ? parent.depth + 1 : 0, paths: [], regions: [] };
      this.#byKey.set(key, box);
    }
    box.paths.push(path);
    this.#byPath.set(path, box);
    return box;
  }

  /** Looks at the newest runs of each box for what ran at the same time in them. */
  #findBeside(): void {
    for (const { paths } of this.#byKey.values()) {
      for (const { actors } of paths) {
        for (const above of actors.slice(-2)) {
          if (above.children.size > 1) this.#compare([...above.children.values()].map((runs) => runs.at(-1)!));
        }
      }
    }
  }

  #compare(runs: readonly Actor[]): void {
    let longest: Actor | undefined;
    for (const run of runs.toSorted((a, b) => a.from - b.from || a.index - b.index)) {
      // `end` is NaN for one that goes on.
      if (longest && !(longest.end <= run.from)) {
        const [a, b] = [this.#byPath.get(longest.path), this.#byPath.get(run.path)];
        if (a && b && a !== b && a.parent === b.parent) this.#beside.add(`${a.key}\n${b.key}`);
      }
      if (!longest || !(run.end <= longest.end)) longest = run;
    }
  }

  #arrange(): void {
    const children = new Map<NestBox | undefined, NestBox[]>();
    for (const box of this.#byKey.values()) {
      const siblings = children.get(box.parent);
      if (siblings) siblings.push(box);
      else children.set(box.parent, [box]);
      box.regions = [];
    }
    const boxes: NestBox[] = [];
    const visit = (parent: NestBox | undefined): NestBox[][] => {
      const regions = this.#regionsOf(children.get(parent) ?? []);
      for (const box of regions.flat()) {
        boxes.push(box);
        box.regions = visit(box);
      }
      return regions;
    };
    this.regions = visit(undefined);
    this.boxes = boxes;
    const told = ({ key, regions }: NestBox) => `${key}\t${regions.map((region) => region.length).join()}`;
    this.signature = `${this.regions.map((region) => region.length).join()}\n${boxes.map(told).join('\n')}`;
  }

  /** Puts those that ran at the same time, directly or by way of others, into one list. */
  #regionsOf(siblings: readonly NestBox[]): NestBox[][] {
    const regions = new Map(siblings.map((box) => [box, [box]]));
    for (const pair of this.#beside) {
      const [a, b] = pair.split('\n').map((key) => this.#byKey.get(key)!);
      const [into, from] = [regions.get(a!), regions.get(b!)];
      if (!into || !from || into === from) continue;
      into.push(...from);
      for (const box of from) regions.set(box, into);
    }
    const places = new Map(siblings.map((box, index) => [box, index]));
    for (const region of regions.values()) region.sort((a, b) => places.get(a)! - places.get(b)!);
    return [...new Set(siblings.map((box) => regions.get(box)!))];
  }
}
