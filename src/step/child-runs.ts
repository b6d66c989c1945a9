import type { LoopContext } from '../chart/context.ts';
import { type Got, givenIn, plainArgs, wholeArgs } from '../chart/journal.ts';
import { LoopError } from '../data/errors.ts';
import { alreadyRunning } from '../tree/already-running.ts';
import { type AnyLoop, host } from '../tree/any-loop.ts';
import { childNamed, isLoop, pathOf } from '../tree/tree.ts';
import { notAsItWas } from './as-it-was.ts';
import type { UnitOfOnce } from './call.ts';
import { type AskedRun, type ChildThatRuns, PendingRun } from './pending.ts';
import type { Answer, Recall } from './recall.ts';
import type { How } from './remembered.ts';
import type { Runner } from './runner.ts';
import { keyWithin } from './scope.ts';
import { UnderWay } from './under-way.ts';
import { UsedArgs } from './used-args.ts';
import { sealOfArgs } from './what-changed.ts';

/** The hook or the step that children are run in; see `Unit`. */
export interface UnitOfChildren extends UnitOfOnce {
  /** Children may be run: the state before it is in the context. */
  readonly mayRunChildren: boolean;
  /** What it is called in errors. */
  readonly name: string;
  /** Children have been run in it. */
  ran: boolean;
  /** Whether its code reacts to what it was given last. */
  readonly isReacting: boolean;
  /** Something is asked for in the function of a `once`. */
  insideOnce(key: string): void;
  mismatched(error: LoopError): void;
}

/** The runs of children that the code of a hook or a step has asked for. */
export class ChildRuns {
  readonly #unit: UnitOfChildren;
  readonly #underWay: UnderWay = new UnderWay();
  /** A run that was asked for without arguments. */
  #lastAsked: AskedRun | undefined = undefined;
  #used: UsedArgs | undefined = undefined;
  /** Children that failed before anybody had awaited them. */
  #lost: { run: PendingRun; reason: unknown }[] | undefined = undefined;

  constructor(unit: UnitOfChildren) {
    this.#unit = unit;
  }

  /** How many are under way. */
  get size(): number {
    return this.#underWay.size;
  }

  /** Whether nothing is left of them. */
  get areOver(): boolean {
    return this.#underWay.size === 0 && this.#lost === undefined;
  }

  /** See `Unit.run`. */
  run(name: string, child: AnyLoop, args: unknown[]): Promise<unknown> {
    const unit = this.#unit;
    if (child[host]?.busy || this.#underWay.get(name) !== undefined) throw alreadyRunning(child);
    if (!unit.mayRunChildren) throw lateChild(child, unit.running);
    unit.ran = true;
    const what = this.#askedFor(name, args);
    const run = new PendingRun(unit.awaits, what, args);
    if (unit.recall !== undefined) {
      this.#runAgain(unit.recall, child, run, what);
    } else {
      this.#underWay.add(run);
      this.#begin(child, run, what);
    }
    return run.promise;
  }

  /** What is asked for with a run. Without arguments, and outside of any `once`, it is what it was the last time. */
  #askedFor(name: string, args: unknown[]): AskedRun {
    const unit = this.#unit;
    const within = keyWithin(unit.running);
    if (within !== undefined) unit.insideOnce(within);
    if (args.length > 0 && unit.running.session.keeps) {
      this.#used ??= new UsedArgs();
      this.#used.asked(name);
    }
    if (within !== undefined || args.length > 0) {
      return unit.asking({ run: name, args: unit.running.session.keeps ? plainArgs(args) : [] });
    }
    if (this.#lastAsked?.run !== name) this.#lastAsked = { run: name, args: [] };
    return this.#lastAsked;
  }

  /** Asks the journal first. @throws LoopError `RESUME_MISMATCH` for other arguments than before */
  #runAgain(recall: Recall, child: AnyLoop, run: PendingRun, what: AskedRun): void {
    const answer = this.#recalled(recall, run, what);
    this.#underWay.add(run);
    // All that were under way at the same moment: what the one opens again may depend on how far the others have come.
    if (answer === 'under way') recall.whenGiven(() => this.#beginNow(child, run, what));
    else if (answer === 'new') recall.whenOver(() => this.#begin(child, run, what));
  }

  #recalled(recall: Recall, run: PendingRun, what: AskedRun): Answer {
    const unit = this.#unit;
    try {
      return recall.ask(what, (got) => {
        if (this.#usesArgs(run, got)) return;
        unit.putBack([got]);
        unit.deliver(run, () => {
          this.#underWay.delete(what.run);
          run.settle(unit.revived(got, `a run of ${what.run}`));
        });
      });
    } catch (error) {
      unit.mismatched(error as LoopError);
      throw error;
    }
  }

  /** A run that has outlived the `once` which had asked for it goes on by itself, with the arguments that the journal has. */
  runOn({ unawaited, ...what }: AskedRun): void {
    const { recall, running, name } = this.#unit;
    const child = childNamed(running.loop, what.run);
    const args = wholeArgs(what.args ?? []);
    if (!isLoop(child) || args === null) {
      this.#unit.mismatched(cannotRunOn(what, name, running.path));
      return;
    }
    const run = new PendingRun(this.#unit.awaits, what, args);
    run.awaited = unawaited !== true;
    this.#unit.ran = true;
    this.#underWay.add(run);
    recall!.whenGiven(() => this.#beginNow(child, run, what));
  }

  /** Whether the child had changed its arguments: it is not run again, so that they are not changed again. */
  #usesArgs({ args, name }: PendingRun, { changed, args: before = [] }: Got): boolean {
    if (changed === undefined || sealOfArgs(before, args) === changed) return false;
    const unit = this.#unit;
    unit.mismatched(notAsItWas(`the arguments of \`${name}\` are`, unit.name, unit.running.path));
    return true;
  }

  #begin(child: AnyLoop, run: PendingRun, what: AskedRun): void {
    const turn = this.#unit.running.session.turnIfDue();
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
    if (this.#underWay.get(run.name) !== run) return;
    run.begun = true;
    try {
      this.#unit.running.beginChild(child, run, what);
    } catch (error) {
      // Wired wrongly since the run began, or otherwise than when a checkpoint was taken.
      this.#underWay.delete(run.name);
      if (error instanceof LoopError && error.code === 'RESUME_MISMATCH') this.#unit.mismatched(error);
      this.#lose(run, error);
    }
  }

  /** The children that run. */
  *thatRun(): Generator<ChildThatRuns, void> {
    for (const { running } of this.#underWay.all()) if (running?.ended === false) yield running;
  }

  /** The run of a child that its actor belongs to, once the code has asked for it. */
  begun(name: string): PendingRun | undefined {
    const run = this.#underWay.get(name);
    return run?.begun ? run : undefined;
  }

  /** The run of a child that the code has asked for, begun or not. */
  askedFor(name: string): PendingRun | undefined {
    return this.#underWay.get(name);
  }

  /** What has become of arguments of children that have ended, if it was changed. */
  get usedArgs(): UsedArgs | undefined {
    return this.#used;
  }

  /** For the next hook or step. */
  renew(): void {
    this.#used = undefined;
  }

  ended(run: PendingRun, how: How): void {
    if (run.args.length > 0) this.#used?.ended(run);
    // In a run that nobody can resume there is no order to be kept.
    if (!this.#unit.running.session.keeps || this.#isAlone(run)) this.#given(run, how);
    else this.#unit.give(() => this.#given(run, how));
  }

  /** Whether nothing else that the code has asked for can come before or after: it is given at once then. */
  #isAlone(run: PendingRun): boolean {
    const unit = this.#unit;
    return this.#underWay.get(run.name) === run && unit.countUnderWay === 1 && !unit.isReacting;
  }

  #given(run: PendingRun, how: How): void {
    if (this.#unit.countUnderWay < 2) this.#settle(run, how);
    else this.#unit.deliver(run, () => this.#settle(run, how));
  }

  #settle(run: PendingRun, how: How): void {
    if (this.#underWay.get(run.name) === run) this.#underWay.delete(run.name);
    if ('error' in how) this.#lose(run, how.error);
    else run.resolve(how.output);
  }

  /** A stranger, put in a loop's place by `provide()`, tells nothing itself: the machine's own record says how it ended. */
  strangersEnded({ running, inFlight }: LoopContext): void {
    for (const run of this.#underWay.all()) {
      const { name } = run;
      if (run.attached || !run.begun || running.includes(name)) continue;
      const how = givenIn(inFlight).findLast((got) => got.run === name);
      if (how === undefined) continue;
      run.attached = true;
      this.ended(run, this.#unit.revived(how, name));
    }
  }

  /** Resolves when none is under way. A failure that the code has awaited was the code's to handle. */
  async over(): Promise<void> {
    await Promise.all(this.#underWay.all().map((run) => new Promise<void>((over) => run.whenOver(over))));
  }

  #lose(run: PendingRun, reason: unknown): void {
    run.reject(reason);
    if (run.awaited) return;
    this.#lost ??= [];
    this.#lost.push({ run, reason });
  }

  /** A child that failed and that the code has never awaited: its failure is the step's all the same. */
  checkLost(): void {
    const unheard = this.#lost?.splice(0).find(({ run }) => !run.awaited);
    if (unheard !== undefined) throw unheard.reason;
  }

  /** Those that have not begun begin no more. */
  leaveUnbegun(): PendingRun[] {
    const left = this.#underWay.all().filter((run) => !run.begun);
    for (const { name } of left) this.#underWay.delete(name);
    return left;
  }

  /** The code is left: nothing more runs below. @returns what it is given nothing of any more */
  leave(reason: unknown): PendingRun[] {
    const left = this.#underWay.all();
    for (const { running } of left) running?.abort(reason);
    this.#underWay.clear();
    return left;
  }
}

function cannotRunOn({ run, in: once }: AskedRun, unit: string, path: string): LoopError {
  return new LoopError(
    'RESUME_MISMATCH',
    `The ${unit} in flight had run \`${run}\` in once('${once}'), which had returned when the checkpoint was taken while the run went on. ` +
      'It cannot go on now, for it was given an argument that is no plain data. Give it plain data, or await it in that function.',
    path,
  );
}

function lateChild(child: AnyLoop, { path }: Runner): LoopError {
  return new LoopError(
    'LATE_CHILD',
    `${pathOf(child)} was made in the step that runs it, and could not be resumed in its middle. ` +
      'Make it in the constructor, or in reset or onRunStart and, from the state, in onLoadCheckpoint.',
    path,
  );
}
