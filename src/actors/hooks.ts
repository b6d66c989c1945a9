import type { ActorLogic, ActorSystem, AnyActorRef, EventObject } from 'xstate';
import { parentActor, relay } from '../chart/xstate-inner.ts';
import { LoopError, MisconfigurationError } from '../data/errors.ts';
import { isPending, refuseIterator } from '../data/returned.ts';
import { endOutside } from '../step/end-outside.ts';
import { enterHook, leaveHook } from '../step/in-hook.ts';
import { type AnyLoop, overrides } from '../tree/any-loop.ts';
import { attach, runningOf } from './attach.ts';
import { LoadedFields } from './loaded-fields.ts';
import { rebuilding } from './rebuilding.ts';
import type { Running } from './running.ts';

interface HookSnapshot {
  status: 'active' | 'done' | 'stopped';
  output: unknown;
  error: undefined;
}

export type HookLogic = ActorLogic<any, EventObject, unknown, ActorSystem<any>, EventObject>;

/** What an actor of a hook is told by its own code and by its machine. */
export interface HookActor {
  /** The hook may begin: the loop is attached to the actor of its machine. */
  begin(running: Running): void;
  /** The machine has something to say: a pause, a stop, … */
  notice?(): void;
  stopped: boolean;
  /** What its hook came to is told: its `hook.done`, and no stranger's. */
  readonly isDone?: boolean;
}

/**
 * The logic of an actor that runs user code. A hook that returns no promise completes within `start`, before the machine
 * turns to its next event; `fromPromise` would take a turn of the event loop for it.
 *
 * Nothing is persisted of it: an actor that is restored runs its hook again.
 */
export function hookLogic(loop: AnyLoop, make: (self: AnyActorRef) => HookActor): HookLogic {
  const actors = new WeakMap<AnyActorRef, HookActor>();
  const logic: HookLogic = {
    getInitialSnapshot: (): HookSnapshot => active,
    getPersistedSnapshot: (snapshot: HookSnapshot) => ({ ...active, status: snapshot.status }) as any,
    restoreSnapshot: (): HookSnapshot => active,
    start(_, { self }) {
      const actor = make(self);
      actors.set(self, actor);
      const machine = parentActor(self)!;
      try {
        attach(loop, machine, (running) => {
          if (actor.stopped) return;
          if (running.loop !== loop) throw ofAnother(loop, running);
          running.hookActor = self;
          running.session.whileMachinesWork(() => actor.begin(running));
        });
      } catch (error) {
        relay(self, machine, { type: 'loop.failed', error, steps: 0 });
      }
    },
    transition(snapshot: HookSnapshot, event: EventObject & { output?: unknown }, { self }) {
      const actor = actors.get(self);
      switch (event.type) {
        case 'hook.done':
          if (actor?.isDone !== true) return snapshot;
          return { status: 'done', output: event.output, error: undefined };
        case 'xstate.stop':
          if (actor !== undefined) {
            actor.stopped = true;
            actor.notice?.();
          }
          return { ...snapshot, status: 'stopped' };
        default:
          actor?.notice?.();
          return snapshot;
      }
    },
  };
  return logic;
}

/** A component that makes a loop each time it is drawn gives the actor of the first one the hooks of the newest. */
function ofAnother(loop: AnyLoop, { path }: Running): MisconfigurationError {
  return new MisconfigurationError(
    `Expected the hooks of the instance that the run began with, got those of another ${loop.constructor.name}: its machine was put in the place of the first one's. ` +
      `Make the loop once, and keep it: in React, \`const [loop] = useState(() => new ${loop.constructor.name}())\`.`,
    path,
  );
}

const active: HookSnapshot = { status: 'active', output: undefined, error: undefined };

/** The actor that ends its machine with an error: in `failed` and `aborted`, so that observers and a parent's `onError` see it. */
export function endWith(loop: AnyLoop): HookLogic {
  return {
    getInitialSnapshot: (_, input) => ({ ...active, input }),
    getPersistedSnapshot: (snapshot) => snapshot,
    start(snapshot, { self }) {
      const { input } = snapshot as { input?: { error: unknown } };
      const error =
        input === undefined ? new LoopError('STOPPED', 'was aborted without a reason.', loop.path) : input.error;
      // Before the actors below are stopped: what they await, and their signals, get the reason.
      // One that could not be attached is what has failed.
      runningOf(parentActor(self)!)?.abort(error);
      throw error;
    },
    transition: (snapshot) => snapshot,
  };
}

/**
 * What comes before a hook: live resources after a restore, and a checkpoint that waits for this boundary.
 * @returns what the hook has to wait for; in it whether a checkpoint was taken, undefined if none was wanted: who has
 *   stood is let go without standing again
 */
export function prepare(running: Running): Promise<boolean | undefined> | undefined {
  const { session, actor } = running;
  const state: unknown = running.snapshot.value;
  const wasRestored = running.restored;
  running.restored = false;
  // With children in their middle the loop is in the middle of its own step, and they wait for it to ask for them.
  const stand = () => (session.wanted && running.context.running.length === 0 ? session.stand(actor) : undefined);
  if (wasRestored && (state === 'starting' || state === 'advancing' || state === 'ending')) {
    const rebuilt = rebuild(running);
    if (rebuilt !== undefined) return rebuilt.then(stand);
  }
  return stand();
}

/** Live resources are made again. @returns what there is to wait for */
function rebuild(running: Running): Promise<void> | undefined {
  const { loop, context } = running;
  if (!overrides(loop, 'onRestart')) return undefined;
  const loaded = new LoadedFields(loop);
  const before = enterHook(running);
  rebuilding.add(running);
  let rebuilt: unknown;
  let pending = false;
  try {
    rebuilt = loop.onRestart(...running.args);
    pending = isPending(loop, 'onRestart', rebuilt);
  } finally {
    leaveHook(before);
    if (!pending) rebuilding.delete(running);
  }
  if (!pending) {
    loaded.check(context.running);
    return undefined;
  }
  const over = Promise.resolve(rebuilt).finally(() => rebuilding.delete(running));
  return over.then((value) => {
    refuseIterator(loop, 'onRestart', value);
    loaded.check(context.running);
  });
}

/** A hook threw, and not to end its own loop. */
export function fail(running: Running, hook: string, thrown: unknown): void {
  if (running.ended) return;
  // The parent's machine hears of it at once, and has to know what came before.
  running.parent?.flush();
  running.flush();
  const error = endOutside(running, hook, thrown);
  const commit = running.commitIfPlain();
  running.failUnit();
  const steps = running.uncommitted;
  running.tell({ type: 'loop.failed', error, steps, ...(commit === undefined ? {} : { commit }) });
}
