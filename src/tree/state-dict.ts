import { LoopError } from '../data/errors.ts';
import { flatCopy, isFlatCopy, type Json, plainCopy } from '../data/json.ts';
import { lossIn } from '../data/loss.ts';
import { refusePending } from '../data/returned.ts';
import { SharingCopy } from '../data/sharing-copy.ts';
import { shown } from '../data/shown.ts';
import { type AnyLoop, savesItsState } from './any-loop.ts';
import { boundaryPartsOf } from './boundary-parts.ts';
import { checkLoss, checkStates, refuseLoss } from './check-states.ts';
import { partsOf } from './parts.ts';
import { BaseProgress } from './progress.ts';
import { checkTree } from './strays.ts';
import { childrenOf, isLoop, pathOf, progressOf, type Stateful } from './tree.ts';

/** The state of a loop and of all below it, as the machine's context keeps it. */
export interface LoopDict {
  [key: string]: Json;
  state: Json;
  progress: { [field: string]: Json };
  children: { [name: string]: LoopDict };
}

/** Lightning's layout: one flat object for the whole tree; a key is a dotted path of fields. */
export type StateDict = { [key: string]: Json };

/** What did not fit when a state dict was loaded. */
export interface LoadReport {
  /** Keys that the loops have and the dict has not: these parts are as they were. */
  missing: string[];
  /** Keys that the dict has and no loop: these were not used. */
  unknown: string[];
}

/** What `loadStateDict` takes. */
export interface LoadOptions {
  /** Missing and unknown keys are an error, raised before anything has changed. Default: false, they are returned. */
  strict?: boolean;
  /** Objects by name that take the part of the dict under their name, of this loop and of each loop below. */
  metrics?: Record<string, Stateful>;
}

/** The last copy of each loop's state, where that holds other objects. */
const lastCopies = new WeakMap<AnyLoop, SharingCopy>();

/** Whether what `onSaveCheckpoint` calls is to look for what a copy would not have. */
let isLookedAt = false;

/** A copy of `loop.state`. What has not changed since the last one is shared with it. @throws LoopError `NOT_PLAIN_DATA` */
export function copyOfState(loop: AnyLoop): Json {
  if (isLookedAt) checkLoss(loop);
  const flat = flatCopy(loop.state);
  if (flat !== undefined) return flat;
  let last = lastCopies.get(loop);
  if (last === undefined) {
    last = new SharingCopy();
    lastCopies.set(loop, last);
  }
  return plainCopy(loop.state, () => pathOf(loop), 'state', last);
}

/** What `onSaveCheckpoint` says, checked and copied. @throws LoopError `NOT_PLAIN_DATA` */
export function savedState(loop: AnyLoop): Json {
  if (savesItsState(loop)) return copyOfState(loop);
  const before = isLookedAt;
  isLookedAt = true;
  try {
    const state = loop.onSaveCheckpoint();
    refuseLoss(loop, lossIn(state));
    return plainCopy(state, () => pathOf(loop), 'state');
  } finally {
    isLookedAt = before;
  }
}

/** The state of a loop and all below it, copied. @throws LoopError `NOT_PLAIN_DATA` */
export function capture(loop: AnyLoop): LoopDict {
  return withParts(loop, { state: savedState(loop), progress: {}, children: {} });
}

/**
 * The same for a boundary, with whether the loop is restarting.
 * @throws LoopError `NOT_PLAIN_DATA`
 */
export function captureBoundary(loop: AnyLoop): Boundary {
  return withParts(loop, { state: savedState(loop), progress: {}, children: {}, restarting: loop.restarting });
}

export type Boundary = LoopDict & { restarting: boolean };

function withParts<Dict extends LoopDict>(loop: AnyLoop, dict: Dict): Dict {
  for (const [name, part] of boundaryPartsOf(loop)) {
    if (part instanceof BaseProgress) dict.progress[name] = part.stateDict();
    else dict.children[name] = capture(part);
  }
  return dict;
}

/**
 * The one that was captured last, if another that was captured is the same: a loop is often left in one state again and
 * again. Not looked for where a state holds other objects (see `SharingCopy`), or others stand below.
 */
export function sharedDict(dict: LoopDict, last: LoopDict): LoopDict {
  const { state } = dict;
  const isObject = typeof state === 'object' && state !== null;
  return isObject && isLeaf(dict) && isLeaf(last) && isFlatCopy(last.state, state) ? last : dict;
}

function isLeaf({ progress, children }: LoopDict): boolean {
  for (const _ in progress) return false;
  for (const _ in children) return false;
  return true;
}

/** `onLoadCheckpoint` is not awaited. @throws LoopError if it would have to be */
function tookBack(loop: AnyLoop, result: unknown): void {
  if (result !== undefined) refusePending(pathOf(loop), 'onLoadCheckpoint', result);
}

/**
 * Gives each loop of a tree its captured state by its `onLoadCheckpoint`, parents first: that hook may make children,
 * which are then loaded as well. What the dict does not know stays as it is.
 */
export function loadTree(loop: AnyLoop, dict: LoopDict): void {
  loadProgress(loop, dict);
  tookBack(loop, loop.onLoadCheckpoint(plainCopy(dict.state, () => pathOf(loop), 'state')));
  for (const [name, child] of childrenOf(loop)) {
    const childDict = dict.children[name];
    if (childDict !== undefined) loadTree(child, childDict);
  }
}

/**
 * Puts a tree that is loaded into another state that it has been in, without calling a hook: `onLoadCheckpoint` is called
 * once for each loop in a resume. A loop whose `onSaveCheckpoint` is its own stays as it is, for what that returned need
 * not be its `state`.
 */
export function putState(loop: AnyLoop, dict: LoopDict): void {
  loadProgress(loop, dict);
  if (savesItsState(loop)) loop.state = plainCopy(dict.state, () => pathOf(loop), 'state') as object;
  for (const [name, child] of childrenOf(loop)) {
    const childDict = dict.children[name];
    if (childDict !== undefined) putState(child, childDict);
  }
}

/** Notes the states of a tree, to be put back by what it returns: the very objects, for other parts of a loop may hold them. */
export function holdState(loop: AnyLoop): () => void {
  const { state } = loop;
  const counters = progressOf(loop).map(([, progress]) => [progress, progress.stateDict()] as const);
  const below = childrenOf(loop).map(([, child]) => holdState(child));
  return () => {
    for (const [progress, dict] of counters) progress.loadStateDict(dict);
    if (savesItsState(loop)) loop.state = state;
    for (const putBack of below) putBack();
  };
}

export function loadProgress(loop: AnyLoop, dict: Pick<LoopDict, 'progress'>): void {
  for (const [name, progress] of progressOf(loop)) {
    if (dict.progress[name] !== undefined) progress.loadStateDict(dict.progress[name]);
  }
}

/** See `Loop.stateDict`. */
export function stateDict(loop: AnyLoop, destination: StateDict = {}, prefix = ''): StateDict {
  checkTree(loop);
  const dict = capture(loop);
  checkStates(loop);
  return flatten(loop, dict, destination, prefix);
}

/** A captured state in Lightning's layout: the loop's own state first, then its fields in order. */
export function flatten(loop: AnyLoop, dict: LoopDict, destination: StateDict = {}, prefix = ''): StateDict {
  destination[`${prefix}state_dict`] = dict.state;
  for (const [name, part] of partsOf(loop)) {
    const childDict = dict.children[name];
    const progress = dict.progress[name];
    if (isLoop(part)) {
      if (childDict !== undefined) flatten(part, childDict, destination, `${prefix}${name}.`);
    } else if (progress !== undefined) {
      destination[prefix + name] = progress;
    }
  }
  return destination;
}

/** The inverse of {@link flatten}. A part that the dict does not have is as the loop has it now. */
export function unflatten(loop: AnyLoop, flat: StateDict, prefix = ''): LoopDict {
  const dict: LoopDict = { state: flat[`${prefix}state_dict`] ?? savedState(loop), progress: {}, children: {} };
  for (const [name, part] of partsOf(loop)) {
    if (isLoop(part)) dict.children[name] = unflatten(part, flat, `${prefix}${name}.`);
    else dict.progress[name] = flat[prefix + name] ?? part.stateDict();
  }
  return dict;
}

/** The keys of the state dict of a tree. */
export function keysOf(loop: AnyLoop, prefix = ''): string[] {
  const keys = [`${prefix}state_dict`];
  for (const [name, part] of partsOf(loop)) {
    if (isLoop(part)) keys.push(...keysOf(part, `${prefix}${name}.`));
    else keys.push(prefix + name);
  }
  return keys;
}

function metricKeys(loop: AnyLoop, prefix: string, names: string[]): string[] {
  const below = childrenOf(loop).flatMap(([name, child]) => metricKeys(child, `${prefix}${name}.`, names));
  return [...names.map((name) => prefix + name), ...below];
}

/** The keys that two lists do not share. */
export function differences(has: readonly string[], given: readonly string[]): LoadReport {
  const [own, other] = [new Set(has), new Set(given)];
  return { missing: has.filter((key) => !other.has(key)), unknown: given.filter((key) => !own.has(key)) };
}

/** See `Loop.loadStateDict`. */
export function loadStateDict(loop: AnyLoop, dict: StateDict, prefix = '', options: LoadOptions = {}): LoadReport {
  if (typeof dict !== 'object' || dict === null || Array.isArray(dict)) {
    throw new LoopError('STATE_DICT_MISMATCH', `Expected a state dict (an object), got ${shown(dict)}.`, pathOf(loop));
  }
  const busy = checkTree(loop).find((one) => one.loop.running);
  if (busy !== undefined) {
    throw new LoopError('ALREADY_RUNNING', 'is running: load a state dict before or after the run.', busy.path);
  }
  // A key with another prefix belongs to somebody else.
  const given = Object.keys(dict).filter((key) => key.startsWith(prefix));
  const metrics = options.metrics ?? {};
  const report = (): LoadReport => {
    const { missing, unknown } = differences(keysOf(loop, prefix), given);
    const measured = new Set(metricKeys(loop, prefix, Object.keys(metrics)));
    return { missing, unknown: unknown.filter((key) => !measured.has(key)) };
  };
  const { missing, unknown } = report();
  if (options.strict && missing.length + unknown.length > 0) {
    throw new LoopError(
      'STATE_DICT_MISMATCH',
      `The state dict does not fit: missing ${list(missing)}; unknown ${list(unknown)}. Nothing was loaded.`,
      pathOf(loop),
    );
  }
  check(loop, dict, prefix);
  load(loop, dict, prefix, metrics);
  loop.restarting = true;
  return report();
}

export function list(keys: readonly string[]): string {
  return keys.length === 0 ? 'nothing' : keys.map((key) => `\`${key}\``).join(', ');
}

/** Counters and states are checked for the whole tree first, so that a bad one changes nothing. */
function check(loop: AnyLoop, dict: StateDict, prefix: string): void {
  const key = `${prefix}state_dict`;
  if (Object.hasOwn(dict, key)) plainCopy(dict[key], () => pathOf(loop), key);
  for (const [name, part] of partsOf(loop)) {
    if (isLoop(part)) {
      check(part, dict, `${prefix}${name}.`);
    } else if (Object.hasOwn(dict, prefix + name)) {
      const problem = part.mismatch(dict[prefix + name], prefix + name);
      if (problem !== undefined)
        throw new LoopError('STATE_DICT_MISMATCH', `${problem} Nothing was loaded.`, pathOf(loop));
    }
  }
}

function load(loop: AnyLoop, dict: StateDict, prefix: string, metrics: Record<string, Stateful>): void {
  for (const [name, progress] of progressOf(loop)) {
    if (Object.hasOwn(dict, prefix + name)) progress.loadStateDict(dict[prefix + name]!);
  }
  for (const [name, metric] of Object.entries(metrics)) {
    if (Object.hasOwn(dict, prefix + name)) {
      const loaded: unknown = metric.loadStateDict(dict[prefix + name]);
      refusePending(pathOf(loop), `loadStateDict of ${name}`, loaded);
    }
  }
  const key = `${prefix}state_dict`;
  if (Object.hasOwn(dict, key)) tookBack(loop, loop.onLoadCheckpoint(plainCopy(dict[key], () => pathOf(loop), key)));
  for (const [name, child] of childrenOf(loop)) load(child, dict, `${prefix}${name}.`, metrics);
}
