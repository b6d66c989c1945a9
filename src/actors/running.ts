import type { AnyActorRef } from 'xstate';
import {
  type Commit,
  isEnvelope,
  type LoopContext,
  type LoopReportEvent,
  type LoopStateValue,
} from '../chart/context.ts';
import { type Asked, childrenRun, type Result, resultOf } from '../chart/journal.ts';
import { dictOf, leaves } from '../chart/tree-state.ts';
import { LoopError } from '../data/errors.ts';
import { isPlain } from '../data/json.ts';
import { kindOf } from '../data/shown.ts';
import type { Handover } from '../light/handover.ts';
import { Held } from '../light/held.ts';
import { LightRun } from '../light/light-run.ts';
import { isQuiet, type LightRunner } from '../light/light-runner.ts';

import { anywhere, asyncContext, type Within } from '../step/async-context.ts';
import { enterHook, leaveHook } from '../step/in-hook.ts';
import type { AskedRun, PendingRun } from '../step/pending.ts';
import { waitingForParent } from '../step/restored-children.ts';
import type { AskedOnce, Runner } from '../step/runner.ts';
import { Unit } from '../step/unit.ts';
import { soon } from '../time/clock.ts';
import { type AnyLoop, type Host, host, restartingSlot } from '../tree/any-loop.ts';
import { capture, holdState, type LoopDict, loadTree, putState } from '../tree/state-dict.ts';
import { childNamed, hasChildren, isLoop, pathOf, statefulOf, walk } from '../tree/tree.ts';
import { compiled } from './machines.ts';
import { Seat } from './seat.ts';
import { type Session, sessionOf } from './session.ts';

/** A run of a loop: the link between the instance, whose hooks it calls, and the actor of its machine, once it has one. */
export class Running implements Host, Runner, LightRunner {
  readonly loop: AnyLoop;
  readonly session: Session;
  readonly parent: Running | undefined;
  readonly args: unknown[];
  /** Whether it came out of a persisted snapshot, so that live resources are to be rebuilt once. */
  restored = false;
  unit: Unit | undefined;
  /** It was begun without an actor. */
  light: LightRun | undefined = undefined;
  /** The hook that was in flight when it got its actor. */
  handover: Handover | undefined = undefined;
  /** Calls its hooks where it was begun, whoever makes it go on; of one without an actor, not noted yet. */
  within: Within = anywhere;
  /** Whole steps that the context does not know of yet. */
  uncommitted = 0;
  /** Of those, how many others have been told of. */
  counted = 0;
  /** Tells whoever takes the steps that there are no more: an actor that fails stops nobody below it. */
  whenAborted: (() => void) | undefined;
  /** The actor of the hook that runs, as the source of what it sends. */
  hookActor: AnyActorRef | undefined = undefined;
  /** What the machine has not been told, because nobody looks; see `Held`. */
  held: Held | undefined = undefined;

  #seat: Seat | undefined;
  /** What puts children that go on in their middle back to where they are then: until the step asks for them, they are as they were before it. */
  #held: Map<string, () => void> | undefined;
  /** Functions of `once` that have not returned. */
  #functions = 0;
  /** The hook or step that has failed: what it had asked for is left when the machine has taken note. */
  #failed: Unit | undefined;
  #controller: AbortController | undefined;
  #ended: { reason: unknown } | undefined;
  #resumedUnit = false;
  #isGone = false;

  /** @param actor not there where it runs without one, until somebody looks; see {@link seat} */
  constructor(loop: AnyLoop, actor: AnyActorRef | undefined, parent: Running | undefined, args: unknown[]) {
    this.loop = loop;
    this.parent = parent;
    this.args = args;
    this.session = parent?.session ?? sessionOf(actor!);
    this.unit = undefined;
    this.whenAborted = undefined;
    this.#seat = undefined;
    if (actor !== undefined) {
      this.within = asyncContext();
      this.#seat = new Seat(actor, this.session, this.parent === undefined);
      this.restored = this.context.begun;
      this.#resumedUnit = this.restored;
      if (this.restored) this.#restore();
    }
    if (parent === undefined) {
      this.session.top = this;
      tops.add(this);
    }
    loop[host] = this;
    this.session.enter();
    if (actor !== undefined) this.#listen();
  }

  get hasActor(): boolean {
    return this.#seat !== undefined;
  }

  /** The actor of its machine. Only where it has one. */
  get actor(): AnyActorRef {
    return this.#seat!.actor;
  }

  /** What the machine says, whoever else is told something newer. */
  get snapshot(): { value: LoopStateValue; context: LoopContext; status: string; output: unknown; children: any } {
    return this.#seat!.snapshot();
  }

  get context(): LoopContext {
    return this.snapshot.context;
  }

  /** Whole steps that are over. */
  get steps(): number {
    return (this.#seat === undefined ? 0 : this.context.steps) + this.uncommitted;
  }

  /** Begins the run of a child: without an actor, if nobody looks. */
  beginChild(child: AnyLoop, run: PendingRun, what: AskedRun): void {
    const name = what.run;
    if (this.hasActor && this.context.running.includes(name)) {
      // It came out of a snapshot, and has waited for this.
      waitingForParent.get(this.snapshot.children[name])?.();
      return;
    }
    // Fields may have been set since the run began. A loop without children cannot be wired wrongly.
    if (hasChildren(child)) walk(child);
    const quiet = isQuiet(this);
    // Whoever looks has an actor made of this loop as well, for its child is to have one.
    if (!quiet) this.session.show(true);
    if (this.hasActor && !(quiet && this.#seat!.runsItself(this.loop, name))) {
      this.#spawn(child, what, false);
      return;
    }
    if (this.session.keeps) this.#hold().asked(what);
    const running = new Running(child, undefined, this, run.args);
    running.light = new LightRun(running, run, what);
    run.running = running;
    run.attached = true;
  }

  /** Has the machine spawn that of a child. @param known whether the child runs already, and the machine has been told of it */
  #spawn(child: AnyLoop, { run, args, in: key }: AskedRun, known: boolean): void {
    // It may have come, or changed, after this loop's machine was made. Not `child.machine` alone, which looks at the whole tree again.
    this.#seat!.implement(this.loop, run, compiled.get(child) ?? child.machine);
    const within = key === undefined ? {} : { in: key };
    this.tell({ type: 'loop.run', child: run, args: args!, ...within, ...(known ? { known } : {}) });
  }

  /** Somebody looks: the machine is told where the loop stands, and whatever runs below without an actor gets one. */
  showBelow(): void {
    this.flush();
    for (const child of this.childrenThatRun()) {
      // Its first hook, `skip`, is what tells its machine where it stands.
      if (!child.hasActor) this.#spawn(child.loop, child.light!.what, true);
      if (child.hasActor) child.showBelow();
    }
  }

  /** The children that run, in the order in which they were asked for. */
  childrenThatRun(): Running[] {
    return this.unit === undefined ? [] : ([...this.unit.childrenThatRun()] as Running[]);
  }

  /** Whether a stop was asked for: what begins after that takes no step. */
  get stops(): boolean {
    return this.#seat === undefined ? this.parent!.stops : this.context.stop !== null;
  }

  /** It ran without an actor, and somebody looks. */
  sit(actor: AnyActorRef): void {
    this.#seat = new Seat(actor, this.session, this.parent === undefined);
    this.#listen();
    this.light!.seated();
  }

  #listen(): void {
    this.#seat!.listen({
      next: () => this.#onSnapshot(),
      error: (error) => this.#onEnd(() => error),
      complete: () => this.#onEnd(() => new LoopError('STOPPED', 'its actor was stopped.', this.path)),
    });
  }

  get path(): string {
    return pathOf(this.loop);
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  get busy(): boolean {
    return !this.ended || this.unit !== undefined || this.#functions > 0;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }

  /** Hooks of the step in flight that had completed before this process. */
  get completedHooks(): readonly string[] {
    return this.#resumedUnit ? (this.context.inFlight?.hooks ?? []) : [];
  }

  /** The hook that was in flight when it got its actor, for whoever goes on from there. */
  takeOver(): Handover | undefined {
    const { handover } = this;
    this.handover = undefined;
    return handover;
  }

  /** Puts the loop, and the children of its step in flight, where they were before that step. */
  #restore(): void {
    const { loop, actor, context } = this;
    if (this.parent === undefined) {
      // A snapshot of an app; of a checkpoint, `start` has loaded all.
      if (!this.session.loaded) loadTree(loop, dictOf(actor));
    } else {
      this.parent.#putBack(actor.id);
    }
    loop[restartingSlot] = context.restarting;
    for (const name of new Set([...context.running, ...childrenRun(context.inFlight)])) {
      const child = childNamed(loop, name);
      if (!isLoop(child)) continue;
      if (context.running.includes(name)) {
        this.#held ??= new Map();
        this.#held.set(name, holdState(child));
      }
      if (context.children[name] !== undefined) putState(child, context.children[name]);
    }
  }

  #putBack(name: string): void {
    this.#held?.get(name)?.();
    this.#held?.delete(name);
  }

  /** A hook or step begins. */
  begin(hook: string, open: boolean): Unit {
    // One of which nothing is left is as good as new.
    if (this.#resumedUnit || this.unit?.renew(hook, open) !== true) {
      this.unit = new Unit(this, hook, open, this.#resumedUnit ? this.context.inFlight : null);
    }
    return this.unit!;
  }

  /** Sends an event to the loop's machine, as the hook that runs; before it, what the machine has not been told. */
  tell(event: LoopReportEvent): void {
    this.flush();
    this.#tell(event);
  }

  #tell(event: LoopReportEvent): void {
    // Observers and the app's own machines hear of it within this call: they are no part of the hook.
    const before = enterHook(undefined);
    try {
      this.#seat!.take(event, this.hookActor);
    } finally {
      leaveHook(before);
    }
  }

  /** Tells the machine what it has not been told, if it has an actor. */
  flush(): void {
    const { held } = this;
    if (held === undefined || held.isEmpty || this.#seat === undefined) return;
    const { commit, steps } = held;
    const inFlight = held.journal(this.context.inFlight);
    held.clear();
    this.uncommitted -= steps;
    this.#tell({ type: 'loop.shown', steps, ...(commit === undefined ? {} : { commit }), inFlight });
  }

  /** It has come to a boundary of which the machine is not told now. */
  hold(commit: Commit): void {
    this.#hold().boundary(commit, this.uncommitted);
  }

  /** A hook of a step is over. */
  holdWithin(hook: string): void {
    // The next hook begins with nothing.
    this.unit!.recall = undefined;
    if (!this.session.keeps) return;
    this.#hold().hooked(this.commit(), hook, this.unit!.ran);
  }

  /** As it stands at a throw, so that the context says where it failed; the last boundary, if the state itself is what failed. */
  commitIfPlain(): Commit | undefined {
    try {
      return this.commit();
    } catch {
      return this.held?.commit;
    }
  }

  /** Tells the machine, which has just been spawned, where the run stands. */
  forward(): void {
    const { value, done, ended } = this.light!.place;
    const held = this.held!;
    const { commit, steps } = held;
    const inFlight = held.journal(null);
    held.clear();
    this.uncommitted -= steps;
    this.counted = Math.max(0, this.light!.counted - steps);
    const event = { type: 'loop.forwarded', to: value, steps, commit: commit!, done, inFlight } as const;
    this.#tell(ended === undefined ? event : { ...event, ended });
  }

  /** A child without an actor has ended. */
  noteGiven(what: Omit<Asked, 'at'>, given: Result & { dict?: LoopDict }): void {
    this.#hold().given(what, given);
  }

  #hold(): Held {
    this.held ??= new Held();
    return this.held;
  }

  /**
   * A step of a loop without children begins that may be saved in its middle: it is run again from the models as they are
   * now. Not where other loops run beside it: they may be changing those just now.
   */
  noteAssets(): void {
    const notes = new Map<object, unknown>();
    const isAlone = leaves(this.session.root).length <= 1;
    for (let up: Running | undefined = isAlone ? this : undefined; up !== undefined; up = up.parent) {
      for (const [, field] of statefulOf(up.loop)) notes.set(field, field.stateDict());
    }
    this.session.assetsBefore.set(this, notes);
  }

  /** Whether the run can be saved in the middle of what is in flight here: what that may have changed is known as it was before. */
  get mayBeSaved(): boolean {
    if (this.unit?.open !== false) return true;
    const notes = this.session.assetsBefore.get(this);
    for (let up: Running | undefined = this; up !== undefined; up = up.parent) {
      if (statefulOf(up.loop).some(([, field]) => notes?.has(field) !== true)) return false;
    }
    return true;
  }

  commit(): Commit {
    const commit = capture(this.loop) as unknown as Commit;
    commit.restarting = this.loop.restarting;
    return commit;
  }

  once<T>(key: string, fn: () => T | Promise<T>): Promise<T> {
    if (this.#ended) return rejected(this.#ended.reason);
    return this.#unit('once').once(key, fn) as Promise<T>;
  }

  /** `once` has called a function that takes time. @param step the steps before it */
  onceAsked(what: AskedOnce, step: number): void {
    const { once: key, ...within } = what;
    if (this.#seat !== undefined) this.tell({ type: 'loop.asked', key, step, ...within });
    else if (this.session.keeps && step === this.#heldSteps) this.#hold().asked(what);
  }

  /** What it has come to. */
  onceGiven(
    what: Omit<Asked, 'at'> & { once: string },
    step: number,
    how: { output?: unknown } | { error: unknown },
  ): void {
    const { once: key, ...within } = what;
    if (this.#seat !== undefined) this.tell({ type: 'loop.once', key, step, ...within, ...how });
    else if (this.session.keeps && step === this.#heldSteps) this.noteGiven(what, resultOf(how));
  }

  /** Whether what `once` gives is saved before the step gets it. */
  get isSavedOnce(): boolean {
    return this.session.saveNow !== undefined && this.mayBeSaved;
  }

  saveOnce(): Promise<void> {
    return this.session.saveNow!(this.actor);
  }

  /** What a step has got does not belong to an older boundary. */
  get #heldSteps(): number {
    return this.held?.steps ?? 0;
  }

  /** See `Unit.run`. */
  run(name: string, child: AnyLoop, args: unknown[]): Promise<unknown> {
    if (this.#ended) return rejected(this.#ended.reason);
    return this.#unit('run').run(name, child, args);
  }

  /** The function of a `once` is under way: it may be so still when the run has ended. */
  functionBegins(): void {
    this.#functions++;
    this.session.enter();
  }

  functionEnds(): void {
    this.#functions--;
    this.session.leave();
  }

  /** @throws LoopError `NOT_PLAIN_DATA` */
  checkOutput(value: unknown, what: string): void {
    if (value === undefined || isPlain(value)) return;
    throw new LoopError(
      'NOT_PLAIN_DATA',
      `Expected ${what} to be plain data, because the run is saved or recorded; got ${typeof value === 'object' ? `a ${kindOf(value)}` : typeof value}. ` +
        'Return what identifies it, and keep the rest in a field.',
      this.path,
    );
  }

  /** The run of a child that its actor belongs to, once this loop's step has asked for it. */
  childRun(name: string): PendingRun | undefined {
    return this.unit?.childRun(name);
  }

  /** The hook has returned: its children must have ended, and what was remembered must have been asked for. */
  settle(): Promise<void> | undefined {
    return this.unit?.settle();
  }

  /** The hook or step has been committed; the next is not one that a checkpoint was taken in. */
  committed(): void {
    this.#resumedUnit = false;
    if (this.unit !== undefined) this.unit.recall = undefined;
  }

  /** Nothing more runs here or below: signals abort, what is awaited rejects. */
  abort(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    tops.delete(this);
    this.whenAborted?.();
    this.light?.halt();
    this.#controller?.abort(reason);
    this.abandonChildren(reason);
    if (this.unit === undefined) this.gone();
  }

  /** It has ended as it should, without an actor. */
  finished(): void {
    tops.delete(this);
    this.#ended = over;
    this.gone();
  }

  /** The code of a hook that was in flight at an abort has returned. Until then it finds this run, and that it has ended. */
  gone(): void {
    this.unit = undefined;
    if (this.#isGone) return;
    this.#isGone = true;
    this.session.assetsBefore.delete(this);
    this.session.leave();
    // One that did not end as it should is still found here: see `callerOf`.
    if (this.loop[host] === this && this.#ended === over) this.loop[host] = undefined;
  }

  /** Ends what runs below, because the step that ran it is left, or the run ends. */
  abandonChildren(reason: unknown): void {
    (this.unit ?? this.#failed)?.abandon(reason);
  }

  /** The hook or step has failed: its code is over, and the machine is told. */
  failUnit(): void {
    this.#failed = this.unit;
    // What the models were before a step that has failed is of no use to later checkpoints.
    this.session.assetsBefore.delete(this);
    this.unit = undefined;
  }

  #unit(member: string): Unit {
    if (this.unit === undefined) {
      throw new LoopError('NOT_RUNNING', `\`${member}\` belongs to a hook, and none is running.`, this.path);
    }
    return this.unit;
  }

  #onSnapshot(): void {
    const { context, value } = this.snapshot;
    this.unit?.strangersEnded(context);
    if (value === 'paused') this.session.poke();
  }

  #onEnd(reason: () => unknown): void {
    this.#seat!.leave();
    const { snapshot } = this;
    const run = this.parent?.childRun(this.actor.id);
    if (snapshot.status === 'done') {
      this.finished();
      const output = isEnvelope(snapshot.output) ? snapshot.output.output : snapshot.output;
      if (run !== undefined) this.parent!.unit?.childEnded(this.actor.id, run, { output });
    } else {
      this.abort(reason());
      if (run !== undefined) this.parent!.unit?.childEnded(this.actor.id, run, { error: this.#ended?.reason });
    }
    // The parent has yet to hear of it.
    soon(() => this.session.poke());
  }
}

/** What the code of a run that has ended gets for anything it asks for: nobody need hear of it. */
function rejected(reason: unknown): Promise<never> {
  const promise = Promise.reject(reason);
  promise.catch(() => {});
  return promise;
}

/** Of a run that ended as it should; made once, for an error that carries a stack costs as much as a run. */
const over = { reason: new LoopError('RUN_ENDED', 'The run of this loop has ended.') };

/** Of all runs that have not ended, those of the roots. */
const tops: Set<Running> = new Set();

/** All loops that run. */
export function* runningLoops(from: Iterable<Running> = tops): Generator<Running, void> {
  for (const running of from) {
    yield running;
    yield* runningLoops(running.childrenThatRun());
  }
}
