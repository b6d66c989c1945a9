import type { AnyActorRef } from 'xstate';
import { soon } from './clock.ts';
import type { LoopContext } from './context.ts';
import { isLoopActor } from './loop-actor.ts';

/** What a session may interrupt between two steps. */
interface Attentive {
  attention: boolean;
}

/**
 * What the loops of one run share: who watches, and the barrier at which a checkpoint is taken.
 *
 * A checkpoint wants every innermost running loop at a boundary at the same time, so that nothing half-done is captured.
 * Loops that arrive early stand and wait for the others; then all is captured in one go.
 */
export class Session {
  readonly root: AnyActorRef;
  /** The live arguments of the root; a restored root without any takes those of its context. */
  args: unknown[] | undefined;
  /** Outputs and results of `once` must be plain data, for they are saved or recorded. */
  strict = false;
  /** Called at each boundary after a commit, with the steps of innermost loops that it had. */
  due: ((steps: number) => void) | undefined;
  /** Steps of innermost loops, taken or under way, that their pumps have yet to commit. */
  claimed = 0;
  /** How many committed steps there may be until a checkpoint is due. */
  stepsUntilDue: () => number = () => Infinity;
  /** Called after everything that may have changed where the run stands. */
  changed: (() => void) | undefined;
  /** Whether the loops have been given the states that the run goes on from. */
  loaded = false;
  /** Saves the run as it stands, with this actor in the middle of a step whose journal has grown; not there where that may wait. */
  saveNow: ((actor: AnyActorRef) => Promise<void>) | undefined;

  /** Loops that run, and code of theirs that is in flight. */
  readonly #inFlight = new Set<object>();
  readonly #settled: (() => void)[] = [];
  /** Of loops in the middle of a step that may be saved there, by the object: what their `Stateful` fields returned before it. */
  readonly assetsBefore: Map<object, unknown> = new Map();
  readonly #pumps = new Set<Attentive>();
  readonly #standing = new Map<AnyActorRef, () => void>();
  #capture: (() => Promise<void> | undefined) | undefined;
  #capturing = false;
  #poked = false;

  constructor(root: AnyActorRef) {
    this.root = root;
  }

  /** Whether anybody observes the actors' events: then every step is one. */
  get watched(): boolean {
    return isWatched(this.root);
  }

  /** Whether loops that come to a boundary have to stand there: for a checkpoint, and while it is saved if the run waits for that. */
  get wanted(): boolean {
    return this.#capture !== undefined || this.#capturing;
  }

  /** Code of the run begins. */
  enter(code: object): void {
    this.#inFlight.add(code);
  }

  /** It has ended. */
  leave(code: object): void {
    this.#inFlight.delete(code);
    if (this.#inFlight.size === 0) for (const resolve of this.#settled.splice(0)) resolve();
  }

  /** Resolves when no code of the run is in flight. */
  settled(): Promise<void> {
    return this.#inFlight.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#settled.push(resolve));
  }

  joinPump(pump: Attentive): void {
    if (this.wanted) pump.attention = true;
    this.#pumps.add(pump);
  }

  leavePump(pump: Attentive): void {
    this.#pumps.delete(pump);
  }

  /** Has `capture` called once every innermost loop stands at a boundary. While the promise it may return is pending, they stay. */
  hold(capture: () => Promise<void> | undefined): void {
    this.#capture = capture;
    for (const pump of this.#pumps) pump.attention = true;
    this.poke();
  }

  /** Stands at a boundary until the checkpoint is taken. */
  stand(actor: AnyActorRef): Promise<void> {
    const standing = new Promise<void>((resolve) => this.#standing.set(actor, resolve));
    this.poke();
    return standing;
  }

  /** Looks again whether all stand, and whether all are paused. */
  poke(): void {
    if (this.#ready() && !this.#poked) {
      this.#poked = true;
      // Not within the call that began the last loop: the step that made it may go on to begin another beside it.
      soon(() => {
        this.#poked = false;
        if (this.#ready()) this.#take();
      });
    }
    this.changed?.();
  }

  #ready(): boolean {
    return this.#capture !== undefined && !this.#capturing && leaves(this.root).every((leaf) => this.#stands(leaf));
  }

  #take(): void {
    const capture = this.#capture!;
    this.#capture = undefined;
    this.#capturing = true;
    const saved = capture();
    if (saved === undefined) this.#release();
    else void saved.finally(() => this.#release());
  }

  #release(): void {
    this.#capturing = false;
    const released = [...this.#standing.values()];
    this.#standing.clear();
    for (const release of released) release();
    // Asked for while this one was saved: whoever stood for it has just been let go.
    if (this.#capture !== undefined) for (const pump of this.#pumps) pump.attention = true;
  }

  #stands(leaf: AnyActorRef): boolean {
    return this.#standing.has(leaf) || leaf.getSnapshot().value === 'paused';
  }
}

/** The innermost running loops: those with no running loop below them. None once the run has ended. */
export function leaves(actor: AnyActorRef): AnyActorRef[] {
  const snapshot = actor.getSnapshot();
  if (snapshot.status !== 'active') return [];
  const below = (snapshot.context as LoopContext).running.flatMap((name) => {
    const child: AnyActorRef | undefined = snapshot.children[name];
    // A stranger in the place of a loop cannot be told to stand: it is waited for.
    return child === undefined ? [] : isLoopActor(child) ? leaves(child) : [child];
  });
  return below.length > 0 ? below : [actor];
}

const sessions = new WeakMap<AnyActorRef, Session>();

/** The session of the run that an actor of a loop belongs to. Loops in one app may be several runs of one actor system. */
export function sessionOf(actor: AnyActorRef): Session {
  let root = actor;
  while ((root.getSnapshot().context as LoopContext).name !== null && root._parent !== undefined) root = root._parent;
  let session = sessions.get(root);
  if (session === undefined) {
    session = new Session(root);
    sessions.set(root, session);
  }
  return session;
}

/** Observers of a system: those that came through its `inspect` since it was first asked for, and whether any had come before. */
const watches = new WeakMap<object, { count: number; before: boolean }>();

/** Whether anybody observes the inspection events of an actor's system. XState does not tell, so the door through which they come is watched. */
function isWatched(actor: AnyActorRef): boolean {
  const { system } = actor;
  let watch = watches.get(system);
  if (watch === undefined) {
    let top: AnyActorRef = actor;
    while (top._parent !== undefined) top = top._parent;
    const stays = (top as unknown as { options: { inspect?: unknown } }).options.inspect !== undefined;
    const counted = { count: stays ? 1 : 0, before: true };
    watch = counted;
    watches.set(system, watch);
    const inspect = system.inspect;
    system.inspect = (observer) => {
      const subscription = inspect(observer);
      counted.count++;
      let subscribed = true;
      return {
        unsubscribe() {
          if (subscribed) counted.count--;
          subscribed = false;
          subscription.unsubscribe();
        },
      };
    };
  }
  // Who came before may have left.
  if (watch.count === 0 && watch.before) watch.before = readsEvents(system);
  return watch.count > 0 || watch.before;
}

const read = Symbol('loopchart.read');
const probe = {
  get type(): string {
    throw read;
  },
};

/** XState copies an event for its observers, and only if there are any: they never see this one. */
function readsEvents(system: AnyActorRef['system']): boolean {
  try {
    (system as unknown as { _sendInspectionEvent(event: object): void })._sendInspectionEvent(probe);
    return false;
  } catch (error) {
    if (error === read) return true;
    throw error;
  }
}
