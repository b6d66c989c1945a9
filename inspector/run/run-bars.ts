import type { Actor, Run } from './actor.ts';
import type { Store } from './store.ts';

/** When a loop that the outermost one ran went on, in milliseconds since the run began. */
export interface Bar {
  /** Of the loop: its colour and its name. */
  hue: number;
  name: string;
  from: number;
  to: number;
  /** So many that follow one another are drawn as one. */
  count: number;
}

/** More than so many are drawn together: nobody could tell them apart. */
const MOST = 300;

/** How long a run has gone on, as far as it was seen. */
export function lengthOf(store: Store, { root }: Run): number {
  return (root.ended ? root.end : Math.max(root.from, store.t(store.last))) - root.from;
}

/** The loops right below the outermost one, in time. */
export function barsOf(store: Store, run: Run): Bar[] {
  const { root } = run;
  const last = lengthOf(store, run);
  const end = (actor: Actor) => (actor.ended ? actor.end - root.from : last);
  const bars: Bar[] = [];
  for (const [name, actors] of root.children) {
    const together = Math.ceil(actors.length / Math.max(1, Math.floor(MOST / root.children.size)));
    for (let at = 0; at < actors.length; at += together) {
      const some = actors.slice(at, at + together);
      bars.push({
        hue: some[0]!.path.hue,
        name,
        from: some[0]!.from - root.from,
        to: end(some.at(-1)!),
        count: some.length,
      });
    }
  }
  return bars;
}
