import { checkAssets, copyAssets } from '../data/asset-copy.ts';
import { LoopError } from '../data/errors.ts';
import { refusePending } from '../data/returned.ts';
import type { AnyLoop } from './any-loop.ts';
import { differences, list } from './state-dict.ts';
import { checkTree } from './strays.ts';
import { pathOf, type Stateful, statefulOf, walk } from './tree.ts';

/** What the `Stateful` fields of a tree returned, by dotted path. Typed arrays, Map, Set, Date and bigint allowed. */
export interface Assets {
  [path: string]: unknown;
}

/** The `Stateful` fields of the tree by dotted path. One that several loops hold is captured once, where it is found first. */
export function assetsOf(root: AnyLoop, loops: { loop: AnyLoop; path: string }[] = walk(root)): [string, Stateful][] {
  const base = pathOf(root).length + 1;
  const found = new Map<Stateful, string>();
  for (const { loop, path } of loops) {
    for (const [name, field] of statefulOf(loop)) {
      if (!found.has(field)) found.set(field, path.length < base ? name : `${path.slice(base)}.${name}`);
    }
  }
  return [...found].map(([field, path]) => [path, field]);
}

/**
 * Asks each `Stateful` field for what it is now. What it returns is copied: that may be what it goes on with, as the weights
 * of PyTorch's models are.
 * @param before what some of them returned before a step that is in flight, for that is run again from its start
 * @throws MisconfigurationError if there is one that would be left out; a hook may have made it since the run began; LoopError
 *   `NOT_PLAIN_DATA`
 */
export function takeAssets(root: AnyLoop, before?: ReadonlyMap<object, unknown>): Assets {
  const path = () => pathOf(root);
  const [noted, now]: [Assets, Assets] = [{}, {}];
  for (const [name, field] of assetsOf(root, checkTree(root))) {
    const isNoted = before?.has(field) === true;
    const asset: unknown = isNoted ? before.get(field) : field.stateDict();
    refusePending(path(), `stateDict of ${name}`, asset);
    (isNoted ? noted : now)[name] = asset;
  }
  checkAssets(noted, path);
  return { ...noted, ...copyAssets(now, path) };
}

/** Snapshots of checkpoints, which are loaded before an actor goes on from them. */
const withAssetsIn = new WeakSet<object>();

/** Notes of a snapshot that the `Stateful` fields are as they were then. */
export function notePutBack<S extends object>(snapshot: S): S {
  withAssetsIn.add(snapshot);
  return snapshot;
}

export function isPutBack(snapshot: object): boolean {
  return withAssetsIn.has(snapshot);
}

/** Gives each `Stateful` field what it was then. It has to be one for one; see {@link fitAssets}. */
export function putBackAssets(root: AnyLoop, assets: Assets): void {
  for (const [path, field] of assetsOf(root)) {
    const loaded: unknown = field.loadStateDict(assets[path]);
    refusePending(pathOf(root), `loadStateDict of ${path}`, loaded);
  }
}

/** @throws LoopError `CHECKPOINT_MISMATCH` if the tree has other `Stateful` fields than these */
export function fitAssets(root: AnyLoop, assets: Assets): void {
  const has = assetsOf(root).map(([path]) => path);
  const { missing, unknown } = differences(has, Object.keys(assets));
  if (missing.length + unknown.length === 0) return;
  throw new LoopError(
    'CHECKPOINT_MISMATCH',
    `Expected the Stateful fields of this tree in the snapshot, got others: missing ${list(missing)}; unknown ${list(unknown)}. ` +
      'Nothing was loaded. Make the fields that the persisted run had, in the constructor or from the state in onLoadCheckpoint.',
    pathOf(root),
  );
}
