import type { Actor } from './actor.ts';

/** A row of the timeline: loops that ran one after the other. */
export class Lane {
  /** In time; none begins before the one before has ended. */
  readonly actors: Actor[] = [];
  /** Those that failed, in time. */
  readonly failed: Actor[] = [];

  /** One of them has failed. */
  fail(actor: Actor): void {
    const last = this.failed.at(-1);
    this.failed.push(actor);
    if (last && last.index > actor.index) this.failed.sort((a, b) => a.index - b.index);
  }

  /** Lets go of some that lie in it. */
  forget(gone: ReadonlySet<Actor>): void {
    without(this.actors, gone);
    without(this.failed, gone);
  }
}

/** Where those of some actors that reach into a time begin: they lie in order, and do not overlap. */
export function firstIn(actors: readonly Actor[], from: number, first = 0): number {
  let low = first;
  let high = actors.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (actors[middle]!.end < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Takes some out of a list. Mostly they are its first: no more of it is looked through than has to be. */
export function without<T>(list: T[], gone: ReadonlySet<T>): void {
  let left = gone.size;
  let kept = 0;
  let at = 0;
  for (; at < list.length && left > 0; at++) {
    const one = list[at]!;
    if (gone.has(one)) left--;
    else list[kept++] = one;
  }
  list.splice(kept, at - kept);
}
