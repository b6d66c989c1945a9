import type { AnyActorRef } from 'xstate';
import { isEnvelope } from '../chart/context.ts';
import { LoopError } from '../data/errors.ts';
import type { Handover } from '../light/handover.ts';
import { LightRun } from '../light/light-run.ts';
import { isQuiet, type LightRunner } from '../light/light-runner.ts';
import { anywhere, asyncContext, type Within } from '../step/async-context.ts';
import type { AskedRun, PendingRun } from '../step/pending.ts';
import { waitingForParent } from '../step/restored-children.ts';
import type { Runner } from '../step/runner.ts';
import { Unit } from '../step/unit.ts';
import { soon } from '../time/clock.ts';
import { type AnyLoop, type Host, host, type StepOfLoop } from '../tree/any-loop.ts';
import { isLinked, pathOf, walk } from '../tree/tree.ts';
import { mayBeSaved, noteAssets } from './asset-notes.ts';
import { EndedRuns } from './ended-runs.ts';
import { compiled, loopOf } from './machines.ts';
import { notInOnRestart, rebuilding } from './rebuilding.ts';
import { Reporting } from './reporting.ts';
import { restore } from './restored.ts';
import { RunEnd } from './run-end.ts';
import { Seat } from './seat.ts';
import { sessionOf, unseenSession } from './session.ts';

/**
 * A run of a loop: the link between the instance, whose hooks it calls, and the actor of its machine, once it has one.
 *
 * All that has to do with the run asks it, so it is longer than other classes. What can be said apart stands in `Reporting`
 * (what the machine is told), `Seat` (the actor), `Unit` (the hook in flight), `LightRun` (hooks without an actor) and `RunEnd`.
 */
export class Running extends Reporting implements Host, Runner, LightRunner {
  readonly parent: Running | undefined;
  args: unknown[];
  /** Whether it came out of a persisted snapshot, so that live resources are to be rebuilt once. */
  restored = false;
  /** The hook that was in flight when it got its actor. */
  handover: Handover | undefined = undefined;
  /** Calls its hooks where it was begun, whoever makes it go on; of one without an actor, not noted yet. */
  within: Within = anywhere;
  /** Tells whoever takes the steps that there are no more: an actor that fails stops nobody below it. */
  whenAborted: (() => void) | undefined;

  /** Functions of `once` that have not returned. */
  #functions = 0;
  /** Its code has called `once`, or has waited: that refers to this run, and may outlive it. */
  #isReferred = false;
  /** The hook or step that has failed: what it had asked for is left when the machine has taken note. */
  #failed: Unit | undefined;
  readonly #end = new RunEnd();
  /** The next hook or step is one that a checkpoint was taken in: it is given what it had got. */
  #isRerun = false;
  /** Of a run that is over: it may be used for the next hook as well. */
  #lastUnit: Unit | undefined = undefined;
  #isGone = false;
  readonly #endedChildren: EndedRuns<Running> = new EndedRuns();

  /** @param actor not there where it runs without one: until somebody looks (see {@link sit}), or of a root for ever */
  constructor(loop: AnyLoop, actor: AnyActorRef | undefined, parent: Running | undefined, args: unknown[]) {
    super(loop, parent?.session ?? (actor === undefined ? unseenSession() : sessionOf(actor)));
    this.parent = parent;
    this.args = args;
    this.whenAborted = undefined;
    if (actor !== undefined) {
      this.within = asyncContext();
      this.#take(actor);
      this.restored = this.context.begun;
      this.#isRerun = this.restored;
      if (this.restored) restore(this);
    }
    if (parent === undefined) {
      this.session.top = this;
      tops.add(this);
    }
    this.#enter();
    if (actor !== undefined) this.#listen();
  }

  #enter(): void {
    this.loop[host] = this;
    this.session.enter();
  }

  /** The same for another run of the loop, after one that has left nothing behind; see {@link isSpent}. */
  #again(args: unknown[]): this {
    this.args = args;
    this.#end.renew();
    this.#isGone = false;
    this.uncommitted = 0;
    this.counted = 0;
    this.#enter();
    return this;
  }

  /** Whether it has ended without an actor, and nothing and nobody can have to do with it any more. */
  get #isSpent(): boolean {
    if (this.hasActor || this.#isReferred || this.#end.hasSignal) return false;
    return this.#lastUnit?.isSpent !== false;
  }

  /** Begins the run of a child: without an actor, if nobody looks. */
  beginChild(child: AnyLoop, pending: PendingRun, what: AskedRun): void {
    const name = what.run;
    if (this.hasActor && this.context.running.includes(name)) {
      // It came out of a snapshot, and has waited for this.
      const actor = this.snapshot.children[name];
      if ((loopOf(actor) ?? child) !== child) throw moved(name, this.path);
      waitingForParent.get(actor)?.();
      return;
    }
    // Fields may have been set since the run began.
    if (!isLinked(child)) walk(child);
    // One that came after this loop's machine was made. A mistake in it is this step's, and not that of whoever looks later.
    if (this.session.keeps && !compiled.has(child)) void child.machine;
    const quiet = isQuiet(this);
    // Whoever looks has an actor made of this loop as well, for its child is to have one.
    if (!quiet) this.session.show(true);
    if (this.hasActor && !(quiet && this.seat!.runsItself(this.loop, name))) {
      this.#spawn(child, what, false);
      return;
    }
    this.noteAsked(what);
    const ended = this.#endedChildren.take(child);
    const running =
      ended === undefined ? new Running(child, undefined, this, pending.args) : ended.#again(pending.args);
    pending.running = running;
    pending.attached = true;
    running.light ??= new LightRun(running);
    running.light.begin(pending, what);
  }

  /** Has the machine spawn that of a child. @param known whether the child runs already, and the machine has been told of it */
  #spawn(child: AnyLoop, { run: name, args, in: key }: AskedRun, known: boolean): void {
    // It may have come, or changed, after this loop's machine was made. Not `child.machine` alone, which looks at the whole tree again.
    this.seat!.implement(this.loop, name, compiled.get(child) ?? child.machine);
    const within = key === undefined ? {} : { in: key };
    this.tell({ type: 'loop.run', child: name, args: args!, ...within, ...(known ? { known } : {}) });
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
    return this.seat === undefined ? this.parent?.stops === true : this.context.stop !== null;
  }

  /** It ran without an actor, and somebody looks. */
  sit(actor: AnyActorRef): void {
    this.#take(actor);
    this.#listen();
    this.light!.seated();
  }

  #take(actor: AnyActorRef): void {
    this.seat = new Seat(actor, this.session, this.parent === undefined);
    this.session.seats.set(actor, this);
  }

  #listen(): void {
    this.seat!.listen({
      next: () => this.#onSnapshot(),
      error: (error) => this.#onEnd(() => error),
      complete: () => this.#onEnd(() => new LoopError('STOPPED', 'its actor was stopped.', this.path)),
    });
  }

  get path(): string {
    return pathOf(this.loop);
  }

  get ended(): boolean {
    return this.#end.isReached;
  }

  get busy(): boolean {
    return !this.ended || this.unit !== undefined || this.#functions > 0;
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Hooks of the step in flight that had completed before this process. */
  get completedHooks(): readonly string[] {
    return this.#isRerun ? (this.context.inFlight?.hooks ?? []) : [];
  }

  /** The hook that was in flight when it got its actor, for whoever goes on from there. */
  takeOver(): Handover | undefined {
    const { handover } = this;
    this.handover = undefined;
    return handover;
  }

  /** A hook or step begins. */
  begin(hook: string, mayRunChildren: boolean): Unit {
    // One of which nothing is left is as good as new.
    const last = this.unit ?? this.#lastUnit;
    this.unit =
      !this.#isRerun && last?.renew(hook, mayRunChildren) === true
        ? last
        : new Unit(this, hook, mayRunChildren, this.#isRerun ? this.context.inFlight : null);
    return this.unit;
  }

  once<T>(key: string, fn: () => T | Promise<T>): Promise<T> {
    return this.#asks('once', (unit) => unit.once(key, fn)) as Promise<T>;
  }

  receive(key: string): Promise<unknown> {
    return this.#asks('receive', (unit) => unit.receive(key));
  }

  sleep(key: string, ms: number): Promise<unknown> {
    return this.#asks('sleep', (unit) => unit.sleep(key, ms));
  }

  /** What it asks for knows of this run from now on. */
  #asks(member: string, ask: (unit: Unit) => Promise<unknown>): Promise<unknown> {
    if (this.ended) return this.#end.rejected();
    this.#isReferred = true;
    return ask(this.#unit(member));
  }

  /** Whether a step may be saved in its middle, before the next of it is given. */
  get savesWithin(): boolean {
    return this.session.saveNow !== undefined;
  }

  noteAssets(): void {
    noteAssets(this);
  }

  /** Whether what `once` gives is saved before the step gets it. */
  get isSavedOnce(): boolean {
    return this.session.saveNow !== undefined && mayBeSaved(this);
  }

  async saveOnce(): Promise<void> {
    // Whoever takes a checkpoint looks at actors.
    this.session.show(true);
    if (this.hasActor) await this.session.saveNow!(this.actor);
  }

  /** See `Unit.run`. */
  run(name: string, child: AnyLoop, args: unknown[]): Promise<unknown> {
    if (this.ended) return this.#end.rejected();
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

  /** The run of a child that its actor belongs to, once this loop's step has asked for it. */
  childRun(name: string): PendingRun | undefined {
    return this.unit?.childRun(name);
  }

  get stepInFlight(): StepOfLoop | undefined {
    return this.unit;
  }

  /** The hook has returned: its children must have ended, and what was remembered must have been asked for. */
  settle(): Promise<void> | undefined {
    return this.unit?.settle();
  }

  /** The hook or step has been committed; the next is not one that a checkpoint was taken in. */
  committed(): void {
    this.#isRerun = false;
    if (this.unit !== undefined) this.unit.recall = undefined;
    this.stepOver();
  }

  /** Nothing more runs here or below: signals abort, what is awaited rejects. */
  abort(reason: unknown): void {
    if (this.ended) return;
    this.#end.breakOff(reason);
    tops.delete(this);
    this.whenAborted?.();
    this.light?.halt();
    this.#end.tellSignal();
    this.abandonChildren(reason);
    if (this.unit === undefined) this.gone();
  }

  /** It has ended as it should, without an actor. */
  finished(): void {
    tops.delete(this);
    this.#end.regularly();
    this.gone();
    if (this.parent === undefined || !this.#isSpent) return;
    this.args = [];
    this.held?.clear();
    this.parent.#endedChildren.put(this);
  }

  /** The code of a hook that was in flight at an abort has returned. Until then it finds this run, and that it has ended. */
  gone(): void {
    this.stepOver();
    this.#lastUnit = this.unit;
    this.unit = undefined;
    if (this.#isGone) return;
    this.#isGone = true;
    this.session.assetsBefore.delete(this);
    this.session.leave();
    // One that did not end as it should is still found here: see `callerOf`.
    if (this.loop[host] === this && this.#end.isRegular) this.loop[host] = undefined;
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
      if (rebuilding.has(this)) {
        throw notInOnRestart(
          `asks for \`${member}\``,
          'Do there what is to be done anew each time, or ask for it in a step.',
          this.path,
        );
      }
      throw new LoopError('NOT_RUNNING', `\`${member}\` belongs to a hook, and none is running.`, this.path);
    }
    return this.unit;
  }

  #onSnapshot(): void {
    const { context, value } = this.snapshot;
    this.unit?.strangersEnded(context);
    if (value === 'paused') this.session.poke();
    if (this.parent === undefined) this.session.mayHaveGiven();
  }

  #onEnd(reason: () => unknown): void {
    this.seat!.leave();
    if (this.parent === undefined) this.session.over();
    const { snapshot } = this;
    const run = this.parent?.childRun(this.actor.id);
    if (snapshot.status === 'done') {
      this.finished();
      const output = isEnvelope(snapshot.output) ? snapshot.output.output : snapshot.output;
      if (run !== undefined) this.parent!.unit?.childEnded(run, { output });
    } else {
      this.abort(reason());
      if (run !== undefined && snapshot.status === 'error') this.#tellParent(run);
      // Its actor was stopped: that of the parent will be by then, if it is. That one knows best what to tell its own step.
      else if (run !== undefined) soon(() => this.parent!.ended || this.#tellParent(run));
    }
    // The parent has yet to hear of it.
    soon(() => this.session.poke());
  }

  #tellParent(run: PendingRun): void {
    this.parent!.unit?.childEnded(run, { error: this.#end.reason });
  }
}

/** Of arrays of loops, names are places. */
function moved(name: string, path: string): LoopError {
  return new LoopError(
    'RESUME_MISMATCH',
    `The step in flight had run \`${name}\` when the checkpoint was taken, and another loop than that stood there when it was run again. ` +
      'Put children in another order in onAdvanceEnd, when none of the step is to be run any more, or leave them where they are ' +
      'and keep their order in `state`.',
    path,
  );
}

/** Of all runs that have not ended, those of the roots. */
const tops: Set<Running> = new Set();

/** All loops that run. */
export function* runningLoops(from: Iterable<Running> = tops): Generator<Running, void> {
  for (const running of from) {
    yield running;
    yield* runningLoops(running.childrenThatRun());
  }
}
