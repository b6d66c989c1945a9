import type { ActorLine, EventLine } from '../lines/line.ts';
import { Actor, type Path, Run } from './actor.ts';
import { AppGroups } from './app-groups.ts';
import { without } from './lane.ts';
import { Lanes } from './lanes.ts';

/** All actors that are known, and how they belong together. */
export class Actors {
  /** All of them. */
  readonly byId: Map<string, Actor> = new Map();
  /** In the order in which they began. */
  readonly runs: Run[] = [];
  readonly roots: Actor[] = [];
  readonly lanes: Lanes;
  readonly #apps = new AppGroups();
  readonly #byIndex = new Map<number, Actor>();
  /** How many there were. */
  #count = 0;
  readonly #children = new WeakMap<Actor, Map<string, Actor[]>>();
  #begun = 0;

  readonly #gapSince: (actor: Actor) => { row: number; t: number } | undefined;

  /**
   * @param gapSince where the first lines are missing since an actor was last seen
   * @param lanes where their bars lie
   */
  constructor(gapSince: (actor: Actor) => { row: number; t: number } | undefined, lanes: Lanes = new Lanes()) {
    this.#gapSince = gapSince;
    this.lanes = lanes;
  }

  /** The actors of the app, by their names. */
  get apps(): ReadonlyMap<string, Path> {
    return this.#apps.groups;
  }

  at(index: number): Actor | undefined {
    return this.#byIndex.get(index);
  }

  /** The actor of a line: a new one, unless it is known. */
  open(line: ActorLine, row: number): Actor {
    const known = this.byId.get(line.id);
    if (known) return known;
    const parent = line.parent === undefined ? undefined : this.byId.get(line.parent);
    const actor = new Actor(line, this.#count++, parent, row);
    if (actor.kind !== '') {
      this.#byIndex.set(actor.index, actor);
      this.byId.set(line.id, actor);
      this.#apps.add(actor);
      return actor;
    }
    const run = parent ? parent.path.run : new Run(actor, ++this.#begun);
    if (!parent) this.runs.push(run);
    actor.path = run.path(line.path);
    this.#byIndex.set(actor.index, actor);
    this.byId.set(line.id, actor);
    actor.path.actors.push(actor);
    if (parent) this.#place(actor, parent, row);
    else this.roots.push(actor);
    this.lanes.begin(actor, row);
    return actor;
  }

  #place(actor: Actor, parent: Actor, row: number): void {
    const siblings = parent.children.get(actor.name);
    if (!siblings) {
      this.#childrenOf(parent).set(actor.name, [actor]);
      return;
    }
    // A loop runs once at a time: the run before is over, whether or not its end was seen.
    const before = siblings.at(-1)!;
    const end = this.#gapSince(before) ?? { row, t: actor.from };
    this.close(before, end.t, end.row);
    siblings.push(actor);
  }

  /** Most actors have none: they share one that is empty. */
  #childrenOf(actor: Actor): Map<string, Actor[]> {
    const known = this.#children.get(actor) ?? new Map<string, Actor[]>();
    if (!known.size) {
      this.#children.set(actor, known);
      actor.children = known;
    }
    return known;
  }

  /** It is known now which loop ran it. */
  adopt(actor: Actor, parent: Actor): void {
    without(actor.parent ? (actor.parent.children.get(actor.name) ?? []) : this.roots, new Set([actor]));
    actor.parent = parent;
    const { run } = actor.path;
    // Until now it was taken to be a run by itself.
    if (run.root === actor && run !== parent.path.run) {
      for (const path of run.paths.values()) parent.path.run.path(path.name).join(path);
      without(this.runs, new Set([run]));
    }
    const children = this.#childrenOf(parent);
    const siblings = children.get(actor.name) ?? [];
    const later = siblings.findIndex(({ first }) => first > actor.first);
    siblings.splice(later < 0 ? siblings.length : later, 0, actor);
    children.set(actor.name, siblings);
  }

  /** The line of an actor whose own was not seen: what can be told from its id. */
  stranger(line: EventLine): ActorLine {
    const path = line.id.replace(/[#@]\d+$/, '');
    const above = path.slice(0, Math.max(0, path.lastIndexOf('.')));
    const parent = above && this.#onlyAt(above)?.id;
    return {
      type: 'actor',
      seq: line.seq,
      t: line.t,
      id: line.id,
      path,
      name: path.slice(above.length && above.length + 1),
      loop: '',
      ...(parent && { parent }),
      chart: this.#newestAt(path)?.chart ?? '',
      value: line.value,
      status: 'active',
      late: true,
    };
  }

  /** It has ended, and so have the loops that it ran. */
  close(actor: Actor, t: number, row: number): void {
    if (actor.ended) return;
    actor.end = t;
    actor.endRow = row;
    if (actor.kind === '') this.lanes.end(actor);
    for (const runs of actor.children.values()) {
      // All but the latest were closed when the next one began.
      const latest = runs.at(-1);
      if (latest) this.close(latest, t, row);
    }
  }

  /** It was taken to have ended, and goes on all the same. */
  reopen(actor: Actor): void {
    actor.end = Number.NaN;
    actor.endRow = Number.POSITIVE_INFINITY;
    if (actor.kind === '') this.lanes.reopen(actor);
  }

  /** It has failed. */
  fail(actor: Actor): void {
    if (actor.kind === '') this.lanes.fail(actor);
  }

  /** None of their rows is here any more. Together: each list that some stand in is gone through once. */
  forget(actors: readonly Actor[]): void {
    const lists = new Map<Actor[], Set<Actor>>();
    const outOf = (list: Actor[], actor: Actor) => {
      const some = lists.get(list) ?? new Set();
      lists.set(list, some.add(actor));
    };
    for (const actor of actors) {
      this.#byIndex.delete(actor.index);
      this.byId.delete(actor.id);
      outOf(actor.path.actors, actor);
      if (actor.kind !== '') continue;
      outOf(actor.parent ? (actor.parent.children.get(actor.name) ?? []) : this.roots, actor);
    }
    for (const [list, some] of lists) without(list, some);
    for (const actor of actors) if (actor.kind !== '') this.#apps.forget(actor);
    // Of one run of a program without end, nothing stays when all of it has been let go.
    const runs = new Set(actors.flatMap(({ kind, path }) => (kind === '' ? [path.run] : [])));
    without(
      this.runs,
      new Set([...runs].filter(({ paths }) => [...paths.values()].every((path) => !path.actors.length))),
    );
  }

  /** The newest actor of this path, unless several runs have one that goes on: then nobody can say which is meant. */
  #onlyAt(path: string): Actor | undefined {
    const goingOn = this.runs.filter(({ paths }) => paths.get(path)?.actors.at(-1)?.ended === false);
    if (goingOn.length > 1) return undefined;
    return goingOn[0]?.paths.get(path)?.actors.at(-1) ?? this.#newestAt(path);
  }

  /** The newest actor of the newest run that has this path. */
  #newestAt(path: string): Actor | undefined {
    const run = this.runs.findLast(({ paths }) => paths.get(path)?.actors.length);
    return run?.paths.get(path)?.actors.at(-1);
  }
}
