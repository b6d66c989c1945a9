import type { AnyActorRef } from 'xstate';
import type { LoopContext, LoopStateValue } from '../chart/context.ts';
import type { LoopMachine } from '../chart/machine-type.ts';
import { unmadeIn } from '../chart/unmade-children.ts';
import { actorsOf } from '../chart/xstate-inner.ts';
import { decodeAsset, encodeAsset } from '../data/asset-codec.ts';
import { copyAssets } from '../data/asset-copy.ts';
import { LoopError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import { decodeJson, encodeContext } from '../data/json-form.ts';
import { withChanges } from '../step/what-changed.ts';
import { alreadyRunning } from '../tree/already-running.ts';
import { type AnyLoop, type Host, host } from '../tree/any-loop.ts';

import { type Assets, assetsOf, fitAssets, isPutBack, putBackAssets, takeAssets } from '../tree/assets.ts';
import { checkStates } from '../tree/check-states.ts';
import { type LoopDict, loadTree } from '../tree/state-dict.ts';
import { checkTree } from '../tree/strays.ts';
import { childNamed, isLoop, pathOf } from '../tree/tree.ts';
import { type Classes, namedNow, noteNamed } from './changed-classes.ts';
import { checkRemembered } from './checkpoint.ts';
import { childrenThatWait, noteLoaded, restoredWithout } from './waiting-children.ts';

/*
 * What `actor.getPersistedSnapshot()` gives of a loop, and how an actor goes on from it: alone or inside an app's machine.
 *
 * XState persists the states of the loops, which are those of boundaries and may be taken at any moment. `Stateful` fields
 * are live: the snapshot of the root loop holds what they return, in `assets`, and where they cannot be taken as a whole
 * it is an error. They are put back when the first hook is about to run.
 */

/** A loop's snapshot as XState persists it, with what is ours. */
interface Persisted {
  status: 'active' | 'done' | 'error' | 'stopped';
  value: LoopStateValue;
  context: LoopContext;
  children: Record<string, AnyActorRef | undefined>;
  /** Of a root: what its `Stateful` fields were. */
  assets?: Assets;
  /** Of a root: the classes of children that its run has put in the place of others. */
  classes?: Classes;
  /** It has been through JSON, and holds numbers that JSON has no word for. */
  encoded?: true;
}

/** Actors that came out of a snapshot and have run no hook yet, with what is to be put back then. */
const waiting = new WeakMap<AnyActorRef, { assets: Assets | undefined }>();
/** While no actor runs a loop: the one that did last, or came out of a snapshot since. */
const owners = new WeakMap<AnyLoop, WeakRef<AnyActorRef>>();

/** Makes the machine of a loop, and those that `provide()` makes of it, persist and restore `Stateful` fields. */
export function persistWhole(machine: LoopMachine, loop: AnyLoop): LoopMachine {
  const { getPersistedSnapshot, restoreSnapshot } = machine;
  const provide = machine.provide.bind(machine);
  return Object.assign(machine, {
    getPersistedSnapshot(snapshot: any, options: unknown) {
      const isRoot = snapshot.context?.name === null && snapshot.status !== 'error';
      const assets = isRoot ? assetsAt(loop, snapshot) : undefined;
      const own = withUnmade(snapshot, getPersistedSnapshot(snapshot, options) as any);
      const persisted = withStep(loop, snapshot, own);
      const classes = isRoot ? classesAt(loop, snapshot) : undefined;
      const whole = assets === undefined ? persisted : { ...persisted, assets };
      return withJson(classes === undefined ? whole : { ...whole, classes });
    },
    restoreSnapshot(given: any, scope: { self: AnyActorRef }) {
      const snapshot: any = decoded(given);
      if (snapshot.context?.name === null) take(loop, scope.self, snapshot, isPutBack(given));
      const restore = (children: object): any => restoreSnapshot({ ...snapshot, children }, scope as any);
      const waiting = childrenThatWait(loop, snapshot, actorsOf(machine), scope.self);
      return waiting === undefined ? restore(snapshot.children) : restoredWithout(waiting, snapshot.children, restore);
    },
    provide: (implementations: any) => persistWhole(provide(implementations), loop),
  } as any);
}

/** With what the step in flight has changed by now, if the snapshot is that of now; see `what-changed.ts`. */
function withStep(loop: AnyLoop, snapshot: Persisted, persisted: Persisted): Persisted {
  const running = loop[host] as (Host & { hasActor: boolean; actor: AnyActorRef }) | undefined;
  if (snapshot.status !== 'active' || !running?.hasActor || running.actor.getSnapshot() !== snapshot) return persisted;
  const { context } = persisted;
  const inFlight = withChanges(loop, context.inFlight, context, running.stepInFlight);
  return inFlight === context.inFlight ? persisted : { ...persisted, context: { ...context, inFlight } };
}

/** With the children that have no actors yet. */
function withUnmade(snapshot: object, persisted: Persisted): Persisted {
  const unmade = unmadeIn(snapshot);
  if (unmade === undefined) return persisted;
  return { ...persisted, children: { ...persisted.children, ...unmade.persisted } as any };
}

/** An actor has come out of a snapshot. Its first hook puts the assets back; where none will run, that is done at once. */
function take(
  loop: AnyLoop,
  actor: AnyActorRef,
  { status, context, assets, classes }: Persisted,
  isPutBack: boolean,
): void {
  noteNamed(actor, classes);
  if (isPutBack) noteLoaded(actor);
  if (!isPutBack && status === 'active') waiting.set(actor, { assets });
  if (!isPutBack && status === 'done') {
    if (loop[host]?.busy) throw alreadyRunning(loop);
    if (assets !== undefined) loadTree(loop, context as unknown as LoopDict);
    load(loop, assets);
  }
  owners.set(loop, new WeakRef(actor));
}

/** The first hook of an actor is about to run, and the states are in the loops. @throws LoopError `CHECKPOINT_MISMATCH` */
export function putBack(loop: AnyLoop, actor: AnyActorRef): void {
  owners.set(loop, new WeakRef(actor));
  const found = waiting.get(actor);
  if (found === undefined) return;
  waiting.delete(actor);
  load(loop, found.assets);
}

function load(loop: AnyLoop, assets: Assets = {}): void {
  fitAssets(loop, assets);
  // A copy: the snapshot may be used again.
  if (Object.keys(assets).length > 0)
    putBackAssets(
      loop,
      copyAssets(assets, () => pathOf(loop)),
    );
}

/**
 * What the `Stateful` fields are where a root stands; `undefined` if there are none.
 * @throws LoopError `NOT_PAUSED` where they cannot be taken, `NOT_PLAIN_DATA`; MisconfigurationError if a hook made strays
 */
function assetsAt(loop: AnyLoop, snapshot: Persisted): Assets | undefined {
  const owner = ownerOf(loop);
  const isItsOwn = owner?.getSnapshot() === snapshot;
  if (isItsOwn) checkStates(loop);
  if (isItsOwn && waiting.has(owner!)) return waiting.get(owner!)!.assets;
  if (snapshot.status === 'active') checkInFlight(loop, snapshot);
  if (snapshot.value === 'failed' || snapshot.value === 'aborted') return undefined;
  const fields = assetsOf(loop, checkTree(loop)).map(([path]) => `\`${path}\``);
  if (fields.length === 0) return undefined;
  const why = isItsOwn ? busy(loop, snapshot) : elsewhere(loop, snapshot);
  if (why.length === 0) return takeAssets(loop);
  throw new LoopError(
    'NOT_PAUSED',
    `Expected paused loops, so that the snapshot can hold ${fields.join(', ')}; ${why.join(', ')}. ` +
      'Send `loop.pause` and wait until they are, or take `run.checkpoint()`.',
    pathOf(loop),
  );
}

/** The actor that runs a loop, or did last. */
function ownerOf(loop: AnyLoop): AnyActorRef | undefined {
  return loop.running ? (loop[host] as { actor?: AnyActorRef }).actor : owners.get(loop)?.deref();
}

function classesAt(loop: AnyLoop, snapshot: Persisted): Classes | undefined {
  const owner = ownerOf(loop);
  return owner?.getSnapshot() === snapshot ? namedNow(owner) : undefined;
}

/** The loops that are in the middle of a hook or a step. */
function busy(loop: AnyLoop, snapshot: Persisted): string[] {
  const { status, value, context, children } = snapshot;
  if (status === 'done') return [];
  // Nothing has begun: an actor that is not started, or waits for its store.
  if (status === 'active' && context.name === null && loop[host]?.busy !== true) return [];
  if (context.running.length === 0) return value === 'paused' ? [] : [`${pathOf(loop)} is ${value}`];
  return context.running.flatMap((name) => {
    const child = childNamed(loop, name);
    const below = children[name]?.getSnapshot();
    // Another actor that `provide()` put in the place of a loop cannot be paused.
    const isPausable = isLoop(child) && Array.isArray(below?.context?.running);
    return isPausable ? busy(child, below) : [`${pathOf(loop)}.${name} is running`];
  });
}

/** Why a snapshot is not of the actor that the fields belong to, unless it is of one that has not begun. */
function elsewhere(loop: AnyLoop, { status, value, context }: Persisted): string[] {
  if (loop.running) return [`another actor of ${pathOf(loop)} is running`];
  const fresh = status === 'active' && value === 'entering' && !context.begun;
  return fresh ? [] : [`another actor of ${pathOf(loop)} has run since then`];
}

/** What the steps in flight have got has to be in the snapshot. @throws LoopError `NOT_PLAIN_DATA` */
function checkInFlight(loop: AnyLoop, { context, children }: Persisted): void {
  checkRemembered(loop, context.inFlight);
  for (const name of context.running) {
    const child = childNamed(loop, name);
    const below = children[name]?.getSnapshot();
    if (isLoop(child) && Array.isArray(below?.context?.running)) checkInFlight(child, below);
  }
}

/** Gives a snapshot a `toJSON` that keeps what JSON has no word for. */
function withJson<S extends Persisted>(persisted: S): S {
  return Object.defineProperty(persisted, 'toJSON', {
    value: () => {
      const { assets } = persisted;
      const context = encodeContext(persisted.context);
      if (context === (persisted.context as unknown) && assets === undefined) return { ...persisted };
      const given = assets === undefined ? {} : { assets: mapped(assets, encodeAsset) };
      return { ...persisted, context, ...given, encoded: true };
    },
  });
}

function decoded(given: Persisted): Persisted {
  if (given.encoded !== true) return given;
  const { encoded: _, assets, ...rest } = given;
  return {
    ...rest,
    context: decodeJson(rest.context as unknown as Json) as LoopContext,
    ...(assets === undefined ? {} : { assets: mapped(assets, (asset) => decodeAsset(asset as Json)) }),
  };
}

function mapped(assets: Assets, change: (asset: unknown) => unknown): Assets {
  return Object.fromEntries(Object.entries(assets).map(([path, asset]) => [path, change(asset)]));
}
