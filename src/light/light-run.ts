import type { Commit, LoopStateValue } from '../chart/context.ts';
import { plainReason, type Result, resultOf } from '../chart/journal.ts';
import { isEndLoop } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import { isPending, readDone, readSkip, refuseIterator } from '../data/returned.ts';
import { asyncContext, type Within } from '../step/async-context.ts';
import { type Begun, Burst, type StepHook } from '../step/burst.ts';
import { endOutside } from '../step/end-outside.ts';
import { enterHook, leaveHook } from '../step/in-hook.ts';
import type { AskedRun, PendingRun } from '../step/pending.ts';
import type { Runner, SharedByRun } from '../step/runner.ts';
import type { Unit } from '../step/unit.ts';
import { now } from '../time/clock.ts';
import { slice, turn } from '../time/turn.ts';
import { type AnyLoop, overrides } from '../tree/any-loop.ts';
import type { LoopDict } from '../tree/state-dict.ts';
import { hasChildren } from '../tree/tree.ts';
import { Handover, type HookEnd } from './handover.ts';

/** So many steps are taken before the first look at the clock. */
const firstBurst = 128;
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

/** Whether what a run does need not be told now: nobody looks, and nobody waits for a boundary. */
export function isQuiet(running: {
  session: LightSession;
  hasActor: boolean;
  context: { pace: number | null };
}): boolean {
  return allowed && running.session.isQuiet && (!running.hasActor || running.context.pace === null);
}

/** What the loops of one run share, as one without an actor sees it. */
export interface LightSession extends SharedByRun {
  /** Whether nobody looks at the run, and nobody waits for a boundary. */
  readonly isQuiet: boolean;
  /** Called after so many steps of innermost loops. */
  readonly due: ((steps: number) => void) | undefined;
  /** How many of them there may be until somebody wants something. */
  stepsUntilDue(): number;
}

/** A run of a loop, as what calls its hooks while it has no actor sees it; see `Running`. */
export interface LightRunner extends Runner {
  readonly session: LightSession;
  readonly parent: LightRunner | undefined;
  readonly hasActor: boolean;
  /** Whether a stop was asked for: what begins after that takes no step. */
  readonly stops: boolean;
  readonly unit: Unit | undefined;
  within: Within;
  handover: Handover | undefined;
  begin(hook: string, open: boolean): Unit;
  settle(): Promise<void> | undefined;
  commit(): Commit;
  commitIfPlain(): Commit | undefined;
  hold(commit: Commit): void;
  holdWithin(hook: string): void;
  noteGiven(what: AskedRun, given: Result & { dict?: LoopDict }): void;
  abandonChildren(reason: unknown): void;
  failUnit(): void;
  finished(): void;
  gone(): void;
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
  readonly running: LightRunner;
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
  /** A hook of it is about to be called, called, or awaited. */
  #inHook = true;
  /** What has come since the last boundary is not kept yet, and is if somebody looks now. */
  #isBehind = false;
  /** What its actor waits for. */
  #handover: Handover | undefined = undefined;
  /** Which hook of a step that is, if it is one. */
  #step: StepHook | undefined = undefined;
  /** What the last hook returned. */
  #result: unknown = undefined;
  /** What `done` said after it, if it has been read. */
  #doneRead: boolean | undefined = undefined;
  #burst: Burst | undefined = undefined;
  /** Steps that others have been told of. */
  counted = 0;
  /** When the event loop is to have its turn. */
  #deadline = 0;
  #lastKept = 0;
  #keepEvery = slice;

  constructor(running: LightRunner, pending: PendingRun, what: AskedRun) {
    begun++;
    this.#loop = running.loop;
    this.#pending = pending;
    this.what = what;
    this.running = running;
    // One microtask later, as its actor would: children that are asked for one after another begin in that order.
    void this.#drive();
  }

  /** Its machine has been spawned, and is about to be told where the run stands. */
  seated(): void {
    this.halt();
    if (this.#isBehind) this.#keepIfPlain();
    if (!this.#inHook) return;
    this.#handover = new Handover();
    this.running.handover = this.#handover;
  }

  /** It takes no further step. */
  halt(): void {
    if (this.#burst === undefined) return;
    this.#burst.stopped = true;
    this.#burst.attention = true;
  }

  async #drive(): Promise<void> {
    await undefined;
    if (this.running.ended) {
      this.running.gone();
      return;
    }
    try {
      const rest = this.#hooks();
      if (rest !== undefined) await rest;
    } catch (error) {
      this.#threw(error);
    }
  }

  /** The hooks in their order, for as long as none has to be awaited. @returns what there is to wait for then */
  #hooks(): Promise<void> | undefined {
    this.#result = this.#skips();
    if (this.#over()) return undefined;
    if (this.#result === true) {
      this.#boundary('skipped');
      const skipped = this.#call('onSkip');
      return skipped === undefined ? this.#lastOver() : skipped.then(() => this.#lastOver());
    }
    let steps: Promise<void> | undefined;
    try {
      this.#boundary('resetting');
      const reset = this.#call('reset');
      steps = reset === undefined ? this.#afterReset() : reset.then(() => this.#afterReset());
    } catch (error) {
      this.#mayEnd(error);
    }
    if (steps === undefined) return this.#ending();
    return this.#endingAfter(steps);
  }

  #afterReset(): Promise<void> | undefined {
    if (this.#over()) return undefined;
    if (!overrides(this.#loop, 'onRunStart')) return this.#afterStart();
    this.#boundary('starting');
    const started = this.#call('onRunStart');
    if (started !== undefined) return started.then(() => (this.#over() ? undefined : this.#afterStart()));
    return this.#over() ? undefined : this.#afterStart();
  }

  #afterStart(): Promise<void> | undefined {
    this.#isBehind = true;
    this.value = 'starting';
    this.#readDone();
    this.#isBehind = false;
    if (this.#over()) return undefined;
    const goesOn = this.done === false && !this.running.stops;
    this.#boundary(goesOn ? 'advancing' : 'ending');
    return goesOn ? this.#steps() : undefined;
  }

  async #endingAfter(steps: Promise<void>): Promise<void> {
    try {
      await steps;
    } catch (error) {
      this.#mayEnd(error);
    }
    await this.#ending();
  }

  /** A hook threw: perhaps to end its own loop. */
  #mayEnd(error: unknown): void {
    if (this.#handsOver({ error }) || this.#isLeft()) return;
    if (!isEndLoop(error, this.#loop)) throw error;
    this.running.abandonChildren(error);
    this.ended = { reason: plainReason(error.reason) };
    this.#boundary('ending');
  }

  #ending(): Promise<void> | undefined {
    if (this.#isLeft()) return undefined;
    const loop = this.#loop;
    if (loop.restarting) loop.restarting = false;
    this.#result = undefined;
    if (overrides(loop, 'onRunEnd')) {
      const ended = this.#call('onRunEnd');
      if (ended !== undefined) return ended.then(() => this.#lastOver());
      if (this.#over()) return undefined;
    }
    this.#end();
    return undefined;
  }

  #lastOver(): undefined {
    if (!this.#over()) this.#end();
  }

  #skips(): boolean {
    this.running.begin('skip', true);
    const before = enterHook(this.running);
    try {
      return readSkip(this.#loop);
    } finally {
      leaveHook(before);
    }
  }

  /** Reads `done`, which belongs to the hook before it. */
  #readDone(): void {
    this.#inHook = true;
    this.#step = undefined;
    this.#result = undefined;
    this.done = readDone(this.#loop);
    this.#doneRead = this.done;
  }

  /** Whether it goes on here no more: its actor goes on with it, or nobody does. */
  #isLeft(): boolean {
    const { running } = this;
    if (running.hasActor) return true;
    if (running.ended) running.gone();
    return running.ended;
  }

  /** A hook is over. Whether the run is left: then its actor, if it has got one meanwhile, is given what came of the hook. */
  #over(): boolean {
    const value = this.#result;
    const done = this.#doneRead;
    this.#doneRead = undefined;
    return this.#handsOver(done === undefined ? { value } : { value, done }) || this.#isLeft();
  }

  /** Whether there is an actor that waits for the hook. */
  #handsOver(end: HookEnd): boolean {
    this.#inHook = false;
    if (this.#handover === undefined) return false;
    const handover = this.#handover;
    this.#handover = undefined;
    this.running.within = asyncContext();
    handover.over(this.#step, end);
    return true;
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
    this.running.begin(hook, true);
    this.#step = undefined;
    const result = this.#invoke(hook);
    if (isPending(this.#loop, hook, result)) return this.#wait(hook, result);
    this.#result = result;
    return this.#settle();
  }

  #invoke(hook: 'onSkip' | 'reset' | 'onRunStart' | 'onRunEnd' | StepHook): unknown {
    const { loop, args } = this.running;
    this.#inHook = true;
    const before = enterHook(this.running);
    try {
      return args.length === 0 ? loop[hook]() : loop[hook](...args);
    } finally {
      leaveHook(before);
    }
  }

  async #wait(hook: string, result: PromiseLike<unknown>): Promise<void> {
    this.#result = await result;
    refuseIterator(this.#loop, hook, this.#result);
    const left = this.#settle();
    if (left !== undefined) await left;
  }

  /** The children that the hook has not awaited; its actor, if it has got one, sees to them itself. */
  #settle(): Promise<void> | undefined {
    return this.running.ended || this.running.hasActor ? undefined : this.running.settle();
  }

  /** Steps, until there are no more. @returns what there is to wait for */
  #steps(): Promise<void> | undefined {
    const burst = new Burst(this.running);
    this.#burst = burst;
    if (hasChildren(this.#loop)) return this.#stepsWithChildren(burst);
    this.running.begin('advance', false);
    const slow = this.#sprint(burst);
    if (slow !== undefined || !burst.done) return this.#moreSteps(burst, slow);
    if (!this.#over()) this.#stepsOver();
    return undefined;
  }

  #beginSlice(): void {
    this.#deadline = now() + slice;
  }

  /** There are no more. */
  #stepsOver(): void {
    this.done = true;
    this.#boundary('ending');
    this.#count(this.running.uncommitted - this.counted);
  }

  /** Others may want something after so many steps. */
  #count(steps: number): void {
    this.counted += steps;
    if (steps > 0) this.running.session.due?.(steps);
  }

  /** Steps of a loop without children, as long as no hook returns a promise. @returns the hook that did */
  #sprint(burst: Burst): Begun | undefined {
    this.#inHook = true;
    this.#step = undefined;
    // At first the clock is not looked at, for most children are short.
    const most = this.#deadline === 0 ? firstBurst : burstLimit;
    const limit = Math.max(1, Math.min(most, this.running.session.stepsUntilDue()));
    const slow = burst.sprint(limit, this.#deadline);
    this.#step = slow?.hook;
    this.#result = slow?.result;
    if (slow === undefined) this.#doneRead = burst.done;
    return slow;
  }

  /** Steps of a loop without children that are more than could be taken at once, or slow. */
  async #moreSteps(burst: Burst, first: Begun | undefined): Promise<void> {
    const { session } = this.running;
    let slow = first;
    let walks = false;
    this.#beginSlice();
    this.#lastKept = now();
    for (;;) {
      // Somebody may have looked from within the hook.
      if (slow !== undefined && !this.running.hasActor) {
        walks = true;
        await burst.finish(slow);
        this.#awaited(burst);
      }
      if (this.#over()) return;
      if (burst.done) {
        this.#stepsOver();
        return;
      }
      this.#count(this.running.uncommitted - this.counted);
      if (this.#isLeft()) return;
      const seen = now();
      if (session.keeps && (walks || seen >= this.#deadline)) this.#keep(seen, walks);
      if (seen >= this.#deadline) {
        this.#inHook = true;
        await turn();
        this.#doneRead = false;
        if (this.#over()) return;
        this.#beginSlice();
      }
      slow = undefined;
      this.#inHook = true;
      if (walks) {
        await burst.walk(1);
        this.#awaited(burst);
      } else {
        slow = this.#sprint(burst);
      }
    }
  }

  /** Steps that were awaited are over, or were left in a hook. */
  #awaited(burst: Burst): void {
    this.#step = burst.hook;
    this.#result = undefined;
    if (burst.hook === undefined) this.#doneRead = burst.done;
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
    const hasEnd = overrides(loop, 'onAdvanceEnd');
    const hooks: StepHook[] = hasEnd ? ['advance', 'onAdvanceEnd'] : ['advance'];
    if (overrides(loop, 'onAdvanceStart')) hooks.unshift('onAdvanceStart');
    for (;;) {
      const unit = running.begin('advance', true);
      for (const hook of hooks) {
        unit.hook = hook;
        this.#step = hook;
        const result = this.#invoke(hook);
        this.#result = isPending(loop, hook, result) ? await result : result;
        refuseIterator(loop, hook, this.#result);
        const left = this.#settle();
        if (left !== undefined) await left;
        if (this.#over()) return;
        if (hook !== hooks.at(-1)) running.holdWithin(hook);
      }
      if (burst.first) burst.wholeIteration();
      running.uncommitted++;
      this.#readDone();
      if (this.#over()) return;
      this.#boundary(this.done ? 'ending' : 'advancing');
      // A step in which children ran is made of theirs.
      this.#count(unit.ran ? 0 : 1);
      if (this.done || this.#isLeft()) return;
      const others = running.session.turnIfDue();
      if (others === undefined) continue;
      this.#inHook = true;
      await others;
      this.#doneRead = false;
      if (this.#over()) return;
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
    if (this.#handsOver({ error: thrown }) || this.#isLeft()) return;
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
