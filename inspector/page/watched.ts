import { effect, type Signal, signal } from '@preact/signals';
import { begun, type Path } from '../run/actor.ts';
import { NOTHING } from '../run/difference.ts';
import { keysText, valueAt } from '../run/held.ts';
import { Spark } from '../run/spark.ts';
import { keep, recall } from './browser-storage.ts';
import { session } from './session.ts';

/** Something that a loop holds, which stays in sight whichever loop is looked at. */
export interface Watched {
  /** The loop's path. */
  loop: string;
  /** From the loop's context on, so mostly `state` first. */
  keys: readonly string[];
}

const KEPT = 'loopchart watched';
/** More is no list that one reads at a glance. */
const MOST = 50;

export const watched: Signal<readonly Watched[]> = signal(recalled());

/** Keeps the list, also for the next time. */
export function keepWatched(): void {
  effect(() => {
    const list = watched.value;
    keep('local', KEPT, list.length ? JSON.stringify(list) : undefined);
  });
}

const nameOf = ({ loop, keys }: Watched) => `${loop} · ${keysText(keys)}`;

export const isWatched = (one: Watched): boolean => watched.value.some((other) => nameOf(other) === nameOf(one));

export function toggleWatched(one: Watched): void {
  watched.value = isWatched(one)
    ? watched.value.filter((other) => nameOf(other) !== nameOf(one))
    : [...watched.value, one].slice(-MOST);
}

/** Something that is watched, at the moment that is shown. */
export interface WatchedNow extends Watched {
  name: string;
  path: Path;
  /** `NOTHING` where the loop holds none then. */
  value: unknown;
  /** Of a number in the state, the line through its values up to then; else none. */
  points: readonly number[];
}

const sparks = new WeakMap<Path, Map<string, Spark>>();

/** All that is watched in the run that is looked at. */
export function watchedNow(): WatchedNow[] {
  const { store, contexts } = session;
  const now = session.now.value;
  const run = session.run.value;
  return watched.value.flatMap((one) => {
    const path = run?.paths.get(one.loop);
    if (!path) return [];
    const actor = path.actors[begun(path.actors, now) - 1];
    const context = actor && contexts.at(actor, now);
    const value = context ? valueAt(context, one.keys) : NOTHING;
    const spark = one.keys[0] === 'state' && one.keys.length > 1 ? sparkOf(path, one) : undefined;
    spark?.grow(store);
    return [{ ...one, name: nameOf(one), path, value, points: spark?.upTo(store, now) ?? [] }];
  });
}

function sparkOf(path: Path, one: Watched): Spark {
  const known = sparks.get(path) ?? new Map<string, Spark>();
  sparks.set(path, known);
  const name = nameOf(one);
  const spark = known.get(name) ?? new Spark(path, { path: path.name, keys: one.keys.slice(1) });
  known.set(name, spark);
  return spark;
}

function recalled(): Watched[] {
  try {
    const list: unknown = JSON.parse(recall('local', KEPT) ?? '[]');
    return Array.isArray(list) ? list.filter(isOne).slice(-MOST) : [];
  } catch {
    return [];
  }
}

function isOne(value: any): value is Watched {
  return (
    typeof value?.loop === 'string' &&
    Array.isArray(value.keys) &&
    value.keys.every((key: unknown) => typeof key === 'string')
  );
}
