import { enterHook, leaveHook } from '../actors/in-hook.ts';
import { isPending, readDone, readSkip, refuseIterator } from '../actors/returned.ts';
import { Running } from '../actors/running.ts';
import type { Commit, LoopStateValue } from '../chart/context.ts';
import { plainReason, resultOf } from '../chart/journal.ts';
import type { Json } from '../data/json.ts';
import { isEndLoop } from '../errors.ts';
import { Loop } from '../loop.ts';
import { type Begun, Burst, type StepHook } from '../step/burst.ts';
import { endOutside } from '../step/end-outside.ts';
import type { AskedRun, PendingRun } from '../step/pending.ts';
import { now, soon } from '../time/clock.ts';
import { slice, turn } from '../time/turn.ts';
import { type AnyLoop, hasChildren } from '../tree/tree.ts';
import { Handover, type HookEnd } from './handover.ts';

/** So many steps may be taken between two looks at what others want. */
const burstLimit = 256;
/** Keeping the state may take this share of the time; where it is large, it is kept less often. */
const keepingShare = 1 / 20;

let begun = 0;
let allowed = true;

/** For tests: how many child runs have begun without an actor. */
export function lightRuns(): number {
  return begun;
}

/** For tests, which compare: whether child runs may begin without an actor. */
export function allowLight(on: boolean): void {
  allowed = on;
}

/** Whether a child that this run asks for may run without an actor: nobody looks, and nobody waits for a boundary. */
export function mayBeLight(parent: Running): boolean {
  if (!allowed || !parent.session.isQuiet) return false;
  return !parent.hasActor || (parent.isItself && parent.context.pace === null);
}

/**
 * The run of a child without an actor, for as long as nobody looks: its hooks are called one after another, in the order
 * that the chart has them in, and nobody is told. What a resume would need is kept: see `Held`.
 *
 *     child.run()  ->  skip > reset > onRunStart > steps > onRunEnd  ->  the output, to the parent's step
 *                            |
 *                            | somebody looks, pauses, wants a checkpoint …  (`Session.show`)
 *                            v
 *                      its machine is spawned and told where the run stands. What came of the hook in flight is handed
 *                      over (`Handover`), and the machine's actors call the hooks from there on
 */
export class LightRun {
  readonly running: Running;
  /** What the parent's step asked for. */
  readonly what: AskedRun;
  /** The state of the chart that it would be in. */
  value: LoopStateValue = 'entering';
  /** What `done` said last. */
  done: boolean | null = null;
  /** `end` was thrown for it. */
  ended: { reason: Json } | undefined = undefined;
  /** It has come to its first boundary; before, its actor begins it. */
  hasBegun = false;

  readonly #pending: PendingRun;
  readonly #loop: AnyLoop;
  /** A hook of it is called or awaited. */
  #inHook = false;
  /** What has come since the last boundary is not kept yet, and is if somebody looks now. */
  #isBehind = false;
  /** What its actor waits for. */
  #handover: Handover | undefined = undefined;
  /** What the last hook returned. */
  #result: unknown = undefined;
  #burst: Burst | undefined = undefined;
  /** Steps that others have been told of. */
  counted = 0;
  /** When the event loop is to have its turn. */
  #deadline = 0;
  #lastKept = 0;
  #keepEvery = slice;

  constructor(parent: Running, loop: AnyLoop, pending: PendingRun, what: AskedRun) {
    begun++;
    this.#loop = loop;
    this.#pending = pending;
    this.what = what;
    this.running = new Running(loop, undefined, parent, pending.args);
    this.running.light = this;
    pending.running = this.running;
    pending.attached = true;
    // One microtask later, as its actor would: children that are asked for one after another begin in that order.
    soon(() => void this.#drive());
  }

  /** Its machine has been spawned, and is about to be told where the run stands. */
  seated(): void {
    this.#halt();
    if (this.#isBehind) this.#keepIfPlain();
    if (!this.#inHook) return;
    this.#handover = new Handover();
    this.running.handover = this.#handover;
  }

  #halt(): void {
    if (this.#burst === undefined) return;
    this.#burst.stopped = true;
    this.#burst.attention = true;
  }

  async #drive(): Promise<void> {
    this.running.whenAborted = () => this.#halt();
    if (this.#isLeft()) return;
    try {
      await this.#hooks();
    } catch (error) {
      this.#threw(error);
    }
  }

  /** The hooks in their order. Whatever is awaited, the run may have been left meanwhile. */
  async #hooks(): Promise<void> {
    const loop = this.#loop;
    const skips = this.#skips();
    if (this.#isLeft()) return;
    if (skips) {
      this.#boundary('skipped');
      const over = this.#call('onSkip');
      if (over !== undefined) await over;
      if (!this.#isLeft()) this.#end();
      return;
    }
    try {
      this.#boundary('resetting');
      const reset = this.#call('reset');
      if (reset !== undefined) await reset;
      if (this.#isLeft()) return;
      if (loop.onRunStart !== Loop.prototype.onRunStart) {
        this.#boundary('starting');
        const started = this.#call('onRunStart');
        if (started !== undefined) await started;
        if (this.#isLeft()) return;
      }
      this.#readFirst();
      if (this.#isLeft()) return;
      if (this.#goesOn()) {
        this.#boundary('advancing');
        const steps = this.#steps();
        if (steps !== undefined) await steps;
        if (this.#isLeft()) return;
      } else {
        this.#boundary('ending');
      }
    } catch (error) {
      if (this.#isLeft()) return;
      if (!isEndLoop(error, loop)) throw error;
      this.running.abandonChildren(error);
      this.ended = { reason: plainReason(error.reason) };
      this.#boundary('ending');
    }
    if (this.#isLeft()) return;
    if (loop.restarting) loop.restarting = false;
    this.#result = undefined;
    if (loop.onRunEnd !== Loop.prototype.onRunEnd) {
      const over = this.#call('onRunEnd');
      if (over !== undefined) await over;
      if (this.#isLeft()) return;
    }
    this.#end();
  }

  #skips(): boolean | undefined {
    this.running.begin('skip', true);
    this.#inHook = true;
    const before = enterHook(this.running);
    let skips: boolean;
    try {
      skips = readSkip(this.#loop);
    } catch (error) {
      if (this.#handsOver(undefined, { error })) return undefined;
      throw error;
    } finally {
      leaveHook(before);
    }
    this.#handsOver(undefined, { value: skips });
    return skips;
  }

  /** Whether there is a first step. It belongs to `onRunStart`, be that the loop's own or not. */
  #readFirst(): void {
    this.value = 'starting';
    this.#isBehind = true;
    this.done = this.#readDone();
    this.#isBehind = false;
  }

  #readDone(): boolean {
    this.#inHook = true;
    let done: boolean;
    try {
      done = readDone(this.#loop);
    } catch (error) {
      if (this.#handsOver(undefined, { error })) return true;
      throw error;
    }
    this.#handsOver(undefined, { value: undefined, done });
    return done;
  }

  /** Whether there is a step to take: there is none in a run that begins after a stop was asked for. */
  #goesOn(): boolean {
    return this.done === false && !this.running.stops;
  }

  /** Whether it goes on here no more: its actor goes on with it, or nobody does. */
  #isLeft(): boolean {
    const { running } = this;
    if (running.hasActor) return true;
    if (running.ended) running.gone();
    return running.ended;
  }

  /** What comes before is over: a resume would go on from here. */
  #boundary(value: LoopStateValue): void {
    this.value = value;
    if (this.running.session.keeps) this.running.hold(this.running.commit());
    this.hasBegun = true;
  }

  #keepIfPlain(): void {
    const commit = this.running.commitIfPlain();
    if (commit !== undefined) this.running.hold(commit);
    this.hasBegun = true;
  }

  /** Calls a hook. @returns what there is to wait for */
  #call(hook: 'onSkip' | 'reset' | 'onRunStart' | 'onRunEnd'): Promise<void> | undefined {
    if (this.#isLeft()) return undefined;
    this.running.begin(hook, true);
    return this.#called(hook, undefined);
  }

  /** @param step the same hook, if it is one of a step */
  #called(hook: 'onSkip' | 'reset' | 'onRunStart' | 'onRunEnd' | StepHook, step: StepHook | undefined) {
    const [loop, running] = [this.#loop, this.running];
    const { args } = running;
    this.#inHook = true;
    const before = enterHook(running);
    let result: unknown;
    try {
      result = args.length === 0 ? loop[hook]() : loop[hook](...args);
    } catch (error) {
      if (this.#handsOver(step, { error })) return undefined;
      throw error;
    } finally {
      leaveHook(before);
    }
    if (isPending(loop, hook, result)) return this.#wait(hook, step, result);
    const left = running.ended || running.hasActor ? undefined : running.settle();
    if (left !== undefined) return this.#settle(step, left, result);
    if (!this.#handsOver(step, { value: result })) this.#result = result;
    return undefined;
  }

  async #wait(hook: string, step: StepHook | undefined, result: PromiseLike<unknown>): Promise<void> {
    let value: unknown;
    try {
      value = await result;
      refuseIterator(this.#loop, hook, value);
    } catch (error) {
      if (this.#handsOver(step, { error })) return;
      throw error;
    }
    const left = this.running.ended || this.running.hasActor ? undefined : this.running.settle();
    if (left !== undefined) await this.#settle(step, left, value);
    else if (!this.#handsOver(step, { value })) this.#result = value;
  }

  /** The children that the hook has not awaited. */
  async #settle(step: StepHook | undefined, left: Promise<void>, value: unknown): Promise<void> {
    try {
      await left;
    } catch (error) {
      if (this.#handsOver(step, { error })) return;
      throw error;
    }
    if (!this.#handsOver(step, { value })) this.#result = value;
  }

  /** A hook is over. Whether the run has got an actor meanwhile, which goes on from there. */
  #handsOver(step: StepHook | undefined, end: HookEnd): boolean {
    this.#inHook = false;
    if (this.#handover === undefined) return false;
    this.#handover.over(step, end);
    return true;
  }

  /** Steps, until there are no more. @returns what there is to wait for */
  #steps(): Promise<void> | undefined {
    const burst = new Burst(this.running);
    this.#burst = burst;
    this.#beginSlice();
    this.#lastKept = this.#deadline - slice;
    if (hasChildren(this.#loop)) return this.#stepsWithChildren(burst);
    this.running.begin('advance', false);
    const slow = this.#sprint(burst);
    if (slow !== undefined || !burst.done) return this.#moreSteps(burst, slow);
    this.#stepsOver();
    return undefined;
  }

  #beginSlice(): void {
    this.#deadline = now() + slice;
  }

  /** There are no more. */
  #stepsOver(): void {
    this.done = true;
    if (this.#isLeft()) return;
    this.#boundary('ending');
    this.#count(this.running.uncommitted - this.counted);
  }

  /** Others may want something after so many steps. */
  #count(steps: number): void {
    this.counted += steps;
    if (steps > 0) this.running.session.due?.(steps);
  }

  get #limit(): number {
    return Math.max(1, Math.min(burstLimit, this.running.session.stepsUntilDue()));
  }

  /** Steps of a loop without children, as long as no hook returns a promise. @returns the hook that did */
  #sprint(burst: Burst): Begun | undefined {
    this.#inHook = true;
    let slow: Begun | undefined;
    try {
      slow = burst.sprint(this.#limit, this.#deadline);
    } catch (error) {
      if (this.#handsOver(undefined, { error })) return undefined;
      throw error;
    }
    // Somebody looked from within the hook.
    if (slow === undefined) this.#handsOver(undefined, { value: undefined, done: burst.done });
    else if (this.running.hasActor) this.#handsOver(slow.hook, { value: slow.result });
    return slow;
  }

  /** Steps that are awaited. */
  async #walk(burst: Burst, steps: () => Promise<void>): Promise<void> {
    this.#inHook = true;
    try {
      await steps();
    } catch (error) {
      if (this.#handsOver(burst.hook, { error })) return;
      throw error;
    }
    const end = { value: undefined };
    this.#handsOver(burst.hook, burst.hook === undefined ? { ...end, done: burst.done } : end);
  }

  /** Steps of a loop without children that are more than could be taken at once, or slow. */
  async #moreSteps(burst: Burst, first: Begun | undefined): Promise<void> {
    const { session } = this.running;
    let slow = first;
    let walks = false;
    for (;;) {
      if (slow !== undefined && !this.running.hasActor) {
        walks = true;
        const begun = slow;
        await this.#walk(burst, () => burst.finish(begun));
      }
      if (this.#isLeft()) return;
      if (burst.done) {
        this.#stepsOver();
        return;
      }
      this.#count(this.running.uncommitted - this.counted);
      if (this.#isLeft()) return;
      const seen = now();
      if (session.keeps && (walks || seen >= this.#deadline)) this.#keep(seen, walks);
      if (seen >= this.#deadline) {
        await turn();
        if (this.#isLeft()) return;
        this.#beginSlice();
      }
      slow = undefined;
      if (walks) await this.#walk(burst, () => burst.walk(1));
      else slow = this.#sprint(burst);
    }
  }

  /**
   * A boundary in the middle of the steps. Before each step that may linger there is one: a checkpoint that is taken
   * beside it has all whole steps then.
   */
  #keep(seen: number, lingers: boolean): void {
    const isDue = seen - this.#lastKept >= this.#keepEvery;
    if (!isDue && !(lingers && this.#keepEvery <= 5 * slice)) return;
    this.done = false;
    this.#boundary('advancing');
    this.#lastKept = now();
    this.#keepEvery = Math.max(slice, (this.#lastKept - seen) / keepingShare);
  }

  /** Steps of a loop with children: the state before each of its hooks is kept, so that it can be run again from there. */
  async #stepsWithChildren(burst: Burst): Promise<void> {
    const [loop, running] = [this.#loop, this.running];
    const hasStart = loop.onAdvanceStart !== Loop.prototype.onAdvanceStart;
    const hasEnd = loop.onAdvanceEnd !== Loop.prototype.onAdvanceEnd;
    for (;;) {
      const unit = running.begin('advance', true);
      if (hasStart) {
        unit.hook = 'onAdvanceStart';
        const over = this.#called('onAdvanceStart', 'onAdvanceStart');
        if (over !== undefined) await over;
        if (this.#isLeft()) return;
        running.holdWithin('onAdvanceStart');
      }
      unit.hook = 'advance';
      const over = this.#called('advance', 'advance');
      if (over !== undefined) await over;
      if (this.#isLeft()) return;
      if (hasEnd) {
        running.holdWithin('advance');
        unit.hook = 'onAdvanceEnd';
        const ended = this.#called('onAdvanceEnd', 'onAdvanceEnd');
        if (ended !== undefined) await ended;
        if (this.#isLeft()) return;
      }
      if (burst.first) burst.wholeIteration();
      running.uncommitted++;
      this.done = this.#readDone();
      if (this.#isLeft()) return;
      this.#boundary(this.done ? 'ending' : 'advancing');
      // A step in which children ran is made of theirs.
      this.#count(unit.ran ? 0 : 1);
      if (this.done || this.#isLeft()) return;
      const given = running.session.turnIfDue();
      if (given !== undefined) await given;
      if (this.#isLeft()) return;
    }
  }

  #end(): void {
    const { running, what } = this;
    const { session } = running;
    const parent = running.parent!;
    const output = this.#result;
    if (session.strict)
      running.checkOutput(output, `what ${this.value === 'skipped' ? 'onSkip' : 'onRunEnd'} returned`);
    const commit = session.keeps ? running.commit() : undefined;
    running.finished();
    if (commit !== undefined) parent.noteGiven(what, { ...resultOf({ output }), dict: dictOf(commit) });
    parent.unit?.childEnded(what.run, this.#pending, { output });
  }

  #threw(thrown: unknown): void {
    const { running, what } = this;
    if (this.#isLeft()) return;
    const parent = running.parent!;
    const error = endOutside(running, hookOf(this.value), thrown);
    const commit = running.session.keeps ? running.commitIfPlain() : undefined;
    running.failUnit();
    running.abort(error);
    if (running.session.keeps) parent.noteGiven(what, { ...resultOf({ error }), dict: dictOf(commit) });
    parent.unit?.childEnded(what.run, this.#pending, { error });
  }
}

function dictOf({ state, progress, children = {} }: Commit = { state: null, progress: {}, restarting: false }) {
  return { state, progress, children };
}

/** What a hook is called in errors. */
function hookOf(value: LoopStateValue): string {
  switch (value) {
    case 'skipped':
      return 'onSkip';
    case 'resetting':
      return 'reset';
    case 'starting':
      return 'onRunStart';
    case 'ending':
      return 'onRunEnd';
    case 'entering':
      return 'skip';
    default:
      return 'a step';
  }
}
