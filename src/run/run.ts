import { type Actor, type AnyActorRef, createActor } from 'xstate';
import { compile } from '../actors/compile.ts';
import { type Session, sessionOf } from '../actors/session.ts';
import type { LoopControlEvent } from '../chart/context.ts';
import { nameRun } from '../chart/loop-actor.ts';
import type { LoopMachine, SavedState } from '../chart/machine-type.ts';
import { isPausing, leaves } from '../chart/tree-state.ts';
import type { Checkpoint } from '../checkpoint/contents.ts';
import { mayHaveHalfDone } from '../checkpoint/half-done.ts';
import { loadCheckpoint } from '../checkpoint/resume.ts';
import { LoopError } from '../data/errors.ts';
import { enterHook, leaveHook } from '../step/in-hook.ts';
import { later } from '../time/clock.ts';
import { alreadyRunning } from '../tree/already-running.ts';
import { type AnyLoop, host } from '../tree/any-loop.ts';
import { checkTree } from '../tree/strays.ts';
import { pathOf } from '../tree/tree.ts';
import { onAbort } from './abort-signal.ts';
import { Checkpoints } from './checkpoints.ts';
import { Ending } from './ending.ts';
import { checkGiven, quietIfUnsaved } from './given.ts';
import { HeldStore, patienceMs } from './held-store.ts';
import { type KnownRun, knownRuns } from './known-runs.ts';
import { checkOptions, everyRun, guarded, type Inspect, recorder, recordersOf, type StartOptions } from './options.ts';
import { type Outcome, outcomeOfRun } from './outcome.ts';
import {
  hooksInFlight,
  lateness,
  loopsOf,
  type RunProgress,
  standsAt,
  unsavedGift,
  unsavedOnce,
  waitingIn,
  warn,
} from './progress.ts';
import { Saver } from './saver.ts';
import { noteAsked } from './stranded.ts';
import { Suspending } from './suspending.ts';
import { Throttle } from './throttle.ts';
import { Waiters } from './waiters.ts';

/**
 * A run of a loop. Pause, resume, step, stop, abort and give are events, which anyone may send to `actor` as well.
 * @typeParam Output what the run returns
 * @typeParam L the class of the loop
 */
// Longer than other classes, by what users can call and its docstrings: how each is done stands in the classes it is made of.
export class LoopRun<Output, L = any> implements AsyncIterable<RunProgress<SavedState<L>>> {
  readonly id: string;
  /** The actor of the root's machine. */
  readonly actor: Actor<LoopMachine<L>>;

  readonly #loop: AnyLoop;
  readonly #session: Session;
  readonly #options: StartOptions<any>;
  readonly #ending = new Ending<Output>();
  readonly #waiters = new Waiters(() => this.#isStill);
  readonly #suspending: Suspending;
  /** Of those who ask for something again and again. */
  readonly #throttle = new Throttle();
  #ended = false;
  #aborted: { reason: unknown } | undefined;
  readonly #saver: Saver;
  #isStopping = false;
  /** A pause is being sent: observers hear of the event before it is taken. */
  #sendsPause = false;
  /** The actor has been started: before, the run waits for its store. */
  #begun = false;
  /** Where it is saved, if anywhere. */
  readonly #store: HeldStore | undefined;
  #saveError: { error: unknown } | undefined;
  /** Somebody has been told that a step has gone on with what was not saved. */
  #isUnsavedTold = false;
  readonly #checkpoints: Checkpoints;

  /** @param keeps whether anybody can look at it, or go on from where it stands; not so if nobody gets hold of it */
  constructor(loop: AnyLoop, options: StartOptions<any>, keeps = true) {
    checkOptions(loop, options);
    for (const one of checkTree(loop)) if (one.loop[host]?.busy) throw alreadyRunning(one.loop);
    this.#loop = loop;
    this.#options = options;
    const { from, migrate, paused = false, store, durability = 'async', signal } = options;
    const loaded = from === undefined ? undefined : loadCheckpoint(loop, from, paused, options.args, migrate);
    const runId = options.id ?? loaded?.checkpoint.runId;
    this.id = runId ?? globalThis.crypto.randomUUID();
    this.#saver = new Saver(options, this.id);
    this.#store = store === undefined ? undefined : new HeldStore(store, this.id, this.#saver, { durability });
    const observers = [options.inspect, everyRun].flat().filter((one) => one !== undefined);
    this.actor = actorOf<L>(loop, options.args, loaded?.snapshot, observers);
    const capture: KnownRun['capture'] = (taken, lost) => this.#checkpoints.capture(taken, lost);
    knownRuns.set(this.actor, { id: this.id, loop, store, heard: new Set(), capture });
    if (runId !== undefined) nameRun(this.actor, runId);
    const session = sessionOf(this.actor);
    this.#session = session;
    this.#checkpoints = this.#checkpointsOf(loaded?.checkpoint.position.steps ?? 0);
    this.#suspending = this.#suspendingOf();
    const recorders = observers.filter((one) => recorder in one);
    recordersOf.set(this, recorders);
    session.loaded = loaded !== undefined;
    session.keeps = keeps || observers.length > 0;
    session.args = options.args ?? (loaded === undefined ? [] : undefined);
    session.strict = store !== undefined || recorders.length > 0;
    this.#wire();
    if (paused && loaded === undefined) this.#send({ type: 'loop.pause' });
    if (signal !== undefined) this.#endWith(signal);
    if (signal?.aborted) this.#endUnbegun();
    else if (this.#store === undefined) this.#begin();
    else this.#begunWith(this.#store);
  }

  #checkpointsOf(stepsBefore: number): Checkpoints {
    const checkpoints = new Checkpoints({
      id: this.id,
      loop: this.#loop,
      actor: this.actor,
      session: this.#session,
      saver: this.#saver,
      isSync: this.#options.durability === 'sync',
      heard: knownRuns.get(this.actor)!.heard,
      hasEnded: () => this.#ended,
      endedError: () => this.#endedError('captured'),
      lost: (error) => this.#lose(error),
    });
    checkpoints.steps = stepsBefore;
    return checkpoints;
  }

  #suspendingOf(): Suspending {
    return new Suspending({
      actor: this.actor,
      session: this.#session,
      checkpoints: this.#checkpoints,
      save: (checkpoint) => (this.#options.store === undefined ? undefined : this.#saver.save(checkpoint)),
      pause: () => this.#send({ type: 'loop.pause' }),
      hasEnded: () => this.#ended,
      ended: this.#ending.reached,
      endedError: () => this.#endedError('suspended'),
    });
  }

  /** What the actors tell the run, and ask it. */
  #wire(): void {
    const session = this.#session;
    session.own = 1;
    session.changed = () => this.#waiters.changed();
    session.due = (steps) => this.#due(steps);
    session.harmless = (inStep) => !inStep.some((actor) => mayHaveHalfDone(this.#loop, this.actor, actor));
    session.stepWaits = () => this.#checkpoints.stepWaits();
    session.late = (inStep) => warn(lateness(this.id, inStep.map(standsAt)));
    session.unsaved = (actor, inStep) => this.#tellUnsaved(actor, inStep);
    session.stepsUntilDue = () => Math.max(1, this.#saver.stepsLeft());
    if (this.#savesAtOnce) session.saveNow = (actor) => this.#checkpoints.saveNow(actor);
    this.actor.subscribe({
      next: () => this.#waiters.changed(),
      error: (error) => this.#end(error),
      complete: () => this.#end(),
    });
  }

  #tellUnsaved(actor: AnyActorRef, inStep: AnyActorRef[]): void {
    if (!this.#isUnsavedTold) warn(unsavedOnce(this.id, standsAt(actor), inStep.map(standsAt)));
    this.#isUnsavedTold = true;
  }

  /** The run waits for its saves. */
  get #savesAtOnce(): boolean {
    return this.#options.durability === 'sync' && this.#options.store !== undefined;
  }

  /** @param signal which may have aborted already, before the run has begun */
  #endWith(signal: AbortSignal): void {
    const over = onAbort(signal, () => this.#abort(signal.reason));
    void this.#ending.reached.then(over);
    if (signal.aborted) this.#aborted = { reason: signal.reason };
  }

  #begin(): void {
    this.#begun = true;
    this.actor.start();
    // A snapshot of a run that had ended: XState tells nobody.
    if (this.actor.getSnapshot().status !== 'active') this.#end();
  }

  #begunWith(store: HeldStore): void {
    const taken = () => {
      if (this.#aborted !== undefined) this.#endUnbegun();
      else this.#begin();
    };
    store.take(taken, (error) => {
      if (this.#ended) return;
      this.#saveError = { error };
      this.#endUnbegun();
    });
  }

  /** Before the start of the actor, which would read `skip`. */
  #endUnbegun(): void {
    this.actor.stop();
    this.#end();
  }

  /** While the run waits for its store: what that has taken by then is given back before anybody hears of the end. */
  #abortUnbegun(): void {
    const callOff = later(patienceMs, () => this.#endUnbegun());
    void this.#ending.reached.then(callOff);
  }

  /**
   * What `onRunEnd` or `onSkip` returned. Rejects with what a hook threw, unchanged; with the reason of an abort; with
   * LoopError `SUSPENDED`. If neither this nor `outcome` is asked for, a failure is an unhandled rejection.
   */
  get output(): Promise<Output> {
    return this.#ending.output;
  }

  /** How the run ended. Never rejects. */
  get outcome(): Promise<Outcome<Output>> {
    return this.#ending.outcome;
  }

  /** Resolves when the run has ended and no code of it is in flight any more. Until then its loops cannot be started anew. */
  get settled(): Promise<void> {
    return this.#ending.reached.then(() => this.#session.settled());
  }

  /** Where the run stands now. */
  get progress(): RunProgress<SavedState<L>> {
    return { steps: this.#checkpoints.steps, loops: loopsOf(this.actor, pathOf(this.#loop)) };
  }

  /**
   * The loops that a pause waits for, with the state each is in: those that run a hook or a step. A hook that never returns
   * is named here for ever; `abort` ends it. Of one that waits it says for what: `agent (advancing): receive('approval')`.
   * For that, neither a suspend nor a checkpoint waits, if nothing else in the step is under way.
   */
  get waitingFor(): string[] {
    return this.#ended ? [] : waitingIn(this.actor, this.#session);
  }

  /**
   * Gives the run a value, for the step that asks for it with `receive(key)`, now or later. The same as the event
   * `{ type: 'loop.give', key, value }`.
   * @param value plain data, which is copied; default: none
   * @returns resolves when the run has it; with `durability: 'sync'` and a store, when it is saved
   * @throws LoopError `RUN_ENDED` if the run has ended or is being suspended: go on with it, and give it then; `NOT_PLAIN_DATA`;
   *   `NOT_SAVED` if it could not be saved for a minute, since a step may be changing a `Stateful` object: the run has it, and
   *   saves it as soon as it can (where nobody awaits this, that is no unhandled rejection); what a save failed with
   */
  give(key: string, value?: unknown): Promise<void> {
    return quietIfUnsaved(this.#throttle.after(this.#give(key, value)));
  }

  async #give(key: string, value: unknown): Promise<void> {
    checkGiven(pathOf(this.#loop), key, value);
    if (this.#ended || this.#suspending.done !== undefined) throw this.#endedError(`given \`${key}\``);
    this.#send({ type: 'loop.give', key, ...(value === undefined ? {} : { value }) });
    if (!this.#savesAtOnce || (await this.#checkpoints.saved())) return;
    throw new LoopError('NOT_SAVED', unsavedGift(key, this.waitingFor), pathOf(this.#loop));
  }

  /**
   * The innermost running loop finishes its step, then everything waits. Resolves when all waits, or the run has ended.
   * Within a hook, do not await it: it waits for the hook.
   */
  pause(): Promise<void> {
    // A subscriber may ask for it with each snapshot, and each event makes one.
    if (!this.#sendsPause && !this.#isPausing) {
      this.#sendsPause = true;
      this.#send({ type: 'loop.pause' });
      this.#sendsPause = false;
    }
    return this.#still('pause');
  }

  /** Goes on after a pause. */
  resume(): void {
    this.#send({ type: 'loop.resume' });
    this.#waiters.changed();
  }

  /**
   * Takes `n` steps of the innermost loop, then pauses; where several run in parallel, each takes them.
   * Resolves when they are done, or the run has ended. Within a hook, do not await it: it waits for the hook.
   * @param n default: 1
   */
  step(n = 1): Promise<void> {
    if (!Number.isInteger(n) || n < 1)
      throw new RangeError(`Expected the number of steps to be a whole number from 1 up, got \`${n}\`.`);
    this.#send({ type: 'loop.step', n });
    return this.#still('step');
  }

  #still(call: string): Promise<void> {
    return this.#throttle.after(this.#noted(call, this.#waiters.still()));
  }

  /** See `noteAsked`. */
  #noted<T>(call: string, done: Promise<T>): Promise<T> {
    const inFlight = () => (this.#ended ? [] : hooksInFlight(this.actor, this.#session));
    noteAsked({ call, runId: this.id, inFlight }, done);
    return done;
  }

  /**
   * Every running loop finishes its step, then ends as it would have: `onRunEnd` runs, outputs are as normal. Resolves with how
   * the run ended. Within a hook, do not await it: it waits for the hook.
   */
  stop(reason?: unknown): Promise<Outcome<Output>> {
    // The first reason holds. A subscriber may ask for it with each snapshot, and each event makes one.
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#send({ type: 'loop.stop', reason });
      void this.#noted('stop', this.#ending.reached);
    }
    return this.#ending.outcome;
  }

  /**
   * Nothing more runs: signals abort, `output` rejects with the reason. The last checkpoint stays good.
   * A save in flight is waited for no longer than half a second. It goes on until it is done, and
   * the store holds the run until then. So an abort also ends the wait for a last save that never comes to an end.
   * That the run was aborted is then no unhandled rejection, for somebody has asked for it.
   */
  abort(reason: unknown = new LoopError('STOPPED', 'was aborted without a reason.', pathOf(this.#loop))): void {
    this.#ending.askedFor();
    this.#abort(reason);
  }

  #abort(reason: unknown): void {
    const first = this.#aborted === undefined;
    this.#aborted ??= { reason };
    if (this.#ended) this.#store?.cutShort();
    else if (!first) return;
    else if (this.#begun) this.#send({ type: 'loop.abort', reason });
    else this.#abortUnbegun();
  }

  /**
   * Pauses, takes a checkpoint, saves it if there is a store, and ends the actors: `start({ from })` goes on.
   * A run that ends before it can be suspended is not: see `outcome`. Within a hook, do not await it: it waits for the hook.
   *
   * Where loops run side by side, the step of one may wait for another that is paused already. That one then takes a
   * step more, and again. 5 seconds after it was asked for, the checkpoint is taken beside the step in flight,
   * whose signal aborts and which is run again on resume; unless that step may be changing a `Stateful` object: then it
   * is waited for, and `waitingFor` names it.
   * @returns the checkpoint
   * @throws LoopError `RUN_ENDED`, `STORE` … ; then the run is as it was, paused
   */
  suspend(reason?: unknown): Promise<Checkpoint> {
    this.#ending.askedFor();
    return this.#noted('suspend', this.#suspending.suspend(reason));
  }

  /**
   * Takes a checkpoint when every innermost running loop stands at a boundary. It is not saved.
   * Within a hook, do not await it: it waits for the hook.
   *
   * Where loops run side by side and the step of one goes on for long, or waits for another that stands, those that stand
   * go on. It is then taken beside that step, which is run again on resume; but not while the step may be changing a
   * `Stateful` object.
   * @throws LoopError `RUN_ENDED` if the run failed or was aborted before; `NOT_PLAIN_DATA`
   */
  checkpoint(): Promise<Checkpoint> {
    const isStill = this.#isStill;
    const checkpoint = this.#nextCheckpoint();
    // Where loops run, whoever asked is told at once: they go on meanwhile, and give the others their turn themselves.
    return isStill ? this.#throttle.after(checkpoint) : checkpoint;
  }

  #nextCheckpoint(): Promise<Checkpoint> {
    if (this.#ended) {
      const finished = this.actor.getSnapshot().status === 'done';
      return finished ? (async () => this.#checkpoints.take())() : Promise.reject(this.#endedError('captured'));
    }
    return this.#noted('checkpoint', new Promise((resolve, reject) => this.#checkpoints.capture(resolve, reject)));
  }

  /** Where the run stands, each time that it has changed; the newest only, if one looks too late. Ends with the run; throws what it failed with. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RunProgress<SavedState<L>>, void> {
    this.#ending.askedFor();
    const changes = this.#waiters.listen();
    // What the root was when somebody last looked: one who is slow misses states, but not the last.
    let seen: unknown = this.#ended ? this.actor.getSnapshot() : undefined;
    try {
      while (!this.#ended) {
        await changes.next();
        seen = this.actor.getSnapshot();
        yield this.progress;
      }
      const { status, error } = await this.#ending.reached;
      if (this.actor.getSnapshot() !== seen) yield this.progress;
      if (status === 'failed' || status === 'aborted') throw error;
    } finally {
      changes.over();
    }
  }

  #send(event: LoopControlEvent): void {
    // An actor that has ended takes no events: every method may be called at any time.
    if (this.#ended) return;
    const before = enterHook(undefined);
    try {
      this.actor.send(event);
    } finally {
      leaveHook(before);
    }
  }

  /** All loops wait, or the run is over. */
  get #isStill(): boolean {
    if (this.#ended) return true;
    return this.#session.beginning === 0 && leaves(this.actor).every((leaf) => leaf.getSnapshot().value === 'paused');
  }

  /** A pause was asked for, and all that runs has heard of it. */
  get #isPausing(): boolean {
    return this.#begun && !this.#ended && isPausing(this.actor);
  }

  #due(steps: number): void {
    this.#checkpoints.stepped(steps);
    this.#waiters.stepped();
    this.#checkpoints.takeIfDue();
  }

  /** A checkpoint could not be taken or saved. The run ends: it could not be resumed from where it is. */
  #lose(thrown: unknown): void {
    // An abort without a reason would be one that somebody has asked for.
    const why = 'Expected the store to save the run, and it failed without an error (it threw `undefined`).';
    const error = thrown === undefined ? new LoopError('STORE', why, pathOf(this.#loop)) : thrown;
    this.#saveError = { error };
    this.#abort(error);
  }

  #end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const outcome = outcomeOfRun<Output>(this.actor.getSnapshot() as any, {
      path: pathOf(this.#loop),
      error,
      suspended: this.#suspending.done,
      aborted: this.#aborted,
      saveError: this.#saveError,
    });
    this.#session.close();
    this.#checkpoints.end();
    const last = () => this.#checkpoints.take();
    const closing = this.#store?.close(outcome, last, () => this.#aborted?.reason) ?? Promise.resolve(outcome);
    void closing.then((closed) => {
      this.#ending.reach(closed);
      this.#waiters.changed();
    });
  }

  #endedError(what: string): LoopError {
    return new LoopError(
      'RUN_ENDED',
      `The run had ended before it could be ${what}. See its outcome.`,
      pathOf(this.#loop),
    );
  }
}

/** The root's actor, not yet started. @param snapshot what it goes on from */
function actorOf<L>(
  loop: AnyLoop,
  args: unknown[] = [],
  snapshot: object | undefined,
  observers: Inspect[],
): Actor<LoopMachine<L>> {
  const actor = createActor(compile(loop), {
    id: pathOf(loop),
    ...(snapshot === undefined ? { input: args } : { snapshot }),
    ...(observers.length > 0 ? { inspect: guarded(observers) } : {}),
  } as any);
  const { system } = actor;
  const inspectUnguarded = system.inspect;
  system.inspect = (observer) => inspectUnguarded(guarded([observer as Inspect]));
  return actor as any;
}
