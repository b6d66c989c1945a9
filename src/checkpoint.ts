import type { AnyActorRef } from 'xstate';
import { checkAsset, decodeAsset, encodeAsset } from './assets.ts';
import type { LoopContext, LoopStateValue } from './context.ts';
import { LoopError } from './errors.ts';
import { childrenRun, givenIn, type InFlight } from './journal.ts';
import { isPlain, type Json } from './json.ts';
import { decodeJson, encodeJson } from './json-form.ts';
import { restartingSlot } from './loop.ts';
import { refusePending } from './returned.ts';
import { kindOf, shown } from './shown.ts';
import { differences, flatten, keysOf, type LoopDict, list, loadStateDict, unflatten } from './state-dict.ts';
import { type AnyLoop, childNamed, isLoop, pathOf, plainLoad, type Stateful, statefulOf, walk } from './tree.ts';
import { dictOf } from './tree-state.ts';

/** Where one running loop stood, and the loops that ran under it. */
export interface Phase {
  value: LoopStateValue;
  /** What the machine's context holds beside the state dict. */
  context: { [key: string]: Json };
  /** Of a run that has finished. */
  output?: Json;
  /** Running children by field name. */
  children: { [name: string]: Phase };
}

/** A run at a boundary: enough to go on from there in another process. Survives JSON whole; runs that go on from it do not change it. */
export interface Checkpoint {
  format: 1;
  /** Class name of the root loop. */
  loop: string;
  /** The keys of the state dict and of the assets, sorted: checkpoints with the same shape fit the same tree of loops. */
  shape: string[];
  runId: string;
  /** Steps of innermost loops since the run began, and of each loop that was running, by path. */
  position: { steps: number; loops: { [path: string]: number } };
  phase: Phase;
  /** Loops below the root that were restarting, by dotted path, the root by the empty one. */
  restarting: string[];
  /** Lightning's flat layout. */
  stateDict: { [key: string]: Json };
  /** What the `Stateful` fields returned at this boundary, by dotted path. Typed arrays, Map, Set, Date and bigint allowed. */
  assets: { [path: string]: unknown };
}

/**
 * Takes a checkpoint of a run in which every innermost loop stands at a boundary, or that has finished.
 * @param assetsBefore what `Stateful` fields returned before a step that is in flight, for that is run again from its start
 */
export function takeCheckpoint(
  loop: AnyLoop,
  actor: AnyActorRef,
  runId: string,
  steps: number,
  assetsBefore?: ReadonlyMap<object, unknown>,
): Checkpoint {
  const loops: Record<string, number> = {};
  const phase = phaseOf(loop, actor, loops);
  const dict = flatten(loop, dictOf(actor));
  const assets: Record<string, unknown> = {};
  for (const [path, field] of assetsOf(loop)) {
    const asset: unknown = assetsBefore?.has(field) ? assetsBefore.get(field) : field.stateDict();
    refusePending(pathOf(loop), `stateDict of ${path}`, asset);
    checkAsset(asset, path, () => pathOf(loop));
    assets[path] = asset;
  }
  const shape = shapeOf(loop);
  return jsonable({
    format: 1,
    loop: loop.constructor.name,
    shape,
    runId,
    position: { steps, loops },
    phase,
    restarting: loopsIn(loop).flatMap(({ loop: one, name }) => (one[restartingSlot] ? [name] : [])),
    stateDict: dict,
    assets,
  });
}

/** The loops of a tree by their dotted paths below the root. */
function loopsIn(root: AnyLoop): { loop: AnyLoop; name: string }[] {
  const base = pathOf(root).length + 1;
  return walk(root).map(({ loop, path }) => ({ loop, name: path.slice(base) }));
}

function shapeOf(loop: AnyLoop): string[] {
  return [...keysOf(loop), ...assetsOf(loop).map(([path]) => `${path} (asset)`)].sort();
}

/** The `Stateful` fields of the tree by dotted path. One that several loops hold is captured once, where it is found first. */
function assetsOf(root: AnyLoop): [path: string, field: Stateful][] {
  const base = pathOf(root).length + 1;
  const found = new Map<Stateful, string>();
  for (const { loop, path } of walk(root)) {
    for (const [name, field] of statefulOf(loop)) {
      if (!found.has(field)) found.set(field, path.length < base ? name : `${path.slice(base)}.${name}`);
    }
  }
  return [...found].map(([field, path]) => [path, field]);
}

function phaseOf(loop: AnyLoop, actor: AnyActorRef, loops: Record<string, number>): Phase {
  const snapshot = actor.getSnapshot();
  // The pace is for the process that asked for it.
  const { state, progress, children, running, pace: _, ...rest } = snapshot.context as LoopContext;
  checkRemembered(loop, rest.inFlight);
  loops[pathOf(loop)] = rest.steps;
  // What a child was before the step in flight ran it: the step may look at it before it asks for the child again.
  const touched = new Set([...running, ...childrenRun(rest.inFlight)]);
  const before = Object.fromEntries([...touched].map((name) => [name, children[name] ?? null]));
  const phase: Phase = {
    value: snapshot.value,
    context: { ...rest, before } as unknown as Phase['context'],
    children: {},
  };
  if (snapshot.status === 'done' && snapshot.output !== undefined) phase.output = outputOf(loop, snapshot.output);
  for (const name of running) {
    phase.children[name] = phaseOf(childNamed(loop, name) as AnyLoop, snapshot.children[name], loops);
  }
  return phase;
}

function outputOf(loop: AnyLoop, output: unknown): Json {
  if (isPlain(output)) return output;
  throw new LoopError(
    'NOT_PLAIN_DATA',
    `Expected the output to be plain data, so that a checkpoint can keep it; got a ${kindOf(output)}. ` +
      'Return what identifies it, and keep the rest in a field.',
    pathOf(loop),
  );
}

function checkRemembered(loop: AnyLoop, inFlight: InFlight | null): void {
  for (const got of givenIn(inFlight)) {
    if ('opaque' in got)
      throw opaque(loop, got.run === undefined ? `once('${got.once}')` : `a run of ${got.run}`, got.opaque);
  }
}

function opaque(loop: AnyLoop, what: string, kind: string): LoopError {
  return new LoopError(
    'NOT_PLAIN_DATA',
    `Expected what ${what} gave to the step in flight to be plain data, so that a checkpoint can keep it; got a ${kind}. ` +
      'Return what identifies it, and keep the rest in a field.',
    pathOf(loop),
  );
}

/** The version of the JSON form of a checkpoint; before it was 2, assets were what JSON makes of them. */
const form = 2;

/** Gives a checkpoint a `toJSON` that keeps what JSON has no word for. */
export function jsonable(checkpoint: Checkpoint): Checkpoint {
  return Object.defineProperty(checkpoint, 'toJSON', {
    value: () => ({
      ...checkpoint,
      encoded: form,
      phase: phaseMapped(checkpoint.phase, encodeJson),
      // Each for itself, so that `migrate` may take out or rename any of them.
      stateDict: mapped(checkpoint.stateDict, encodeJson),
      assets: mapped(checkpoint.assets, encodeAsset),
    }),
  });
}

/** A checkpoint of one's own, for what the run makes of it must not change the one that was given. */
function decoded(checkpoint: Checkpoint & { encoded?: unknown }, path: string): Checkpoint {
  const { encoded, ...rest } = checkpoint;
  if (encoded === undefined) return structuredClone(rest);
  if (encoded !== true && encoded !== form) throw unreadable(`JSON of form ${form}, got ${shown(encoded)}`, path);
  try {
    return {
      ...rest,
      phase: structuredClone(phaseMapped(rest.phase, decodeJson)),
      stateDict: structuredClone(mapped(rest.stateDict, decodeJson)) as Checkpoint['stateDict'],
      assets: mapped(rest.assets, encoded === form ? (asset) => decodeAsset(asset as Json) : structuredClone),
    };
  } catch (cause) {
    throw unreadable(
      `a checkpoint that is whole, got one whose JSON form is damaged (${shown((cause as Error).message)})`,
      path,
      cause,
    );
  }
}

/** Each part for itself: what contexts share they share by chance, and they are not changed. */
function phaseMapped(phase: Phase, change: (value: any) => any): Phase {
  const { context, children, output, ...rest } = phase;
  return {
    ...rest,
    context: mapped(context, change),
    children: mapped(children ?? {}, (child) => phaseMapped(child, change)),
    ...(output === undefined ? {} : { output: change(output) }),
  };
}

function mapped<Before, After>(
  values: { [key: string]: Before },
  change: (value: Before) => After,
): { [key: string]: After } {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

/** Which hook's actor each state invokes. */
const invoked: Partial<Record<LoopStateValue, string>> = {
  entering: 'skip',
  skipped: 'onSkip',
  resetting: 'reset',
  starting: 'onRunStart',
  advancing: 'advance',
  ending: 'onRunEnd',
};

/**
 * Loads a checkpoint into the tree and gives the snapshot that its machine goes on from.
 * @param paused whether the innermost loops wait before their next step
 * @throws LoopError `CHECKPOINT_MISMATCH`, `CHECKPOINT_UNREADABLE`; then nothing was loaded
 */
export function loadCheckpoint(
  loop: AnyLoop,
  given: Checkpoint,
  paused: boolean,
): { snapshot: any; checkpoint: Checkpoint } {
  checkForm(loop, given);
  const growing = growingIn(loop);
  checkShape(loop, given, growing, false);
  if (growing.length === 0) checkPhase(loop, given.phase);
  const checkpoint = decoded(given, pathOf(loop));
  loadStateDict(loop, checkpoint.stateDict);
  if (growing.length > 0) {
    checkShape(loop, given, [], true);
    checkPhase(loop, given.phase);
  }
  // Loops that run take it from their phase.
  loop.restarting = false;
  for (const one of loopsIn(loop)) one.loop[restartingSlot] = checkpoint.restarting.includes(one.name);
  for (const [path, field] of assetsOf(loop)) {
    const loaded: unknown = field.loadStateDict(checkpoint.assets[path]);
    refusePending(pathOf(loop), `loadStateDict of ${path}`, loaded);
  }
  return { snapshot: snapshotOf(checkpoint.phase, unflatten(loop, checkpoint.stateDict), paused), checkpoint };
}

function checkForm(loop: AnyLoop, checkpoint: Checkpoint): void {
  const path = pathOf(loop);
  if (typeof checkpoint !== 'object' || checkpoint === null || !Array.isArray(checkpoint.shape)) {
    throw unreadable(`a checkpoint, got ${JSON.stringify(checkpoint)?.slice(0, 80)}`, path);
  }
  if (checkpoint.format !== 1) {
    throw new LoopError(
      'CHECKPOINT_UNREADABLE',
      `Expected a checkpoint of format 1, got format ${JSON.stringify(checkpoint.format)}. It was written by another version: migrate it, or use that version.`,
      path,
    );
  }
  for (const part of ['position', 'phase', 'stateDict', 'assets'] as const) {
    if (typeof checkpoint[part] !== 'object' || checkpoint[part] === null)
      throw unreadable(`a checkpoint with \`${part}\`, got ${JSON.stringify(checkpoint[part])}`, path);
  }
  if (!Array.isArray(checkpoint.restarting))
    throw unreadable(`a checkpoint with \`restarting\`, got ${JSON.stringify(checkpoint.restarting)}`, path);
}

/** The prefixes in the state dict of loops that may make children when they are given their state. */
function growingIn(root: AnyLoop): string[] {
  return loopsIn(root)
    .filter(({ loop }) => loop.onLoadCheckpoint !== loop[plainLoad])
    .map(({ name }) => (name === '' ? '' : `${name}.`));
}

/** @param growing what lies below these prefixes may be missing in the tree: it is not made yet */
function checkShape(loop: AnyLoop, checkpoint: Checkpoint, growing: readonly string[], loaded: boolean): void {
  const path = pathOf(loop);
  const parts = [
    ...Object.keys(checkpoint.stateDict),
    ...Object.keys(checkpoint.assets).map((name) => `${name} (asset)`),
  ].sort();
  // What it says of its shape, and what it holds.
  const said = differences(shapeOf(loop), checkpoint.shape);
  const held = differences(shapeOf(loop), parts);
  const missing = [...new Set([...said.missing, ...held.missing])];
  const unknown = [...new Set([...said.unknown, ...held.unknown])].filter(
    (key) => !growing.some((prefix) => key.startsWith(prefix)),
  );
  if (missing.length + unknown.length === 0) return;
  const whose =
    checkpoint.loop === loop.constructor.name ? `another shape of ${checkpoint.loop}` : `a ${checkpoint.loop}`;
  throw new LoopError(
    'CHECKPOINT_MISMATCH',
    `Expected a checkpoint of this ${loop.constructor.name}, got one of ${whose}: missing ${list(missing)}; unknown ${list(unknown)}. ` +
      `${loaded ? '' : 'Nothing was loaded. '}${childrenAdvice(unknown)}Bring it forward with start({ from, migrate }).`,
    path,
  );
}

/** Children that are made while the loop runs are missing in a new instance. */
function childrenAdvice(unknown: readonly string[]): string {
  const children = unknown
    .filter((key) => key.endsWith('.state_dict'))
    .map((key) => key.slice(0, -'.state_dict'.length));
  return children.length === 0
    ? ''
    : `Make ${list(children)} in the constructor, or from the state in onLoadCheckpoint: reset and onRunStart are not repeated. `;
}

function checkPhase(loop: AnyLoop, phase: Phase): void {
  const path = pathOf(loop);
  if (!(phase.value in invoked) && phase.value !== 'paused' && phase.value !== 'finished')
    throw unreadable(`a phase to go on from, got ${JSON.stringify(phase.value)}`, path);
  if (typeof phase.context !== 'object' || phase.context === null || typeof phase.children !== 'object')
    throw unreadable('a phase with `context` and `children`', path);
  for (const [name, child] of Object.entries(phase.children ?? {})) {
    const below = childNamed(loop, name);
    if (!isLoop(below)) throw unreadable(`the phase of a child, got one of \`${name}\``, path);
    checkPhase(below, child);
  }
}

function unreadable(expected: string, path: string, cause?: unknown): LoopError {
  return new LoopError('CHECKPOINT_UNREADABLE', `Expected ${expected}.`, path, cause === undefined ? {} : { cause });
}

function snapshotOf(phase: Phase, dict: LoopDict, paused: boolean): object {
  const { before, ...rest } = phase.context as unknown as LoopContext & { before: Record<string, LoopDict | null> };
  const names = Object.keys(phase.children);
  const innermost = names.length === 0;
  let { value } = phase;
  // A pause is of the process that asked for it; a checkpoint says where to go on.
  if (value === 'paused') value = rest.done || rest.stop !== null ? 'ending' : 'advancing';
  if (value === 'advancing' && innermost && paused) value = 'paused';
  const children: Record<string, unknown> = {};
  const states = { ...dict.children };
  for (const name of names) {
    children[name] = { src: name, snapshot: snapshotOf(phase.children[name]!, dict.children[name]!, paused) };
  }
  for (const [name, state] of Object.entries(before)) if (state !== null) states[name] = state;
  const hook = invoked[value];
  if (hook !== undefined)
    children[hook] = { src: hook, snapshot: { status: 'active', output: undefined, error: undefined } };
  return {
    status: value === 'finished' ? 'done' : 'active',
    output: phase.output,
    error: undefined,
    value,
    historyValue: {},
    context: {
      ...rest,
      // Its state is loaded, be it that of before the run.
      begun: true,
      state: dict.state,
      progress: dict.progress,
      children: states,
      running: names,
      pace: paused ? 0 : null,
    },
    children,
  };
}
