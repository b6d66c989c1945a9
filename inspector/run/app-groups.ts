import { type Actor, type Path, Run } from './actor.ts';

/** So many names of actors of one logic have a box each; more are one together. */
const NAMES = 8;

/**
 * The actors of the app that are no loops: by their names, as if they were loops of one run. Where an app gives each actor
 * a name of its own (`job-1`, `job-2` …), all of them are one group, called as their logic is.
 */
export class AppGroups {
  readonly #names = new Map<string, Set<string>>();
  #all: Run | undefined;

  /** In the order in which the first of each was seen. */
  get groups(): ReadonlyMap<string, Path> {
    return this.#all?.paths ?? new Map();
  }

  /** Gives an actor its place. */
  add(actor: Actor): void {
    this.#all ??= new Run(actor, 0);
    const names = this.#names.get(actor.loop) ?? new Set();
    this.#names.set(actor.loop, names);
    if (names.size < NAMES) names.add(actor.name);
    actor.path = this.#all.path(names.has(actor.name) ? actor.name : actor.loop);
    actor.path.actors.push(actor);
  }

  /** None of its rows is here any more. */
  forget({ path }: Actor): void {
    if (path.actors.length === 0) this.#all?.paths.delete(path.name);
  }
}
