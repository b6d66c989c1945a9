import type { AnyActorRef } from 'xstate';
import { checkCheckpoint, checkKind, refused } from './checkpoint-check.ts';
import {
  freshContext,
  type InFlight,
  type LoopContext,
  type LoopStateValue,
  lastRun,
  nthRun,
  runsCount,
} from './context.ts';
import { LoopError } from './errors.ts';
import { decodeNumbers, encodeNumbers, isPlain, type Json } from './json.ts';
import { refusePending } from './returned.ts';
import { sealOf } from './seal.ts';
import { capture, flatten, keysOf, type LoopDict, loadStateDict, unflatten } from './state-dict.ts';
import { type AnyLoop, childNamed, pathOf, type Stateful, statefulOf, walk } from './tree.ts';

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
  assets: { [path: string]: unknown };
}

/** Takes a checkpoint of a run in which every innermost loop stands at a boundary, or that has finished. */
export function takeCheckpoint(loop: AnyLoop, actor: AnyActorRef, runId: string, steps: number): Checkpoint {
  const loops: Record<string, number> = {};
  const phase = phaseOf(loop, actor, loops);
  // Before its first boundary a run has no state yet: that of the loops is what it begins with.
  const { begun } = actor.getSnapshot().context as LoopContext;
  const dict = flatten(loop, begun ? dictOf(actor) : capture(loop));
  const assets: Record<string, unknown> = {};
  for (const [path, field] of assetsOf(loop)) {
    const asset: unknown = field.stateDict();
    refusePending(pathOf(loop), `stateDict of ${path}`, asset);
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
    stateDict: dict,
    assets,
  });
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

function checkRemembered(loop: AnyLoop, inFlight: InFlight | null): void {
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

/** Gives a checkpoint a `toJSON` that keeps the numbers JSON has no word for, and by which a change of the JSON is seen. */
export function jsonable(checkpoint: Checkpoint): Checkpoint {
  return Object.defineProperty(checkpoint, 'toJSON', {
    value: () => {
      const written = {
        ...checkpoint,
        encoded: true,
        phase: encodeNumbers(checkpoint.phase as unknown as Json),
        stateDict: encodeNumbers(checkpoint.stateDict),
      };
      return { ...written, seal: sealOf(sealed(written)) };
    },
  });
}

/** What the seal is of: all that says how the run goes on. The names of the run and of the loop may be changed. */
function sealed({ shape, position, phase, stateDict, assets }: { [part in keyof Checkpoint]?: unknown }): unknown[] {
  return [shape, position, phase, stateDict, assets];
}

type Written = Checkpoint & { encoded?: true; seal?: unknown };

/** @throws LoopError `CHECKPOINT_UNREADABLE` for JSON that is not as it was written */
export function checkSeal(loop: AnyLoop, checkpoint: Checkpoint): void {
  const { encoded, seal } = (checkpoint ?? {}) as Written;
  if (seal === undefined || (encoded === true && seal === sealOf(sealed(checkpoint)))) return;
  throw refused(
    loop,
    'Expected the JSON of a checkpoint as it was written, got one that was damaged or changed since. ' +
      'Nothing was loaded. To change a checkpoint on purpose, do it in start({ from, migrate }).',
  );
}

function decoded(loop: AnyLoop, checkpoint: Written): Checkpoint {
  const { encoded, seal: _, ...rest } = checkpoint;
  try {
    if (encoded !== true) return structuredClone(rest);
    return {
      ...rest,
      phase: decodeNumbers(rest.phase as unknown as Json) as unknown as Phase,
      stateDict: decodeNumbers(rest.stateDict) as Checkpoint['stateDict'],
    };
  } catch (cause) {
    throw refused(loop, 'Expected a checkpoint of plain data and typed arrays, got something else in it.', { cause });
  }
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
 * @param migrate brings an older checkpoint forward before it is checked
 * @throws LoopError `CHECKPOINT_MISMATCH`, `CHECKPOINT_UNREADABLE`; then nothing was loaded
 */
export function loadCheckpoint(
  loop: AnyLoop,
  from: Checkpoint,
  paused: boolean,
  migrate?: (checkpoint: Checkpoint) => Checkpoint,
): { snapshot: any; checkpoint: Checkpoint } {
  let given = from;
  if (migrate !== undefined) {
    checkSeal(loop, from);
    given = migrate(from);
  }
  checkKind(loop, given);
  const checkpoint = decoded(loop, given);
  checkCheckpoint(loop, checkpoint, shapeOf(loop));
  if (migrate === undefined) checkSeal(loop, given);
  loadStateDict(loop, checkpoint.stateDict);
  // Hooks of the phases before the first step ask for it; from there on the machine says what it is.
  loop.restarting = false;
  for (const [path, field] of assetsOf(loop)) {
    const loaded: unknown = field.loadStateDict(checkpoint.assets[path]);
    refusePending(pathOf(loop), `loadStateDict of ${path}`, loaded);
  }
  return { snapshot: snapshotOf(checkpoint.phase, unflatten(loop, checkpoint.stateDict), paused), checkpoint };
}

/** What a context has, and nothing else that may stand in a checkpoint. */
function knownTo(saved: LoopContext): LoopContext {
  const fresh = freshContext(undefined);
  const known = Object.keys(fresh).filter((name) => Object.hasOwn(saved, name)) as (keyof LoopContext)[];
  return { ...fresh, ...Object.fromEntries(known.map((name) => [name, saved[name]])) };
}

function snapshotOf(phase: Phase, dict: LoopDict, paused: boolean): object {
  const { before, ...saved } = phase.context as unknown as LoopContext & { before: Record<string, LoopDict | null> };
  const names = Object.keys(phase.children);
  const innermost = names.length === 0;
  let { value } = phase;
  // A pause is of the process that asked for it; a checkpoint says where to go on.
  if (value === 'paused') value = saved.done || saved.stop !== null ? 'ending' : 'advancing';
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
      ...knownTo(saved),
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
