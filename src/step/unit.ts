import type { LoopContext } from '../chart/context.ts';
import type { Asked, Got, Result } from '../chart/journal.ts';
import type { LoopError } from '../data/errors.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { putState } from '../tree/state-dict.ts';
import { childNamed, isLoop } from '../tree/tree.ts';
import { AsItWas } from './as-it-was.ts';
import { ChildRuns, type UnitOfChildren } from './child-runs.ts';
import { Giving } from './giving.ts';
import { Onces } from './once.ts';
import { OwnAwait, reaction } from './own-await.ts';
import type { AskedRun, ChildThatRuns, Pending, PendingRun } from './pending.ts';
import { Recall } from './recall.ts';
import { type How, revived } from './remembered.ts';
import type { Runner } from './runner.ts';
import { keyWithin } from './scope.ts';
import { UntilAsItWas } from './until-as-it-was.ts';
import type { UsedArgs } from './used-args.ts';

/**
 * A hook or a step in flight: the runs of children and the calls of `once` that its code has asked for. Steps of a loop
 * without children that are taken in one go share one.
 */
export class Unit implements UnitOfChildren {
  readonly running: Runner;
  /** The state before this hook or step is kept, so it can be run again, and children may be run in it. */
  mayRunChildren: boolean;
  /** The hook that runs; of a step, the one that it has come to. */
  hook: string;
  /** It was in flight when the checkpoint was taken that this run came from: what it got then it gets again. */
  recall: Recall | undefined;

  /** Children have been run in it. */
  ran: boolean;

  readonly awaits: OwnAwait = new OwnAwait();

  #children: ChildRuns | undefined = undefined;
  #onces: Onces | undefined = undefined;
  #giving: Giving | undefined = undefined;
  /** It asked for something else than before, or cannot be given what it had got: whatever its code makes of that, it has failed. */
  #mismatch: LoopError | undefined = undefined;

  /** @param inFlight what it had got before a resume */
  constructor(running: Runner, hook: string, mayRunChildren: boolean, inFlight: LoopContext['inFlight']) {
    this.running = running;
    this.hook = hook;
    this.mayRunChildren = mayRunChildren;
    this.recall = undefined;
    this.ran = inFlight?.ran ?? false;
    if (inFlight !== null && inFlight.events > 0) {
      const path = () => running.path;
      const before = new AsItWas(running.loop, inFlight, () => isAlone(running));
      const state = new UntilAsItWas(before, { unit: this.name, path, argsOf: (child) => this.argsOf(child) });
      this.recall = new Recall(inFlight, this.name, path, (error) => this.mismatched(error), state);
    }
  }

  /** What it is called in errors. */
  get name(): string {
    return this.hook === 'advance' ? 'step' : this.hook;
  }

  /** For the next hook or step, if nothing of this one is left. @returns whether it is */
  renew(hook: string, mayRunChildren: boolean): boolean {
    if (!this.#isOver) return false;
    this.hook = hook;
    this.mayRunChildren = mayRunChildren;
    this.ran = false;
    this.#children?.renew();
    this.awaits.renew();
    return true;
  }

  get #isOver(): boolean {
    if (this.#onces !== undefined || this.recall !== undefined || this.#mismatch !== undefined) return false;
    return this.#children === undefined || this.#children.areOver;
  }

  /** Whether nothing of it is left, in its loop's code neither. */
  get isSpent(): boolean {
    return this.#isOver && !this.isReacting;
  }

  /** Whether its code reacts to what it was given last. */
  get isReacting(): boolean {
    return this.#giving?.isReacting === true;
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
  deliver(pending: Pending, settle: () => void): void {
    if (this.countUnderWay > 1) this.awaits.deliver(pending, settle);
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

  /** Runs a child loop: without an actor, while nobody looks. Or gives what it returned, if this step got that before a resume. */
  run(name: string, child: AnyLoop, args: unknown[]): Promise<unknown> {
    this.#children ??= new ChildRuns(this);
    return this.#children.run(name, child, args);
  }

  insideOnce(key: string): void {
    this.#onces?.inside(key);
  }

  /** The children that run. */
  *childrenThatRun(): Generator<ChildThatRuns, void> {
    if (this.#children !== undefined) yield* this.#children.thatRun();
  }

  /** The run of a child that its actor belongs to, once the code has asked for it. */
  childRun(name: string): PendingRun | undefined {
    return this.#children?.begun(name);
  }

  /** The arguments of a child that was asked for and has not ended, as they are now. */
  argsOf(child: string): readonly unknown[] | undefined {
    return this.#children?.askedFor(child)?.args;
  }

  get isAsItWas(): boolean {
    return this.recall === undefined || this.recall.isAsItWas;
  }

  get usedArgs(): UsedArgs | undefined {
    return this.#children?.usedArgs;
  }

  childEnded(run: PendingRun, how: How): void {
    this.#children ??= new ChildRuns(this);
    this.#children.ended(run, how);
  }

  /** See `ChildRuns`. */
  strangersEnded(context: LoopContext): void {
    if (this.childrenUnderWay > 0) this.#children!.strangersEnded(context);
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
    if (this.recall !== undefined && 'error' in how && how.mismatch !== undefined) this.mismatched(how.mismatch);
    return how;
  }

  /** Puts children back into the states that remembered runs had left them in. */
  putBack(runs: readonly Got[]): void {
    for (const { run, dict } of runs) {
      const child = run === undefined ? undefined : childNamed(this.running.loop, run);
      if (dict !== undefined && isLoop(child)) putState(child, dict);
    }
  }

  /** Runs of children that have outlived the `once` which had asked for them go on by themselves. @returns why one cannot */
  runOn(runs: readonly AskedRun[]): LoopError | undefined {
    if (runs.length === 0) return undefined;
    this.#children ??= new ChildRuns(this);
    for (const what of runs) this.#children.runOn(what);
    return this.#mismatch;
  }

  /** Whether anybody awaits the run of a child that was asked for and has not ended. */
  isAwaited(child: string): boolean {
    return this.#children?.askedFor(child)?.awaited !== false;
  }

  /** The code has returned: its children must have ended, and what was remembered must have been asked for. */
  settle(): Promise<void> | undefined {
    this.checkRerun();
    if (this.childrenUnderWay > 0) return this.#settleChildren(this.#children!);
    this.#children?.checkLost();
    return undefined;
  }

  async #settleChildren(children: ChildRuns): Promise<void> {
    while (children.size > 0) {
      await children.over();
      this.checkRerun();
    }
    children.checkLost();
  }

  /** Of code that was run again and has returned: it has asked for the same, and come to the same. @throws LoopError `RESUME_MISMATCH` */
  checkRerun(): void {
    if (this.#mismatch !== undefined) throw this.#mismatch;
    this.recall?.checkAsked();
  }

  mismatched(error: LoopError): void {
    this.#mismatch = error;
    this.recall?.stop(error);
    const left: Pending[] = [...(this.#onces?.pending ?? []), ...(this.#children?.leaveUnbegun() ?? [])];
    // The code that has just asked for something else hears of it first.
    void reaction().then(() => this.awaits.abandon(left, error));
  }

  /** It is left, or the run ends: nothing is given any more, and what its code awaits rejects. */
  abandon(reason: unknown): void {
    this.recall?.stop();
    this.#giving?.stop();
    const children = this.#children?.leave(reason) ?? [];
    this.awaits.abandon([...children, ...(this.#onces?.leave() ?? [])], reason);
  }
}

/** Whether no loop goes on beside this one, or beside one above it. */
function isAlone({ parent }: Runner): boolean {
  for (let up = parent; up !== undefined; up = up.parent) if ((up.unit?.childrenUnderWay ?? 0) > 1) return false;
  return true;
}
