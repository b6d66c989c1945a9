import type { LoopContext } from '../chart/context.ts';
import { type Asked, type Got, givenIn, plainArgs, type Result } from '../chart/journal.ts';
import { LoopError } from '../data/errors.ts';
import { alreadyRunning } from '../tree/already-running.ts';
import { type AnyLoop, host } from '../tree/any-loop.ts';
import { putState } from '../tree/state-dict.ts';
import { childNamed, isLoop, pathOf } from '../tree/tree.ts';
import type { UnitOfOnce } from './call.ts';
import { Giving } from './giving.ts';
import { Onces } from './once.ts';
import { OwnAwait, reaction } from './own-await.ts';
import { type AskedRun, type ChildThatRuns, type Pending, PendingRun } from './pending.ts';
import { type Answer, Recall } from './recall.ts';
import { type How, revived } from './remembered.ts';
import type { Runner } from './runner.ts';
import { keyWithin } from './scope.ts';
import { UnderWay } from './under-way.ts';

/**
 * A hook or a step in flight: the runs of children and the calls of `once` that its code has asked for. Steps of a loop
 * without children that are taken in one go share one.
 */
export class Unit implements UnitOfOnce {
  readonly running: Runner;
  /** Children may be run: the state before it is in the context. */
  open: boolean;
  /** The hook that runs; of a step, the one that it has come to. */
  hook: string;
  /** It was in flight when the checkpoint was taken that this run came from: what it got then it gets again. */
  recall: Recall | undefined;

  /** Children have been run in it. */
  ran: boolean;

  readonly awaits: OwnAwait = new OwnAwait();

  #children: UnderWay | undefined = undefined;
  /** A run that was asked for without arguments. */
  #lastAsked: AskedRun | undefined = undefined;
  #onces: Onces | undefined = undefined;
  #giving: Giving | undefined = undefined;
  /** Children that failed before anybody had awaited them. */
  #lost: { run: PendingRun; reason: unknown }[] | undefined = undefined;
  /** It asked for something else than before, or cannot be given what it had got: whatever its code makes of that, it has failed. */
  #mismatch: LoopError | undefined = undefined;

  /** @param inFlight what it had got before a resume */
  constructor(running: Runner, hook: string, open: boolean, inFlight: LoopContext['inFlight']) {
    this.running = running;
    this.hook = hook;
    this.open = open;
    this.recall = undefined;
    this.ran = inFlight?.ran ?? false;
    if (inFlight !== null && inFlight.events > 0) {
      const path = () => running.path;
      this.recall = new Recall(inFlight, this.name, path, (error) => this.#mismatched(error));
    }
  }

  /** What it is called in errors. */
  get name(): string {
    return this.hook === 'advance' ? 'step' : this.hook;
  }

  /** For the next hook or step, if nothing of this one is left. @returns whether it is */
  renew(hook: string, open: boolean): boolean {
    if (!this.#isOver) return false;
    this.hook = hook;
    this.open = open;
    this.ran = false;
    this.awaits.renew();
    return true;
  }

  get #isOver(): boolean {
    if (this.#onces !== undefined || this.recall !== undefined || this.childrenUnderWay > 0) return false;
    return this.#lost === undefined && this.#mismatch === undefined;
  }

  /** Whether nothing of it is left, in its loop's code neither. */
  get isSpent(): boolean {
    return this.#isOver && this.#giving?.isReacting !== true;
  }

  /** How many children it waits for. */
  get childrenUnderWay(): number {
    return this.#children?.size ?? 0;
  }

  /** How much that its code has asked for is under way. */
  get countUnderWay(): number {
    return this.childrenUnderWay + (this.#onces?.countUnderWay ?? 0);
  }

  get isCurrent(): boolean {
    return this.running.unit === this;
  }

  /** Its hook has returned a promise, which is awaited. */
  hookReturned(promise: unknown): void {
    // Of a step that is run again, what it asks for next may be refused.
    this.awaits.hookReturned(promise, this.countUnderWay > (this.recall === undefined ? 1 : 0));
  }

  /** Its code is given something: a result, or an error. */
  settles(pending: Pending, settle: () => void): void {
    if (this.countUnderWay > 1) this.awaits.settles(pending, settle);
    else settle();
  }

  /** Says of what is asked for in which `once` it is asked for. */
  asking<What extends Omit<Asked, 'at'>>(what: What): What & { in?: string } {
    const within = keyWithin(this.running);
    return within === undefined ? what : { ...what, in: within };
  }

  once(key: string, fn: () => unknown): Promise<unknown> {
    return this.#asking.call(key, fn);
  }

  receive(key: string): Promise<unknown> {
    return this.#asking.waits.receive(key);
  }

  sleep(key: string, ms: number): Promise<unknown> {
    return this.#asking.waits.sleep(key, ms);
  }

  get #asking(): Onces {
    this.#onces ??= new Onces(this);
    return this.#onces;
  }

  /** What its code waits for, such as `receive('approval')`. */
  get waitsFor(): string[] {
    return this.#onces?.waits.names ?? [];
  }

  /** Whether its code waits for that, and nothing else that it has asked for is under way. */
  get onlyWaits(): boolean {
    return this.#onces?.onlyWait === true && this.childrenUnderWay === 0;
  }

  /** A hook or a step is over: waits that its code has left are. */
  endWaits(): void {
    this.#onces?.waits.endAll();
  }

  /** Runs a child loop as an actor under this loop's; or gives what it returned, if this step got that before a resume. */
  run(name: string, child: AnyLoop, args: unknown[]): Promise<unknown> {
    this.#children ??= new UnderWay();
    if (child[host]?.busy || this.#children.get(name) !== undefined) throw alreadyRunning(child);
    if (!this.open) throw lateChild(child, this.running);
    this.ran = true;
    const what = this.#askedFor(name, args);
    const run = new PendingRun(this.awaits, name, args);
    if (this.recall !== undefined) {
      this.#runAgain(this.recall, child, run, what);
    } else {
      this.#children.add(run);
      this.#begin(child, run, what);
    }
    return run.promise;
  }

  /** What is asked for with a run. Without arguments, and outside of any `once`, it is what it was the last time. */
  #askedFor(name: string, args: unknown[]): AskedRun {
    const within = keyWithin(this.running);
    if (within !== undefined) this.#onces?.inside(within);
    if (within !== undefined || args.length > 0) {
      return this.asking({ run: name, args: this.running.session.keeps ? plainArgs(args) : [] });
    }
    if (this.#lastAsked?.run !== name) this.#lastAsked = { run: name, args: [] };
    return this.#lastAsked;
  }

  /** Asks the journal first. @throws LoopError `RESUME_MISMATCH` for other arguments than before */
  #runAgain(recall: Recall, child: AnyLoop, run: PendingRun, what: AskedRun): void {
    const answer = this.#recalled(recall, run, what);
    this.#children!.add(run);
    const begin = () => this.#begin(child, run, what);
    if (answer === 'under way') recall.whenGiven(begin);
    else if (answer === 'new') recall.whenOver(begin);
  }

  #recalled(recall: Recall, run: PendingRun, what: AskedRun): Answer {
    try {
      return recall.ask(what, (got) => {
        this.leave([got]);
        this.settles(run, () => {
          this.#children!.delete(what.run);
          run.settle(this.revived(got, `a run of ${what.run}`));
        });
      });
    } catch (error) {
      this.#mismatched(error as LoopError);
      throw error;
    }
  }

  #begin(child: AnyLoop, run: PendingRun, what: AskedRun): void {
    const turn = this.running.session.turnIfDue();
    if (turn === undefined) this.#beginNow(child, run, what);
    else void this.#beginAfter(turn, child, run, what);
  }

  /** In a function of its own, which has to be made only then. */
  async #beginAfter(turn: Promise<void>, child: AnyLoop, run: PendingRun, what: AskedRun): Promise<void> {
    await turn;
    this.#beginNow(child, run, what);
  }

  #beginNow(child: AnyLoop, run: PendingRun, what: AskedRun): void {
    // Left meanwhile, with its step.
    if (this.#children!.get(run.name) !== run) return;
    run.begun = true;
    try {
      this.running.beginChild(child, run, what);
    } catch (error) {
      // Wired wrongly since the run began.
      this.#children!.delete(run.name);
      this.#lose(run, error);
    }
  }

  /** The children that run. */
  *childrenThatRun(): Generator<ChildThatRuns, void> {
    for (const { running } of this.#children?.all() ?? []) if (running?.ended === false) yield running;
  }

  /** The run of a child that its actor belongs to, once the code has asked for it. */
  childRun(name: string): PendingRun | undefined {
    const run = this.#children?.get(name);
    return run?.begun ? run : undefined;
  }

  childEnded(name: string, run: PendingRun, how: How): void {
    // In a run that nobody can resume there is no order to be kept.
    if (!this.running.session.keeps || this.#isAlone(run)) this.#childGiven(name, run, how);
    else this.give(() => this.#childGiven(name, run, how));
  }

  /** Whether nothing else that its code has asked for can come before or after: it is given at once then. */
  #isAlone(run: PendingRun): boolean {
    if (this.childrenUnderWay !== 1 || this.#children!.get(run.name) !== run) return false;
    return this.#giving?.isReacting !== true && this.#onces?.areUnderWay !== true;
  }

  #childGiven(name: string, run: PendingRun, how: How): void {
    if (this.countUnderWay < 2) this.#childSettled(name, run, how);
    else this.awaits.settles(run, () => this.#childSettled(name, run, how));
  }

  #childSettled(name: string, run: PendingRun, how: How): void {
    if (this.#children?.get(name) === run) this.#children.delete(name);
    if ('error' in how) this.#lose(run, how.error);
    else run.resolve(how.output);
  }

  /** A stranger, put in a loop's place by `provide()`, tells nothing itself: the machine's own record says how it ended. */
  strangersEnded({ running, inFlight }: LoopContext): void {
    if (this.childrenUnderWay === 0) return;
    for (const run of this.#children!.all()) {
      const { name } = run;
      if (run.attached || !run.begun || running.includes(name)) continue;
      const how = givenIn(inFlight).findLast((got) => got.run === name);
      if (how === undefined) continue;
      run.attached = true;
      this.childEnded(name, run, this.revived(how, name));
    }
  }

  /** Gives the code a result, when it has reacted to the one before. */
  give(result: () => void): void {
    if (!this.running.session.keeps) {
      result();
      return;
    }
    this.#giving ??= new Giving(() => this.childrenUnderWay > 0 || this.#onces?.areUnderWay === true);
    this.#giving.give(result);
  }

  revived(known: Result, what: string): How {
    const how = revived(known, what, this.running);
    // Code that handles any error would otherwise go on with something else than it had got before.
    if (this.recall !== undefined && 'error' in how && how.mismatch !== undefined) this.#mismatched(how.mismatch);
    return how;
  }

  /** Leaves children in the states that remembered runs left them in. */
  leave(runs: readonly Got[]): void {
    for (const { run, dict } of runs) {
      const child = run === undefined ? undefined : childNamed(this.running.loop, run);
      if (dict !== undefined && isLoop(child)) putState(child, dict);
    }
  }

  /** The code has returned: its children must have ended, and what was remembered must have been asked for. */
  settle(): Promise<void> | undefined {
    this.#check();
    if (this.childrenUnderWay > 0) return this.#settleChildren();
    this.#checkLost();
    return undefined;
  }

  async #settleChildren(): Promise<void> {
    while (this.childrenUnderWay > 0) {
      // A failure that the code has awaited was the code's to handle.
      await Promise.all(this.#children!.all().map((run) => new Promise<void>((over) => run.whenOver(over))));
      this.#check();
    }
    this.#checkLost();
  }

  #check(): void {
    if (this.#mismatch !== undefined) throw this.#mismatch;
    this.recall?.checkAsked();
  }

  #lose(run: PendingRun, reason: unknown): void {
    run.reject(reason);
    if (run.awaited) return;
    this.#lost ??= [];
    this.#lost.push({ run, reason });
  }

  /** A child that failed and that the code has never awaited: its failure is the step's all the same. */
  #checkLost(): void {
    const unheard = this.#lost?.splice(0).find(({ run }) => !run.awaited);
    if (unheard !== undefined) throw unheard.reason;
  }

  #mismatched(error: LoopError): void {
    this.#mismatch = error;
    this.recall?.stop();
    const left: Pending[] = this.#onces?.pending ?? [];
    for (const run of this.#children?.all() ?? []) {
      if (run.begun) continue;
      this.#children!.delete(run.name);
      left.push(run);
    }
    // The code that has just asked for something else hears of it first.
    void reaction().then(() => this.awaits.abandon(left, error));
  }

  /** It is left, or the run ends: nothing is given any more, and what its code awaits rejects. */
  abandon(reason: unknown): void {
    this.recall?.stop();
    this.#giving?.stop();
    const children = this.#children?.all() ?? [];
    for (const { running } of children) running?.abort(reason);
    const left = [...children, ...(this.#onces?.leave() ?? [])];
    this.#children?.clear();
    this.awaits.abandon(left, reason);
  }
}

function lateChild(child: AnyLoop, { path }: Runner): LoopError {
  return new LoopError(
    'LATE_CHILD',
    `${pathOf(child)} was made in the step that runs it, and could not be resumed in its middle. ` +
      'Make it in the constructor, or in reset or onRunStart and, from the state, in onLoadCheckpoint.',
    path,
  );
}
