import type { AnyActorRef } from 'xstate';
import type { Commit } from '../chart/context.ts';
import { plainReason } from '../chart/journal.ts';
import { isEndLoop } from '../errors.ts';
import { Loop } from '../loop.ts';
import type { Unit } from '../step/unit.ts';
import { now, soon } from '../time/clock.ts';
import { mustGiveTurn, slice, turn, waitsSoFar } from '../time/turn.ts';
import { type AnyLoop, childrenOf } from '../tree/tree.ts';
import { fail, type HookActor, type HookLogic, hookLogic, prepare } from './hooks.ts';
import { enterHook, leaveHook } from './in-hook.ts';
import { isPending, isTrue, readDone, refuseIterator } from './returned.ts';
import type { Running } from './running.ts';

/** How many steps may go by between two looks at the clock. */
const sprint = 128;
/** Committing may take this share of the time; where the state is large, commits come less often. */
const commitShare = 1 / 20;

/**
 * The `advance` actor: takes the steps of a loop. One event per step where somebody watches, and where the loop has
 * children, so that the state before each step is in the context; one per slice elsewhere.
 */
export function pump(loop: AnyLoop): HookLogic {
  return hookLogic(loop, () => new Pump(loop));
}

/** Whether other loops of the run run beside this one. */
function runsBeside(running: Running): boolean {
  for (let up = running.parent; up !== undefined; up = up.parent) if (up.context.running.length > 1) return true;
  return false;
}

/** A hook that has been called and has returned a promise. */
type Begun = { hook: string; result: PromiseLike<unknown> };

class Pump implements HookActor {
  stopped = false;
  /** Looked at after every step: somebody wants something between two of them. */
  attention = false;

  readonly #loop: AnyLoop;
  #running!: Running;
  #done = false;
  /** No whole iteration yet since this pump began. */
  #first = true;
  /** Steps that were not committed when the machine had something to say. */
  #before = 0;
  /** Steps taken or under way that are not committed. */
  #claimed = 0;
  /** When the event loop is to have its turn. */
  #deadline = 0;
  /** How often the program had waited for something outside by then. */
  #waits = 0;
  #lastCommit = 0;
  #commitEvery = slice;

  constructor(loop: AnyLoop) {
    this.#loop = loop;
  }

  get actor(): AnyActorRef | undefined {
    return this.#running?.actor;
  }

  get uncommitted(): number {
    return this.#running?.uncommitted ?? 0;
  }

  notice(): void {
    this.attention = true;
    this.#before = this.uncommitted;
  }

  begin(running: Running): void {
    this.#running = running;
    running.whenAborted = () => {
      this.stopped = true;
      this.attention = true;
    };
    // Not within `start`: the machine still handles the event that began it, and steps must find it at rest.
    soon(() => void this.#drive());
  }

  async #drive(): Promise<void> {
    const { session } = this.#running;
    session.joinSteps(this);
    try {
      await this.#steps();
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
      fail(running, 'a step', error);
      return;
    }
    try {
      running.abandonChildren(error);
      this.#done = true;
      this.#commit({ reason: plainReason(error.reason) });
    } catch (failure) {
      fail(running, 'a step', failure);
    }
  }

  async #steps(): Promise<void> {
    const [loop, running] = [this.#loop, this.#running];
    const { session } = running;
    const begun = running.takeOver();
    let letGo = false;
    if (begun === undefined) {
      const wait = prepare(running);
      if (wait !== undefined) letGo = (await wait) === false;
      if (this.stopped) return;
      // Null where `provide()` put something in the place of onRunStart, which would have read it.
      this.#done = running.context.done ?? readDone(loop);
    } else {
      const began = now();
      await this.#finish(begun);
      if (this.stopped) return;
      session.lastStep.set(running.actor, now() - began);
    }
    if (this.#done) {
      this.#commit();
      return;
    }

    const composite = childrenOf(loop).length > 0;
    let burst = 1;
    let walks = begun !== undefined;
    this.#beginSlice();
    this.#lastCommit = now();
    this.attention = (session.wanted && !letGo) || (begun !== undefined && this.#mayLinger());
    for (;;) {
      const began = now();
      const { stood } = session;
      // One step, then a commit.
      let single = session.watched || session.wanted || session.saveNow !== undefined || (walks && this.#mayLinger());
      const { pace, stop, inFlight } = running.context;
      // Asked for while no step was in flight: the guards decide what to do instead of one.
      if ((stop !== null || pace === 0) && inFlight === null) {
        this.#commit();
        return;
      }
      if (composite) {
        await this.#step();
      } else if (!this.attention) {
        // Loops beside this one count as well; a step at least is taken, for they may take their time.
        const left = Math.max(1, session.stepsUntilDue() - session.claimed);
        const limit = single ? 1 : Math.min(burst, pace ?? burst, left);
        this.#claim(limit);
        if (session.saveNow !== undefined) running.noteAssets();
        const before = running.uncommitted;
        if (walks) {
          await this.#walk(limit);
        } else {
          const slow = this.#sprints(limit);
          if (slow !== undefined) {
            walks = true;
            await this.#finish(slow);
            single ||= this.#mayLinger();
          }
        }
        this.#claim(running.uncommitted - before - limit);
      }
      if (this.stopped) return;

      const seen = now();
      // A look at the clock costs as much as some steps: as many go by between two looks as take about half a millisecond.
      if (seen - began < 0.25) burst = Math.min(burst * 2, 256);
      else if (seen - began > 0.5) burst = Math.max(1, burst >> 1);
      const tired = seen >= this.#deadline;
      const due = session.stepsUntilDue() <= session.claimed;
      const late = tired && seen - this.#lastCommit >= this.#commitEvery;
      if (this.#done || this.attention || composite || due || pace !== null || single || late) {
        if (this.attention || single) session.lastStep.set(running.actor, seen - began - (session.stood - stood));
        this.attention = false;
        this.#commit();
        if (this.stopped) return;
        if (session.wanted) await session.stand(running.actor);
        if (this.stopped) return;
      }
      if (tired) {
        if (mustGiveTurn(this.#waits)) await turn();
        if (this.stopped) return;
        this.#beginSlice();
      }
    }
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

  /** Steps may turn slow in the middle of a burst that was measured by quick ones: it looks at the clock now and then. */
  #sprints(limit: number): Begun | undefined {
    this.#running.begin('advance', false);
    // Once for all steps: to note it at each would cost a good part of one.
    const before = enterHook(this.#running);
    try {
      for (let left = limit; left > 0; left -= sprint) {
        const slow = this.#sprint(Math.min(left, sprint));
        if (slow !== undefined || this.#done || this.attention || now() >= this.#deadline) return slow;
      }
      return undefined;
    } finally {
      leaveHook(before);
    }
  }

  /**
   * Steps of a loop without children, one after another, for as long as no hook returns a promise: an async function
   * takes half as long again for a step, and awaiting what is no promise ten times.
   * @returns the hook that did
   */
  #sprint(limit: number): Begun | undefined {
    const [loop, running] = [this.#loop, this.#running];
    const { args } = running;
    const bare = args.length === 0;
    const hasStart = loop.onAdvanceStart !== Loop.prototype.onAdvanceStart;
    const hasEnd = loop.onAdvanceEnd !== Loop.prototype.onAdvanceEnd;
    let left = limit;
    let first = this.#first;
    // Each line of this costs a good part of a step: a stop is an attention, so that one look is enough.
    do {
      let result: unknown;
      if (hasStart) {
        result = bare ? loop.onAdvanceStart() : loop.onAdvanceStart(...args);
        if (result !== undefined && isPending(loop, 'onAdvanceStart', result))
          return { hook: 'onAdvanceStart', result };
        if (this.stopped) return undefined;
      }
      result = bare ? loop.advance() : loop.advance(...args);
      if (result !== undefined && isPending(loop, 'advance', result)) return { hook: 'advance', result };
      if (this.attention && this.stopped) return undefined;
      if (hasEnd) {
        result = bare ? loop.onAdvanceEnd() : loop.onAdvanceEnd(...args);
        if (result !== undefined && isPending(loop, 'onAdvanceEnd', result)) return { hook: 'onAdvanceEnd', result };
        if (this.stopped) return undefined;
      }
      if (first) {
        this.#wholeIteration();
        first = false;
      }
      running.uncommitted++;
      const done: unknown = loop.done;
      if (done && isTrue(loop, 'done', done)) {
        this.#done = true;
        return undefined;
      }
    } while (--left > 0 && !this.attention);
    return undefined;
  }

  /** The same, awaiting what is a promise. */
  async #walk(limit: number): Promise<void> {
    const [loop, running] = [this.#loop, this.#running];
    const { args } = running;
    const bare = args.length === 0;
    const hasStart = loop.onAdvanceStart !== Loop.prototype.onAdvanceStart;
    const hasEnd = loop.onAdvanceEnd !== Loop.prototype.onAdvanceEnd;
    running.begin('advance', false);
    let left = limit;
    do {
      let result: unknown;
      if (hasStart) {
        result = this.#call('onAdvanceStart');
        if (result !== undefined && isPending(loop, 'onAdvanceStart', result)) {
          refuseIterator(loop, 'onAdvanceStart', await result);
        }
        if (this.stopped) return;
      }
      // As `#call` does: this is the step that is taken by the million.
      const before = enterHook(running);
      try {
        result = bare ? loop.advance() : loop.advance(...args);
      } finally {
        leaveHook(before);
      }
      if (result !== undefined && isPending(loop, 'advance', result)) refuseIterator(loop, 'advance', await result);
      if (this.attention && this.stopped) return;
      if (hasEnd) {
        result = this.#call('onAdvanceEnd');
        if (result !== undefined && isPending(loop, 'onAdvanceEnd', result)) {
          refuseIterator(loop, 'onAdvanceEnd', await result);
        }
        if (this.stopped) return;
      }
      running.uncommitted++;
      const done: unknown = loop.done;
      if (done && isTrue(loop, 'done', done)) {
        this.#done = true;
        return;
      }
    } while (--left > 0 && !this.attention);
  }

  /** The rest of a step that was begun ahead of this state. */
  async #finish({ hook, result }: Begun): Promise<void> {
    const [loop, running] = [this.#loop, this.#running];
    refuseIterator(loop, hook, await result);
    if (this.stopped) return;
    if (hook === 'onAdvanceStart') refuseIterator(loop, 'advance', await this.#call('advance'));
    if (this.stopped) return;
    if (hook !== 'onAdvanceEnd') refuseIterator(loop, 'onAdvanceEnd', await this.#call('onAdvanceEnd'));
    if (this.stopped) return;
    this.#wholeIteration();
    running.uncommitted++;
    this.#done = readDone(loop);
  }

  /** One step of a loop with children: the state before each of its hooks is in the context, so that it can be run again from there. */
  async #step(): Promise<void> {
    const [loop, running] = [this.#loop, this.#running];
    const unit = running.begin('advance', true);
    const over = running.completedHooks;
    const hasEnd = loop.onAdvanceEnd !== Loop.prototype.onAdvanceEnd;
    if (loop.onAdvanceStart !== Loop.prototype.onAdvanceStart && !over.includes('onAdvanceStart')) {
      await this.#hook(unit, 'onAdvanceStart', true);
    }
    if (this.stopped) return;
    if (!over.includes('advance')) await this.#hook(unit, 'advance', hasEnd);
    if (this.stopped) return;
    if (hasEnd) await this.#hook(unit, 'onAdvanceEnd', false);
    if (this.stopped) return;
    if (this.#first) this.#wholeIteration();
    running.uncommitted++;
    this.#done = readDone(loop);
  }

  async #hook(unit: Unit, hook: 'onAdvanceStart' | 'advance' | 'onAdvanceEnd', commits: boolean): Promise<void> {
    const running = this.#running;
    unit.hook = hook;
    const result = this.#call(hook);
    if (isPending(this.#loop, hook, result)) refuseIterator(this.#loop, hook, await result);
    if (this.stopped) return;
    const left = running.settle();
    if (left !== undefined) await left;
    if (this.stopped || !commits) return;
    running.tell({ type: 'loop.hooked', hook, commit: running.commit() });
    // The next hook begins with nothing.
    unit.recall = undefined;
  }

  #call(hook: 'onAdvanceStart' | 'advance' | 'onAdvanceEnd'): unknown {
    const { args } = this.#running;
    const before = enterHook(this.#running);
    try {
      return args.length === 0 ? this.#loop[hook]() : this.#loop[hook](...args);
    } finally {
      leaveHook(before);
    }
  }

  #wholeIteration(): void {
    this.#first = false;
    this.#running.committed();
    if (this.#loop.restarting) this.#loop.restarting = false;
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
    this.#lastCommit = now();
    this.#commitEvery = Math.max(slice, (this.#lastCommit - started) / commitShare);
    return commit;
  }

  #commit(ended?: { reason: any }): void {
    const running = this.#running;
    const commit = this.#capture();
    const [steps, before] = [running.uncommitted, this.#before];
    // A step in which children ran is made of theirs.
    const counted = running.context.inFlight?.ran ? 0 : steps;
    this.#claim(-this.#claimed);
    running.uncommitted = 0;
    this.#before = 0;
    running.committed();
    running.session.assetsBefore.delete(running);
    running.unit = undefined;
    running.tell({
      type: 'loop.advanced',
      steps,
      commit,
      done: this.#done,
      ...(before === 0 ? {} : { before }),
      ...(ended === undefined ? {} : { ended }),
    });
    running.session.due?.(counted);
  }
}
