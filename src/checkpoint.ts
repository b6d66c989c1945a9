import type { AnyActorRef } from 'xstate';
import { type Assets, assetsOf, notePutBack, putBackAssets, takeAssets } from './assets.ts';
import { type InFlight, type LoopContext, type LoopStateValue, lastRun, nthRun, runsCount } from './context.ts';
import { LoopError } from './errors.ts';
import { decodeNumbers, encodeNumbers, isPlain, type Json } from './json.ts';
import { differences, flatten, keysOf, type LoopDict, list, loadStateDict, unflatten } from './state-dict.ts';
import { type AnyLoop, childNamed, isLoop, pathOf } from './tree.ts';

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

/** A run at a boundary: enough to go on from there in another process. Survives JSON unless `assets` hold typed arrays. */
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
  /** Lightning's flat layout. */
  stateDict: { [key: string]: Json };
  /** What the `Stateful` fields returned at this boundary, by dotted path. Typed arrays allowed. */
  assets: Assets;
}

/** Takes a checkpoint of a run in which every innermost loop stands at a boundary, or that has finished. */
export function takeCheckpoint(loop: AnyLoop, actor: AnyActorRef, runId: string, steps: number): Checkpoint {
  const loops: Record<string, number> = {};
  const phase = phaseOf(loop, actor, loops);
  const dict = flatten(loop, dictOf(actor));
  const assets = takeAssets(loop);
  const shape = shapeOf(loop);
  return jsonable({
    format: 1,
    loop: loop.constructor.name,
    shape,
    runId,
    position: { steps, loops },
    phase,
    stateDict: dict,
    assets,
  });
}

function shapeOf(loop: AnyLoop): string[] {
  return [...keysOf(loop), ...assetsOf(loop).map(([path]) => `${path} (asset)`)].sort();
}

function phaseOf(loop: AnyLoop, actor: AnyActorRef, loops: Record<string, number>): Phase {
  const snapshot = actor.getSnapshot();
  // The pace is for the process that asked for it.
  const { state, progress, children, running, pace: _, ...rest } = snapshot.context as LoopContext;
  checkRemembered(loop, rest.inFlight);
  loops[pathOf(loop)] = rest.steps;
  // What a child was before the step in flight ran it: the step may look at it before it asks for the child again.
  const touched = new Set([...running, ...Object.keys(rest.inFlight?.runs ?? {})]);
  const before = Object.fromEntries([...touched].map((name) => [name, children[name] ?? null]));
  // Behind its first boundary a loop that goes on is restarting anyway.
  const restarting = rest.restarting && ['entering', 'resetting', 'starting'].includes(snapshot.value);
  const phase: Phase = {
    value: snapshot.value,
    context: { ...rest, restarting, before } as unknown as Phase['context'],
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
    `Expected the output to be plain data, so that a checkpoint can keep it; got a ${(output as object).constructor?.name ?? typeof output}. ` +
      'Return what identifies it, and keep the rest in a field.',
    pathOf(loop),
  );
}

/** @throws LoopError `NOT_PLAIN_DATA` if a step in flight has got what cannot be kept */
export function checkRemembered(loop: AnyLoop, inFlight: InFlight | null): void {
  for (const [name, runs] of Object.entries(inFlight?.runs ?? {})) {
    for (let nth = 0; nth < runsCount(runs); nth++) {
      const run = nthRun(runs, nth)!;
      if ('opaque' in run) throw opaque(loop, `run ${nth + 1} of ${name}`, run.opaque);
    }
  }
  for (const [key, result] of Object.entries(inFlight?.once ?? {})) {
    if ('opaque' in result) throw opaque(loop, `once('${key}')`, result.opaque);
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

/** The state of the tree: of a loop that runs, that of its own context, once it has any. */
function dictOf(actor: AnyActorRef, before?: LoopDict): LoopDict {
  const snapshot = actor.getSnapshot();
  const { begun, state, progress, children, running, inFlight } = snapshot.context as LoopContext;
  if (!begun && before !== undefined) return before;
  const now = { ...children };
  for (const [name, runs] of Object.entries(inFlight?.runs ?? {})) {
    const dict = lastRun(runs)?.dict;
    if (dict !== undefined) now[name] = dict;
  }
  for (const name of running) now[name] = dictOf(snapshot.children[name], now[name]);
  return { state, progress, children: now };
}

/** Gives a checkpoint a `toJSON` that keeps the numbers JSON has no word for. */
export function jsonable(checkpoint: Checkpoint): Checkpoint {
  return Object.defineProperty(checkpoint, 'toJSON', {
    value: () => ({
      ...checkpoint,
      encoded: true,
      phase: encodeNumbers(checkpoint.phase as unknown as Json),
      stateDict: encodeNumbers(checkpoint.stateDict),
    }),
  });
}

function decoded(checkpoint: Checkpoint & { encoded?: true }): Checkpoint {
  if (checkpoint.encoded !== true) return structuredClone({ ...checkpoint });
  const { encoded: _, ...rest } = checkpoint;
  return {
    ...rest,
    phase: decodeNumbers(rest.phase as unknown as Json) as unknown as Phase,
    stateDict: decodeNumbers(rest.stateDict) as Checkpoint['stateDict'],
  };
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
  check(loop, given);
  const checkpoint = decoded(given);
  loadStateDict(loop, checkpoint.stateDict);
  // Hooks of the phases before the first step ask for it; from there on the machine says what it is.
  loop.restarting = false;
  putBackAssets(loop, checkpoint.assets);
  const snapshot = notePutBack(snapshotOf(checkpoint.phase, unflatten(loop, checkpoint.stateDict), paused));
  return { snapshot, checkpoint };
}

function check(loop: AnyLoop, checkpoint: Checkpoint): void {
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
  const parts = [
    ...Object.keys(checkpoint.stateDict),
    ...Object.keys(checkpoint.assets).map((name) => `${name} (asset)`),
  ].sort();
  // What it says of its shape, and what it holds.
  const said = differences(shapeOf(loop), checkpoint.shape);
  const held = differences(shapeOf(loop), parts);
  const missing = [...new Set([...said.missing, ...held.missing])];
  const unknown = [...new Set([...said.unknown, ...held.unknown])];
  if (checkpoint.loop === loop.constructor.name && missing.length + unknown.length === 0) {
    checkPhase(loop, checkpoint.phase);
    return;
  }
  const whose =
    checkpoint.loop === loop.constructor.name ? `another shape of ${checkpoint.loop}` : `a ${checkpoint.loop}`;
  throw new LoopError(
    'CHECKPOINT_MISMATCH',
    `Expected a checkpoint of this ${loop.constructor.name}, got one of ${whose}: missing ${list(missing)}; unknown ${list(unknown)}. ` +
      'Nothing was loaded. Bring it forward with start({ from, migrate }).',
    path,
  );
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

function unreadable(expected: string, path: string): LoopError {
  return new LoopError('CHECKPOINT_UNREADABLE', `Expected ${expected}.`, path);
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
