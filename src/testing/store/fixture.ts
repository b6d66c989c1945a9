import type { CheckpointStore } from '../../checkpoint/store.ts';

/** Where a store keeps what it saves: a directory, a database, a prefix of keys. */
export interface StorePlace {
  store: CheckpointStore;
}

/**
 * A kind of store, as the suite meets it. Only `name` and `make` are needed; with each of the others that you can give, the
 * suite tests more.
 */
export interface StoreFixture<Place extends StorePlace = StorePlace> {
  /** For the report, such as `redisStore`. */
  name: string;
  /** A new place in which nothing is saved, with a store over it. */
  make(): Place | Promise<Place>;
  /** Called when a test is over with a place, however it went: closes and removes it. */
  close?(place: Place): void | Promise<void>;
  /** How many checkpoints of a run the store keeps. Default: that is not tested. */
  keep?: number;
  /** The largest checkpoint that it takes, in bytes. Default: 5,000,000 are tried. */
  largest?: number;
  /** How runs that are saved in it have to be started. Default: as any run is. */
  start?: { durability: 'sync' | 'async' };
  /** Whether one store serves one run at a time, and another has to be made for each run beside it. Default: false. */
  oneRun?: boolean;
  /**
   * Whether `save` refuses, with `NOT_PLAIN_DATA`, what is no data, such as a function. A run refuses that before it saves,
   * so a store need not. Default: false.
   */
  refuses?: boolean;
  /** A second store over the same place, as another process would make it. */
  other?(place: Place): CheckpointStore | Promise<CheckpointStore>;
  /** The process that has `place.store` dies: it does nothing more, and has given up nothing. */
  die?(place: Place): void | Promise<void>;
  /** From now on there is no more room in the place. @returns what makes room again */
  fill?(place: Place): (() => void | Promise<void>) | Promise<() => void | Promise<void>>;
  /** Damages the newest checkpoint of a run, as a write that was torn does: changes a byte, or cuts it off. */
  damage?(place: Place, runId: string): void | Promise<void>;
  /**
   * From now on the process that has `place.store` dies in the middle of its work: at the n-th thing that it does to the
   * place, counted from 1. Calls of the store may then reject.
   * @returns whether it has come to that
   */
  crash?(place: Place, n: number): () => boolean | Promise<boolean>;
}

/** What is tested: `base` of every store, the others where the fixture or the store has what it takes. */
export type StoreCapability = 'base' | 'several' | 'keep' | 'refuses' | 'other' | 'die' | 'fill' | 'damage' | 'crash';

/** What each capability is about, for reports. */
export const capabilities: { readonly [name in StoreCapability]: string } = {
  base: 'what every store does',
  several: 'serves several runs at once',
  keep: 'keeps so many checkpoints of a run',
  refuses: 'refuses what is no data',
  other: 'two stores over one place: one writer of a run',
  die: 'the writer dies: another takes over',
  fill: 'no room is left',
  damage: 'a torn write',
  crash: 'a crash at the n-th write',
};

/** One thing that is asked of a store. */
export interface StoreTest {
  /** A sentence whose subject is the store. */
  name: string;
  capability: StoreCapability;
  /** Rejects if the store does not do that. Resolves with a reason if it could not be asked. */
  run(): Promise<{ skipped?: string }>;
}

/** A test as it is written down: it gets a place of its own. @throws Skipped if it cannot be asked */
export type Ask<Place extends StorePlace> = (given: Given<Place>) => Promise<void>;

/** Why a test says nothing of a store. */
export class Skipped extends Error {}

export interface Given<Place extends StorePlace> {
  fixture: StoreFixture<Place>;
  place: Place;
  store: CheckpointStore;
  /** Somebody else who reads from the same place, if the fixture has such a one. */
  reader: CheckpointStore;
  /** A place beside this one. */
  another(): Promise<Place>;
}
