import type { Commit, LoopStateValue } from '../chart/context.ts';
import { plainReason, resultOf } from '../chart/journal.ts';
import { isEndLoop } from '../data/errors.ts';
import { checkOutput } from '../data/plain-output.ts';
import { readSkip, refuseIterator } from '../data/returned.ts';
import { endOutside } from '../step/end-outside.ts';
import { enterHook, leaveHook } from '../step/in-hook.ts';
import { isAwaited } from '../step/is-awaited.ts';
import type { AskedRun, PendingRun } from '../step/pending.ts';
import { type AnyLoop, overrides } from '../tree/any-loop.ts';
import { partOfState } from '../tree/part-of-state.ts';
import type { LightRunner } from './light-runner.ts';
import { LightSteps } from './light-steps.ts';
import { Place } from './place.ts';

let begun = 0;

/** For tests: how many child runs have begun without an actor. */
export function lightRuns(): number {
  return begun;
}

/** Whoever has begun a root, and is told how it ended. */
interface Ended {
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

/** The hooks that run once in a run. */
type SingleHook = 'onSkip' | 'reset' | 'onRunStart' | 'onRunEnd';

/**
 * A run without an actor: of a child, for as long as nobody looks; or of a root that nobody can look at (`unseen.ts`). Its
 * hooks are called one after another, in the order that the chart has them in, and nobody is told. What a resume would
 * need is kept: see `Held`.
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
  readonly place: Place;

  /** What the parent's step asked for. */
  #what: AskedRun | undefined = undefined;
  #pending: PendingRun | undefined = undefined;
  /** Of a root: who is told how it ended. */
  #alone: Ended | undefined = undefined;
  #steps: LightSteps | undefined = undefined;
  /** A promise of itself, by which it begins in a turn of its own. It is made once, for this object is used for many runs. */
  #soon: Promise<LightRun> | undefined = undefined;

  constructor(running: LightRunner) {
    this.running = running;
    this.place = new Place(running);
  }

  /**
   * The run begins, when the code that has asked for it goes on: as its actor would, so that children that are asked for one
   * after another begin in that order. One that has ended may begin again.
   */
  begin(pending: PendingRun, what: AskedRun): void {
    begun++;
    this.#what = what;
    this.#pending = pending;
    this.#soon ??= Promise.resolve(this);
    void this.#soon.then(LightRun.#drive);
  }

  /** The run of a root begins: its first hooks are called at once, as its actor would call them. */
  beginAlone(ended: Ended): void {
    this.#alone = ended;
    LightRun.#drive(this);
  }

  /** What the parent's step asked for. */
  get what(): AskedRun {
    return this.#what!;
  }

  /** Steps that others have been told of. */
  get counted(): number {
    return this.#steps?.counted ?? 0;
  }

  /** Its machine has been spawned, and is about to be told where the run stands. */
  seated(): void {
    this.halt();
    this.place.seated();
  }

  /** It takes no further step. */
  halt(): void {
    this.#steps?.halt();
  }

  /** One function for all runs, which are its argument: to make one for each would take time. */
  static readonly #drive = (run: LightRun): void => {
    if (run.running.ended) {
      run.running.gone();
      return;
    }
    run.running.parent?.unit?.awaits.codeWaits();
    try {
      const rest = run.#hooks();
      if (rest !== undefined) void rest.catch((error) => run.#threw(error));
    } catch (error) {
      run.#threw(error);
    }
  };

  /** The hooks in their order, for as long as none has to be awaited. @returns what there is to wait for then */
  #hooks(): Promise<void> | undefined {
    const { place } = this;
    place.result = this.#skips();
    if (place.isOver()) return undefined;
    if (place.result === true) {
      place.boundary('skipped');
      const skipped = this.#call('onSkip');
      return skipped === undefined ? this.#lastOver() : skipped.then(() => this.#lastOver());
    }
    let rest: Promise<void> | undefined;
    try {
      place.boundary('resetting');
      const reset = this.#call('reset');
      rest = reset === undefined ? this.#afterReset() : reset.then(() => this.#afterReset());
    } catch (error) {
      this.#mayEnd(error);
    }
    return rest === undefined ? this.#ending() : this.#endingAfter(rest);
  }

  #skips(): boolean {
    this.running.begin('skip', true);
    const before = enterHook(this.running);
    try {
      return readSkip(this.running.loop);
    } finally {
      leaveHook(before);
    }
  }

  #afterReset(): Promise<void> | undefined {
    const { place } = this;
    if (place.isOver()) return undefined;
    if (!overrides(this.running.loop, 'onRunStart')) return this.#afterStart();
    place.boundary('starting');
    const started = this.#call('onRunStart');
    if (started !== undefined) return started.then(() => (place.isOver() ? undefined : this.#afterStart()));
    return place.isOver() ? undefined : this.#afterStart();
  }

  #afterStart(): Promise<void> | undefined {
    const { place, running } = this;
    place.readFirst();
    if (place.isOver()) return undefined;
    if (place.done || running.stops) {
      place.boundary('ending');
      return undefined;
    }
    place.boundary('advancing');
    this.#steps ??= new LightSteps(running, place);
    return running.parent === undefined ? this.#stepsLater(this.#steps) : this.#steps.take();
  }

  /** Whoever has begun a root goes on before its first step. */
  async #stepsLater(steps: LightSteps): Promise<void> {
    await undefined;
    await steps.take();
  }

  async #endingAfter(rest: Promise<void>): Promise<void> {
    try {
      await rest;
    } catch (error) {
      this.#mayEnd(error);
    }
    await this.#ending();
  }

  /** A hook threw: perhaps to end its own loop. */
  #mayEnd(error: unknown): void {
    const { place, running } = this;
    if (place.handsOver({ error }) || place.isLeft()) return;
    if (!isEndLoop(error, running.loop)) throw error;
    running.abandonChildren(error);
    place.ended = { reason: plainReason(error.reason) };
    place.boundary('ending');
    this.#steps?.brokenOff();
  }

  #ending(): Promise<void> | undefined {
    const { place } = this;
    if (place.isLeft()) return undefined;
    const { loop } = this.running;
    if (loop.restarting) loop.restarting = false;
    place.result = undefined;
    if (overrides(loop, 'onRunEnd')) {
      const ended = this.#call('onRunEnd');
      if (ended !== undefined) return ended.then(() => this.#lastOver());
      if (place.isOver()) return undefined;
    }
    this.#end();
    return undefined;
  }

  #lastOver(): undefined {
    if (!this.place.isOver()) this.#end();
  }

  /** Calls a hook. @returns what there is to wait for */
  #call(hook: SingleHook): Promise<void> | undefined {
    const { running, place } = this;
    const { loop } = running;
    running.begin(hook, true);
    place.enter();
    place.step = undefined;
    const before = enterHook(running);
    let result: unknown;
    try {
      result = called(loop, hook, running.args);
    } finally {
      leaveHook(before);
    }
    if (isAwaited(running, hook, result)) return this.#wait(hook, result);
    place.result = result;
    return this.#settle();
  }

  async #wait(hook: SingleHook, result: PromiseLike<unknown>): Promise<void> {
    const value = await result;
    this.place.result = value;
    refuseIterator(this.running.loop, hook, value);
    const left = this.#settle();
    if (left !== undefined) await left;
  }

  /** The children that the hook has not awaited; its actor, if it has got one, sees to them itself. */
  #settle(): Promise<void> | undefined {
    const { running } = this;
    return running.ended || running.hasActor ? undefined : running.settle();
  }

  #end(): void {
    const { running, place } = this;
    const { session, parent } = running;
    const output = place.result;
    if (parent === undefined) {
      running.commit();
      running.finished();
      this.#alone!.resolve(output);
      return;
    }
    const [pending, what] = [this.#pending!, this.#what!];
    if (session.strict) checkOutput(output, `what ${hookOf(place.value)} returned`, running.path);
    const left = session.keeps ? parent.leftBy(running.loop) : undefined;
    this.#letGo();
    running.finished();
    if (left !== undefined) parent.noteGiven(what, resultOf({ output, part: partOfState(running.loop, output) }), left);
    parent.unit?.childEnded(pending, { output });
  }

  /** It holds nothing of the run any more, and nobody holds it: it may begin again. */
  #letGo(): void {
    this.#pending!.running = undefined;
    this.#pending = undefined;
    this.#what = undefined;
    this.place.renew();
    this.#steps?.renew();
  }

  #threw(thrown: unknown): void {
    const { running, place } = this;
    if (place.handsOver({ error: thrown }) || place.isLeft()) return;
    const { keeps } = running.session;
    const { parent } = running;
    this.#steps?.brokenOff();
    const error = endOutside(running, hookOf(place.value), thrown);
    const commit = keeps ? running.commitIfPlain() : undefined;
    running.failUnit();
    running.abort(error);
    if (parent === undefined) {
      this.#alone!.reject(error);
      return;
    }
    if (keeps) parent.noteGiven(this.what, resultOf({ error }), dictOf(commit));
    parent.unit?.childEnded(this.#pending!, { error });
  }
}

function dictOf({ state, progress, children = {} }: Commit = { state: null, progress: {}, restarting: false }) {
  return { state, progress, children };
}

/** What a hook returns. A member is found sooner by a name that stands in the code than by one that is given. */
function called(loop: AnyLoop, hook: SingleHook, args: unknown[]): unknown {
  switch (hook) {
    case 'onSkip':
      return loop.onSkip(...args);
    case 'reset':
      return loop.reset(...args);
    case 'onRunStart':
      return loop.onRunStart(...args);
    case 'onRunEnd':
      return loop.onRunEnd(...args);
  }
}

/** What the hook of a state is called in errors. */
function hookOf(value: LoopStateValue): string {
  const hooks: Partial<Record<LoopStateValue, string>> = {
    entering: 'skip',
    skipped: 'onSkip',
    resetting: 'reset',
    starting: 'onRunStart',
    ending: 'onRunEnd',
  };
  return hooks[value] ?? 'a step';
}
