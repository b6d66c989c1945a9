import type { AnyActorRef } from 'xstate';
import type { Commit } from '../chart/context.ts';
import { plainReason } from '../chart/journal.ts';
import { isEndLoop } from '../data/errors.ts';
import { isPending, readDone, refuseIterator } from '../data/returned.ts';
import type { HookEnd } from '../light/handover.ts';
import { isQuiet } from '../light/light-runner.ts';
import { type Begun, Burst, type StepHook } from '../step/burst.ts';
import { Stride } from '../step/stride.ts';
import type { Unit } from '../step/unit.ts';
import { hasWaited } from '../step/waits.ts';
import { now, soon } from '../time/clock.ts';
import { mustGiveTurn, slice, turn, waitsSoFar } from '../time/turn.ts';
import { type AnyLoop, overrides } from '../tree/any-loop.ts';
import { hasChildren } from '../tree/tree.ts';
import { noteAssets } from './asset-notes.ts';
import { runsBeside } from './beside.ts';
import { fail, type HookActor, type HookLogic, hookLogic, prepare } from './hooks.ts';
import type { Running } from './running.ts';

/** Committing may take this share of the time; where the state is large, commits come less often. */
const commitShare = 1 / 20;

/** So many steps that are awaited are kept, each by itself, until it is known that the loop does not wait in them. */
const tried = 64;

/**
 * The `advance` actor: takes the steps of a loop. One event per step where somebody watches, and where the loop has
 * children, so that the state before each step is in the context; one per slice elsewhere.
 */
export function pump(loop: AnyLoop): HookLogic {
  return hookLogic(loop, () => new Pump(loop));
}

class Pump implements HookActor {
  stopped = false;

  readonly #loop: AnyLoop;
  #running!: Running;
  #burst!: Burst;
  /** Steps that were not committed when the machine had something to say. */
  #before = 0;
  /** Of a loop with children: steps that are not committed in which no child ran. Those of others are made of theirs. */
  #ownSteps = 0;
  /** Of those, the steps that others have been told of. */
  #counted = 0;
  /** Steps taken or under way that are not committed. */
  #claimed = 0;
  /** When the event loop is to have its turn. */
  #deadline = 0;
  /** How often the program had waited for something outside by then. */
  #waits = 0;
  #lastCommit = 0;
  #commitEvery = slice;
  /** How long the last commit took. */
  #committedIn = 0;
  #composite = false;
  /** No other hook of a step is the loop's own. */
  #onlyAdvance = false;
  /** Steps are awaited: one has returned a promise. */
  #walks = false;
  /** Steps that were awaited, and kept by themselves. */
  #awaited = 0;
  /** How often the program had waited before the last step. */
  #waitsBefore = 0;
  /** How many steps there are still to be before the next look at the clock; when it was last looked at. */
  readonly #stride = new Stride();
  #unseen = 0;
  #began = 0;

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
    this.#before = this.uncommitted;
    if (this.stopped) this.#burst.stopped = true;
  }

  begin(running: Running): void {
    this.#running = running;
    this.#burst = new Burst(running);
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
      this.#claim(-this.#claimed);
      if (this.stopped && this.#running.ended) this.#running.gone();
    }
  }

  #threw(error: unknown): void {
    if (this.stopped) return;
    const running = this.#running;
    if (!isEndLoop(error, this.#loop)) {
      this.#countTaken(running.uncommitted);
      fail(running, 'a step', error);
      return;
    }
    try {
      running.abandonChildren(error);
      this.#burst.done = true;
      this.#commit({ reason: plainReason(error.reason) });
    } catch (failure) {
      fail(running, 'a step', failure);
    }
  }

  /**
   * @param begun the hook that a step is in already; what it returned may be a promise
   * @param done what `done` has said, if it has been read after a step
   */
  async #steps(begun: Begun | undefined, done: boolean | undefined): Promise<void> {
    this.#composite = hasChildren(this.#loop);
    this.#onlyAdvance = !overrides(this.#loop, 'onAdvanceStart') && !overrides(this.#loop, 'onAdvanceEnd');
    if (!(await this.#comesToSteps(begun, done))) return;
    const running = this.#running;
    this.#walks = begun !== undefined;
    this.#beginSlice();
    this.#lastCommit = now();
    for (;;) {
      const { pace, stop, inFlight } = running.context;
      // Asked for while no step was in flight: the guards decide what to do instead of one.
      if ((stop !== null || pace === 0) && inFlight === null) {
        this.#commit();
        return;
      }
      const { stood } = running.session;
      // Of a loop with children, as many steps go by between two looks at the clock as take about half a millisecond.
      if (!this.#composite || --this.#unseen <= 0) this.#began = now();
      // Awaited only where there is something to await: that would cost as much as a burst of steps.
      const taken = this.#take(pace);
      const single = typeof taken === 'boolean' ? taken : await taken;
      if (this.stopped) return;
      if (this.#mayGoOn()) continue;
      const wait = this.#looksUp(single || pace !== null, stood);
      if (wait !== undefined) await wait;
      if (this.stopped) return;
    }
  }

  /** What comes before the first step that is begun here. @returns whether there is one */
  async #comesToSteps(begun: Begun | undefined, done: boolean | undefined): Promise<boolean> {
    const [running, burst, composite] = [this.#running, this.#burst, this.#composite];
    const { session } = running;
    let letGo = false;
    // Steps that were taken before it had an actor are committed first.
    const isBehind = running.uncommitted > 0;
    if (isBehind && composite && running.unit?.ran === false) this.#ownSteps++;
    if (begun !== undefined) {
      const began = now();
      if (composite) await this.#step(begun);
      else await burst.finish(begun);
      if (this.stopped) return false;
      session.lastStep.set(running.actor, now() - began);
    } else {
      const wait = isBehind ? undefined : prepare(running);
      if (wait !== undefined) letGo = (await wait) === false;
      if (this.stopped) return false;
      // Null where `provide()` put something in the place of onRunStart, which would have read it.
      burst.done = done ?? running.context.done ?? readDone(this.#loop);
    }
    if (burst.done) {
      this.#commit();
      return false;
    }
    const isOver = isBehind || begun !== undefined;
    if (composite && isOver) {
      this.#commit();
      if (!this.stopped && session.wanted) await session.stand(running.actor);
    }
    this.attention = (session.wanted && !letGo) || isOver;
    return !this.stopped;
  }

  /** Takes a step, or several of a loop without children. @returns whether they are to be committed */
  #take(pace: number | null): boolean | Promise<boolean> {
    const running = this.#running;
    const { session } = running;
    const single = session.watched || session.wanted || session.saveNow !== undefined;
    if (this.#composite) {
      const isPlain = this.#onlyAdvance && running.completedHooks.length === 0;
      return isPlain ? this.#advance(single) : this.#step().then(() => single);
    }
    return this.#takeBurst(single || (this.#walks && this.#mayLinger()), pace);
  }

  /** Steps of a loop without children. */
  #takeBurst(single: boolean, pace: number | null): boolean | Promise<boolean> {
    if (this.attention) return single;
    const [running, burst] = [this.#running, this.#burst];
    const { session } = running;
    // Loops beside this one count as well; a step at least is taken, for they may take their time.
    const left = Math.max(1, session.stepsUntilDue() - session.claimed);
    const limit = single || this.#keepsEach() ? 1 : Math.min(this.#stride.size, pace ?? Infinity, left);
    this.#claim(limit);
    if (session.saveNow !== undefined) noteAssets(running);
    if (this.#walks) this.#waitsBefore = waitsSoFar();
    const before = running.uncommitted;
    running.begin('advance', false);
    const claimNoMore = () => this.#claim(running.uncommitted - before - limit);
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
    this.#claim(running.uncommitted + 1 - before - limit);
    return burst.finish(slow).then(() => single || this.#mayLinger());
  }

  /** After a step of a loop with children while nobody looks: whether there is nothing else to do than the next. */
  #mayGoOn(): boolean {
    const { session } = this.#running;
    if (!this.#composite || this.#unseen <= 0 || this.#burst.done || this.attention) return false;
    if (!isQuiet(this.#running) || session.stepsUntilDue() <= session.claimed) return false;
    this.#hold();
    // Whoever was told of the step may want something now.
    return !this.attention && !this.stopped;
  }

  /** Commits, stands, gives others their turn: what is due. @returns what there is to wait for */
  #looksUp(single: boolean, stoodBefore: number): Promise<void> | undefined {
    const [running, burst] = [this.#running, this.#burst];
    const { session } = running;
    const seen = now();
    const took = seen - this.#began;
    this.#stride.took(took);
    const quiet = this.#composite && isQuiet(running);
    this.#unseen = quiet ? Math.min(this.#stride.size, 16) : 0;
    const tired = seen >= this.#deadline;
    const due = session.stepsUntilDue() <= session.claimed;
    const late = tired && seen - this.#lastCommit >= this.#commitEvery;
    const told = this.#composite ? !quiet : single;
    if (burst.done || this.attention || told || due || late) {
      if (this.attention || single) session.lastStep.set(running.actor, took - (session.stood - stoodBefore));
      this.attention = false;
      this.#commit();
    } else if (quiet) {
      this.#hold();
    } else if (this.#keepsEach() || this.#hasLingered()) {
      this.#holdAwaited();
    }
    if (this.stopped) return undefined;
    return session.wanted || tired ? this.#lets(tired) : undefined;
  }

  /** Others take a checkpoint, or have their turn. */
  async #lets(tired: boolean): Promise<void> {
    const { session, actor } = this.#running;
    if (session.wanted) await session.stand(actor);
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
    return this.#commitEvery <= 5 * slice && runsBeside(this.#running);
  }

  /**
   * One step of a loop with children: the state before each of its hooks is kept, so that it can be run again from there.
   * @param begun the hook that it is in already
   */
  async #step(begun?: Begun): Promise<void> {
    const [loop, running] = [this.#loop, this.#running];
    const unit = begun === undefined ? running.begin('advance', true) : running.unit!;
    const hasEnd = overrides(loop, 'onAdvanceEnd');
    const hooks: StepHook[] = ['advance'];
    if (overrides(loop, 'onAdvanceStart')) hooks.unshift('onAdvanceStart');
    if (hasEnd) hooks.push('onAdvanceEnd');
    if (begun !== undefined) hooks.splice(0, hooks.indexOf(begun.hook));
    const over = running.completedHooks;
    for (const hook of hooks) {
      if (over.includes(hook)) continue;
      await this.#hook(unit, hook, hook === begun?.hook ? begun : undefined);
      if (this.stopped) return;
    }
    this.#whole(unit);
  }

  /** The same, for the steps that most loops take: of one hook. @returns whether it is to be committed, as it was given */
  async #advance(single: boolean): Promise<boolean> {
    const running = this.#running;
    const unit = running.begin('advance', true);
    const result = this.#burst.call('advance');
    if (isPending(this.#loop, 'advance', result)) refuseIterator(this.#loop, 'advance', await result);
    if (this.stopped) return single;
    const left = running.settle();
    if (left !== undefined) await left;
    if (!this.stopped) this.#whole(unit);
    return single;
  }

  /** A step of a loop with children is over. */
  #whole(unit: Unit): void {
    if (this.#burst.first) this.#burst.wholeIteration();
    this.#running.uncommitted++;
    if (!unit.ran) this.#ownSteps++;
    this.#burst.done = readDone(this.#loop);
  }

  async #hook(unit: Unit, hook: StepHook, begun: Begun | undefined): Promise<void> {
    const [loop, running] = [this.#loop, this.#running];
    unit.hook = hook;
    const result = begun === undefined ? this.#burst.call(hook) : begun.result;
    if (isPending(loop, hook, result)) refuseIterator(loop, hook, await result);
    if (this.stopped) return;
    const left = running.settle();
    if (left !== undefined) await left;
    const isLast = hook === 'onAdvanceEnd' || (hook === 'advance' && !overrides(loop, 'onAdvanceEnd'));
    if (this.stopped || isLast) return;
    unit.endWaits();
    if (isQuiet(running) && unit.recall === undefined) running.holdWithin(hook);
    else running.tell({ type: 'loop.hooked', hook, commit: running.commit() });
    // The next hook begins with nothing.
    unit.recall = undefined;
  }

  #claim(steps: number): void {
    this.#claimed += steps;
    this.#running.session.claimed += steps;
  }

  #capture(): Commit {
    const running = this.#running;
    if (running.session.watched) return running.commit();
    const started = now();
    const commit = running.commit();
    // Twice in a row: one that took long may have been held up by something else.
    const took = now() - started;
    this.#commitEvery = Math.max(slice, Math.min(took, this.#committedIn) / commitShare);
    this.#committedIn = took;
    return commit;
  }

  /** A step of a loop with children is over, and nobody looks: the machine is told later. */
  #hold(): void {
    const running = this.#running;
    running.committed();
    if (running.session.keeps) running.hold(running.commit());
    this.#count();
  }

  /**
   * Whether the state before each step is to be kept: it may wait for somebody, and a checkpoint that is taken then has all
   * whole steps. Where the state is large, keeping it would take too much of the time.
   */
  #keepsEach(): boolean {
    return this.#mayKeep() && (this.#awaited < tried || hasWaited(this.#loop));
  }

  #mayKeep(): boolean {
    return this.#walks && this.#running.session.keeps && this.#commitEvery <= 5 * slice;
  }

  /** Whether the last step has waited for something outside: then the next may as well, and for longer. */
  #hasLingered(): boolean {
    return this.#mayKeep() && waitsSoFar() !== this.#waitsBefore;
  }

  /** Steps that were awaited are over. */
  #holdAwaited(): void {
    const running = this.#running;
    this.#awaited++;
    running.committed();
    running.hold(this.#capture());
    this.#claim(-this.#claimed);
    const steps = running.uncommitted - running.counted;
    running.counted = running.uncommitted;
    if (steps > 0) running.session.due?.(steps);
  }

  /** Tells others of the steps that no child has told them of. */
  #count(): void {
    const steps = this.#ownSteps - this.#counted;
    this.#counted = this.#ownSteps;
    if (steps > 0) this.#running.session.due?.(steps);
  }

  #commit(ended?: { reason: any }): void {
    const running = this.#running;
    const commit = this.#capture();
    this.#lastCommit = now();
    const [steps, before] = [running.uncommitted, this.#before];
    this.#claim(-this.#claimed);
    running.uncommitted = 0;
    this.#before = 0;
    running.committed();
    running.session.assetsBefore.delete(running);
    running.unit = undefined;
    running.held?.clear();
    running.tell({
      type: 'loop.advanced',
      steps,
      commit,
      done: this.#burst.done,
      ...(before === 0 ? {} : { before }),
      ...(ended === undefined ? {} : { ended }),
    });
    this.#countTaken(steps);
  }

  /** Tells others of these steps; of a loop with children, of those in which none ran. */
  #countTaken(steps: number): void {
    const running = this.#running;
    if (!hasChildren(this.#loop)) this.#ownSteps += steps - running.counted;
    running.counted = 0;
    this.#count();
  }
}
