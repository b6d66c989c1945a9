import { type AnyActorRef, createEmptyActor } from 'xstate';
import type { LoopContext, LoopReportEvent } from '../chart/context.ts';
import { checkParts, hasObservers, optionsOf, parentActor, topActor } from '../chart/xstate-inner.ts';
import { Mailbox } from '../step/mailbox.ts';
import { now } from '../time/clock.ts';
import { mustGiveTurn, slice, turn, waitsSoFar } from '../time/turn.ts';
import { Barrier } from './barrier.ts';

/** A run of a loop, as far as its waits go. */
interface Waiting {
  readonly unit: { readonly waitsFor: string[] } | undefined;
  readonly hasActor: boolean;
  readonly actor: AnyActorRef;
  childrenThatRun(): Waiting[];
}

function waitsBelow(running: Waiting): { actor: AnyActorRef; names: string[] }[] {
  const below = running.childrenThatRun().flatMap(waitsBelow);
  const names = running.unit?.waitsFor ?? [];
  return names.length > 0 && running.hasActor ? [{ actor: running.actor, names }, ...below] : below;
}

/** The run of the root. */
interface Top extends Waiting {
  readonly ended: boolean;
  readonly context: LoopContext;
  showBelow(): void;
  tell(event: LoopReportEvent): void;
}

/** What the loops of one run share: who watches, how many steps they have taken, and the barrier at which a checkpoint is taken. */
export class Session extends Barrier {
  /** The live arguments of the root; a restored root without any takes those of its context. */
  args: unknown[] | undefined;
  /** Outputs and results of `once` must be plain data, for they are saved or recorded. */
  strict = false;
  /** Called at each boundary after a commit, with the steps of innermost loops that it had. */
  due: ((steps: number) => void) | undefined;
  /** Called when a step begins to wait, for a value or a time. */
  stepWaits: (() => void) | undefined;
  /** Steps of innermost loops, taken or under way, that have yet to be committed. */
  claimed = 0;
  /** How many committed steps there may be until a checkpoint is due. */
  stepsUntilDue: () => number = () => Infinity;
  /** How often the run has begun to go on for a while, after which others have their turn. */
  slices = 0;
  /** The run of the root. */
  top: Top | undefined;
  /** Whether anybody can look at the run, or will go on from a checkpoint of it. */
  keeps = true;
  /** Others that want every snapshot of some actor of it. */
  lookers = 0;
  /** How many children are about to begin, when the event loop has had its turn. */
  beginning = 0;
  /** Subscriptions to the root's actor that are the library's own. */
  own = 0;
  /** Whether the loops have been given the states that the run goes on from. */
  loaded = false;
  /** Saves the run as it stands, with this actor in the middle of a step whose journal has grown; not there where that may wait. */
  saveNow: ((actor: AnyActorRef) => Promise<void>) | undefined;
  /** Of loops in the middle of a step that may be saved there: what `Stateful` objects returned before it. */
  readonly assetsBefore: Map<object, ReadonlyMap<object, unknown>> = new Map();

  #watch: Watch | undefined = undefined;
  #mailbox: Mailbox | undefined;
  /** How many machines of the run are handling an event, one within another. */
  #working = 0;
  /** Somebody has asked for something while machines were handling events. */
  #missed = false;
  /** When the event loop is to have its turn, and how often the program had waited when it last had. */
  #sliceEnd = 0;
  #waits = 0;
  /** When the clock was last looked at, how often it was asked for since, and how often before it is again. */
  #clockSeen = 0;
  #asked = 0;
  #askEvery = 1;
  /** How many loops run, and how much code of theirs is in flight. */
  #inFlight = 0;
  readonly #settled: (() => void)[] = [];

  /** Brings what is given to the run; not there where nobody can give anything. */
  get mailbox(): Mailbox | undefined {
    if (!this.keeps) return undefined;
    this.#mailbox ??= new Mailbox({
      given: () => this.top?.context.given ?? [],
      taken: (key) => {
        if (this.top?.ended === false) this.top.tell({ type: 'loop.taken', key });
      },
    });
    return this.#mailbox;
  }

  /** The root has changed: something may have been given. */
  mayHaveGiven(): void {
    this.#mailbox?.look();
  }

  /** Whether anybody observes the actors' events: then every step is one. */
  get watched(): boolean {
    this.#watch ??= watchOf(this.root);
    return isWatched(this.#watch, this.root);
  }

  /** Whether nobody looks at the run, and nobody waits for a boundary. */
  get isQuiet(): boolean {
    if (!this.keeps) return true;
    return this.lookers === 0 && !this.wanted && !this.watched;
  }

  /**
   * Somebody looks: whatever runs without an actor gets one. Not while machines are handling events, for then they could
   * not be told anything at once.
   * @param later whether it is done after that
   */
  show(later = false): void {
    if (!this.keeps || this.top === undefined || this.top.ended) return;
    if (this.#working > 0) this.#missed ||= later;
    else this.top.showBelow();
  }

  protected override whileLooking<T>(look: () => T): T {
    this.show();
    this.#working++;
    try {
      return look();
    } finally {
      this.#working--;
    }
  }

  whileMachinesWork(work: () => void): void {
    this.#working++;
    try {
      work();
    } finally {
      this.#working--;
      if (this.#working === 0 && this.#missed) {
        this.#missed = false;
        this.show();
      }
    }
  }

  /**
   * A turn of the event loop, if it is time for one: children that are run by the thousand in one step would let no timer
   * through, and so no stop, no pause and no save by time.
   */
  turnIfDue(): Promise<void> | undefined {
    // A look at the clock costs a good part of a short child run: as many go by between two as take a quarter of a millisecond.
    if (++this.#asked < this.#askEvery) return undefined;
    this.#asked = 0;
    const seen = now();
    this.#askEvery = seen - this.#clockSeen < 0.25 ? Math.min(16, this.#askEvery * 2) : 1;
    this.#clockSeen = seen;
    if (seen < this.#sliceEnd) return undefined;
    // At first, and where the program has waited for something meanwhile, all others have had theirs.
    if (this.#sliceEnd === 0 || waitsSoFar() !== this.#waits || !mustGiveTurn(this.#waits)) {
      this.#beginSlice();
      return undefined;
    }
    const given = turn();
    this.beginning++;
    void given.then(() => {
      this.#beginSlice();
      // After whoever waits for it has begun.
      void turn().then(() => {
        this.beginning--;
        this.poke();
      });
    });
    return given;
  }

  #beginSlice(): void {
    this.slices++;
    this.#sliceEnd = now() + slice;
    this.#waits = waitsSoFar();
  }

  /** The actors of running loops. */
  readonly seats: WeakMap<AnyActorRef, { readonly unit: { readonly onlyWaits: boolean } | undefined }> = new WeakMap();

  protected override onlyWaits(leaf: AnyActorRef): boolean {
    return this.seats.get(leaf)?.unit?.onlyWaits === true;
  }

  /** The loops whose code waits, and for what. */
  waits(): { actor: AnyActorRef; names: string[] }[] {
    this.show();
    return this.top === undefined ? [] : waitsBelow(this.top);
  }

  /** The root has ended: nobody looks at the run any more. */
  over(): void {
    watches.get(this.root.system)?.sessions.delete(this);
  }

  /** Code of the run begins. */
  enter(): void {
    this.#inFlight++;
  }

  /** It has ended. */
  leave(): void {
    this.#inFlight--;
    if (this.#inFlight === 0) for (const resolve of this.#settled.splice(0)) resolve();
  }

  /** Resolves when no code of the run is in flight. */
  settled(): Promise<void> {
    return this.#inFlight === 0 ? Promise.resolve() : new Promise((resolve) => this.#settled.push(resolve));
  }
}

let nobody: AnyActorRef | undefined;

/** The session of a run that nobody can look at, and that has no actors; see `runUnseen`. */
export function unseenSession(): Session {
  // A barrier stands around some actor; at this one, nobody ever wants anything.
  nobody ??= createEmptyActor();
  const session = new Session(nobody);
  session.keeps = false;
  return session;
}

const sessions = new WeakMap<AnyActorRef, Session>();

/** The session of the run that an actor of a loop belongs to. Loops in one app may be several runs of one actor system. */
export function sessionOf(actor: AnyActorRef): Session {
  let root = actor;
  while (contextOf(root).name !== null && parentActor(root) !== undefined) root = parentActor(root)!;
  let session = sessions.get(root);
  if (session === undefined) {
    session = new Session(root);
    sessions.set(root, session);
    watchOf(root).sessions.add(session);
  }
  return session;
}

function contextOf(actor: AnyActorRef): LoopContext {
  return actor.getSnapshot().context;
}

/** Observers of a system: those that came through its `inspect` since it was first asked for, and whether any had come before. */
const watches = new WeakMap<object, Watch>();

interface Watch {
  count: number;
  before: boolean;
  /** The runs of the system that have not ended. */
  sessions: Set<Session>;
}

/** Whether anybody observes the inspection events of an actor's system. */
function isWatched(watch: Watch, actor: AnyActorRef): boolean {
  // Who came before may have left.
  if (watch.count === 0 && watch.before) watch.before = hasObservers(actor.system);
  return watch.count > 0 || watch.before;
}

/** XState does not tell who observes a system, so the door through which they come is watched. */
function watchOf(actor: AnyActorRef): Watch {
  const { system } = actor;
  const known = watches.get(system);
  if (known !== undefined) return known;
  checkParts(actor);
  const stays = optionsOf(topActor(actor)).inspect !== undefined;
  const watch: Watch = { count: stays ? 1 : 0, before: true, sessions: new Set() };
  watches.set(system, watch);
  const inspect = system.inspect;
  system.inspect = (observer) => {
    // Whoever comes sees all that happens from now on, and whatever runs has an actor by then.
    for (const session of watch.sessions) session.show(true);
    const subscription = inspect(observer);
    watch.count++;
    let subscribed = true;
    return {
      unsubscribe() {
        if (subscribed) watch.count--;
        subscribed = false;
        subscription.unsubscribe();
      },
    };
  };
  return watch;
}
