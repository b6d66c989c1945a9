import type { AnyActorRef } from 'xstate';
import { plainReason } from '../chart/journal.ts';
import { isEndLoop } from '../data/errors.ts';
import { readDone } from '../data/returned.ts';
import type { HookEnd } from '../light/handover.ts';
import { isQuiet } from '../light/light-runner.ts';
import { type Begun, Burst, type StepHook } from '../step/burst.ts';
import { Stride } from '../step/stride.ts';
import { hasWaited } from '../step/waits.ts';
import { now, soon } from '../time/clock.ts';
import { mustGiveTurn, slice, turn, waitsSoFar } from '../time/turn.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { hasChildren } from '../tree/tree.ts';
import { noteAssets } from './asset-notes.ts';
import { runsBeside } from './beside.ts';
import { fail, type HookActor, type HookLogic, hookLogic, prepare } from './hooks.ts';
import { ParentSteps } from './parent-steps.ts';
import type { Running } from './running.ts';
import { StepReports } from './step-reports.ts';

/** So many steps that are awaited are kept, each by itself, until it is known that the loop does not wait in them. */
const tried = 64;

/**
 * The `advance` actor: takes the steps of a loop. Where somebody watches, each step is an event. Else the machine is told
 * of several at once, of which nothing is lost: of a loop with children the state before each step is noted (`Held`).
 */
export function stepActor(loop: AnyLoop): HookLogic {
  return hookLogic(loop, () => new StepActor(loop));
}

class StepActor implements HookActor {
  stopped = false;

  readonly #loop: AnyLoop;
  #running!: Running;
  #burst!: Burst;
  #reports!: StepReports;
  /** Of a loop with children. */
  #parentSteps: ParentSteps | undefined;
  /** When the event loop is to have its turn. */
  #deadline = 0;
  /** How often the program had waited for something outside by then. */
  #waits = 0;
  /** It has stood: a step is next, whatever is wanted again by then. Who asks for checkpoints all the time holds up no run. */
  #hasStood = false;
  /** Steps are awaited: one has returned a promise. */
  #walks = false;
  /** Steps that were awaited, and kept by themselves. */
  #awaited = 0;
  /** How often the program had waited before the last step. */
  #waitsBefore = 0;
  readonly #stride = new Stride();
  /** How many steps there are still to be before the next look at the clock. */
  #stepsToLook = 0;
  /** When it was last looked at. */
  #lookedAt = 0;

  constructor(loop: AnyLoop) {
    this.#loop = loop;
  }

  get actor(): AnyActorRef | undefined {
    return this.#running?.actor;
  }

  get uncommitted(): number {
    return this.#running?.uncommitted ?? 0;
  }

  get attention(): boolean {
    return this.#burst.attention;
  }

  set attention(wanted: boolean) {
    this.#burst.attention = wanted;
  }

  notice(): void {
    if (this.#burst === undefined) return;
    this.attention = true;
    this.#reports.before = this.uncommitted;
    if (this.stopped) this.#burst.stopped = true;
  }

  begin(running: Running): void {
    this.#running = running;
    this.#burst = new Burst(running);
    this.#reports = new StepReports(running);
    running.whenAborted = () => {
      this.stopped = true;
      this.#burst.stopped = true;
      this.attention = true;
    };
    const begun = running.takeOver();
    // Not within `start`: the machine still handles the event that began it, and steps must find it at rest.
    if (begun === undefined) soon(() => void running.within(() => this.#drive()));
    else begun.whenOver((end) => void this.#drive({ hook: begun.hook, end }));
  }

  /** @param over the hook that was in flight when the loop got its actor */
  async #drive(over?: { hook?: StepHook | undefined; end?: HookEnd }): Promise<void> {
    const { session } = this.#running;
    session.joinSteps(this);
    try {
      const { hook, end = { value: undefined } } = over ?? {};
      if ('error' in end) throw end.error;
      await this.#steps(hook === undefined ? undefined : { hook, result: end.value }, end.done);
    } catch (error) {
      this.#threw(error);
    } finally {
      session.leaveSteps(this);
      this.#reports.claimNoMore();
      if (this.stopped && this.#running.ended) this.#running.gone();
    }
  }

  #threw(error: unknown): void {
    if (this.stopped) return;
    const running = this.#running;
    if (!isEndLoop(error, this.#loop)) {
      this.#reports.countTaken(running.uncommitted);
      fail(running, 'a step', error);
      return;
    }
    try {
      running.abandonChildren(error);
      this.#burst.done = true;
      this.#reports.commit(true, { reason: plainReason(error.reason) });
    } catch (failure) {
      fail(running, 'a step', failure);
    }
  }

  /**
   * @param begun the hook that a step is in already; what it returned may be a promise
   * @param done what `done` has said, if it has been read after a step
   */
  async #steps(begun: Begun | undefined, done: boolean | undefined): Promise<void> {
    if (hasChildren(this.#loop)) this.#parentSteps = new ParentSteps(this.#running, this.#burst, this.#reports);
    if (!(await this.#comesToSteps(begun, done))) return;
    const running = this.#running;
    this.#walks = begun !== undefined;
    this.#beginSlice();
    this.#reports.begin();
    for (;;) {
      const { pace, stop, inFlight } = running.context;
      // Asked for while no step was in flight: the guards decide what to do instead of one.
      if ((stop !== null || pace === 0) && inFlight === null) {
        this.#reports.commit(this.#burst.done);
        return;
      }
      const { stood } = running.session;
      // Of a loop with children, as many steps go by between two looks at the clock as take about half a millisecond.
      if (this.#parentSteps === undefined || --this.#stepsToLook <= 0) this.#lookedAt = now();
      // Awaited only where there is something to await: that would cost as much as a burst of steps.
      const taken = this.#take(pace);
      const single = typeof taken === 'boolean' ? taken : await taken;
      if (this.stopped) return;
      const wait = this.#looksUp(single || pace !== null, stood);
      if (wait !== undefined) await wait;
      if (this.stopped) return;
    }
  }

  /** What comes before the first step that is begun here. @returns whether there is one */
  async #comesToSteps(begun: Begun | undefined, done: boolean | undefined): Promise<boolean> {
    const [running, burst, reports, parent] = [this.#running, this.#burst, this.#reports, this.#parentSteps];
    const { session } = running;
    let letGo = false;
    // Steps that were taken before it had an actor are committed first.
    const isBehind = running.uncommitted > 0;
    if (isBehind && parent !== undefined && running.unit?.ran === false) reports.ownSteps++;
    if (begun !== undefined) {
      const began = now();
      await (parent === undefined ? burst.finish(begun) : parent.step(begun));
      if (this.stopped) return false;
      session.lastStep.set(running.actor, now() - began);
    } else {
      const wait = isBehind ? undefined : prepare(running);
      if (wait !== undefined) letGo = (await wait) !== undefined;
      if (this.stopped) return false;
      // Null where `provide()` put something in the place of onRunStart, which would have read it.
      burst.done = done ?? running.context.done ?? readDone(this.#loop);
    }
    if (burst.done) {
      reports.commit(true);
      return false;
    }
    const isOver = isBehind || begun !== undefined;
    if (parent !== undefined && isOver) {
      reports.commit(false);
      if (!this.stopped && session.wanted) await session.stand(running.actor);
    }
    this.#hasStood = letGo;
    this.attention = (session.wanted && !letGo) || isOver;
    return !this.stopped;
  }

  /** Takes a step, or several of a loop without children. @returns whether they are to be committed */
  #take(pace: number | null): boolean | Promise<boolean> {
    const { session, context } = this.#running;
    // A step that is run again is one by itself: a stop that was asked for in it holds behind it.
    const single = session.watched || session.wanted || session.saveNow !== undefined || context.inFlight !== null;
    if (this.#parentSteps !== undefined) return this.#parentSteps.take(this.#mayGoOn).then(() => single);
    return this.#takeBurst(single || (this.#walks && this.#mayLinger()), pace);
  }

  /** Steps of a loop without children. */
  #takeBurst(single: boolean, pace: number | null): boolean | Promise<boolean> {
    if (this.attention && !this.#hasStood) return single;
    this.#hasStood = false;
    const [running, burst] = [this.#running, this.#burst];
    const { session } = running;
    // Loops beside this one count as well; a step at least is taken, for they may take their time.
    const left = Math.max(1, session.stepsUntilDue() - session.claimed);
    const limit = single || this.#keepsEach() ? 1 : Math.min(this.#stride.size, pace ?? Infinity, left);
    this.#reports.claim(limit);
    if (session.saveNow !== undefined) noteAssets(running);
    if (this.#walks) this.#waitsBefore = waitsSoFar();
    const before = running.uncommitted;
    running.begin('advance', false);
    const claimNoMore = () => this.#reports.claim(running.uncommitted - before - limit);
    if (this.#walks) {
      return burst.walk(limit, this.#deadline).then(() => {
        claimNoMore();
        return single;
      });
    }
    const slow = burst.sprint(limit, this.#deadline);
    if (slow === undefined) {
      claimNoMore();
      return single;
    }
    this.#walks = true;
    // The one that is awaited counts as well, and none after it.
    this.#reports.claim(running.uncommitted + 1 - before - limit);
    return burst.finish(slow).then(() => single || this.#mayLinger());
  }

  /** After a step of a loop with children while nobody looks: whether there is nothing else to do than the next. */
  readonly #mayGoOn = (): boolean => {
    const { session, context } = this.#running;
    if (this.#stepsToLook <= 0 || this.#burst.done || this.attention || context.stop !== null) return false;
    if (!isQuiet(this.#running) || session.stepsUntilDue() <= session.claimed) return false;
    this.#reports.hold();
    // Whoever was told of the step may want something now.
    if (this.attention || this.stopped) return false;
    if (--this.#stepsToLook <= 0) this.#lookedAt = now();
    return true;
  };

  /** Commits, stands, gives others their turn: what is due. @returns what there is to wait for */
  #looksUp(single: boolean, stoodBefore: number): Promise<void> | undefined {
    const [running, burst, reports] = [this.#running, this.#burst, this.#reports];
    const { session } = running;
    const seen = now();
    const took = seen - this.#lookedAt;
    this.#stride.took(took);
    const quiet = this.#parentSteps !== undefined && isQuiet(running);
    this.#stepsToLook = quiet ? Math.min(this.#stride.size, 16) : 0;
    const tired = seen >= this.#deadline;
    const due = session.stepsUntilDue() <= session.claimed;
    const late = tired && reports.isLate(seen);
    const wasInFlight = running.context.inFlight !== null;
    const told = this.#parentSteps === undefined ? single : !quiet || wasInFlight;
    // A step that was in flight is yet to be run again: a commit would drop what it had got.
    const isToCome = wasInFlight && running.uncommitted === 0;
    if (!isToCome && (burst.done || this.attention || told || due || late)) {
      if (this.attention || single) session.lastStep.set(running.actor, took - (session.stood - stoodBefore));
      this.attention = false;
      reports.commit(burst.done);
    } else if (isToCome) {
      this.attention = false;
    } else if (quiet) {
      reports.hold();
    } else if (this.#keepsEach() || this.#hasLingered()) {
      this.#awaited++;
      reports.holdAwaited();
    }
    if (this.stopped) return undefined;
    return session.wanted || tired ? this.#lets(tired) : undefined;
  }

  /** Others take a checkpoint, or have their turn. */
  async #lets(tired: boolean): Promise<void> {
    const { session, actor } = this.#running;
    if (session.wanted) {
      await session.stand(actor);
      this.#hasStood = true;
    }
    if (this.stopped || !tired) return;
    if (mustGiveTurn(this.#waits)) await turn();
    this.#beginSlice();
  }

  #beginSlice(): void {
    this.#deadline = now() + slice;
    this.#waits = waitsSoFar();
  }

  /**
   * Beside other loops, a step may take until they have gone on: what was before it is committed, so that a checkpoint
   * that is taken meanwhile has it. Where the state is large, that would take too much of the time.
   */
  #mayLinger(): boolean {
    return this.#reports.isCheap && runsBeside(this.#running);
  }

  /**
   * Whether the state before each step is to be kept: it may wait for somebody, and a checkpoint that is taken then has all
   * whole steps. Where the state is large, keeping it would take too much of the time.
   */
  #keepsEach(): boolean {
    return this.#mayKeep() && (this.#awaited < tried || hasWaited(this.#loop));
  }

  #mayKeep(): boolean {
    return this.#walks && this.#running.session.keeps && this.#reports.isCheap;
  }

  /** Whether the last step has waited for something outside: then the next may as well, and for longer. */
  #hasLingered(): boolean {
    return this.#mayKeep() && waitsSoFar() !== this.#waitsBefore;
  }
}
