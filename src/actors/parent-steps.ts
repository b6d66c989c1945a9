import { readDone, refuseIterator } from '../data/returned.ts';
import { isQuiet } from '../light/light-runner.ts';
import type { Begun, Burst, StepHook } from '../step/burst.ts';
import { isAwaited } from '../step/is-awaited.ts';
import type { Unit } from '../step/unit.ts';
import { overrides } from '../tree/any-loop.ts';
import type { Running } from './running.ts';
import type { StepReports } from './step-reports.ts';

/** The steps of a loop with children: the state before each of their hooks is kept, so that it can be run again from there. */
export class ParentSteps {
  readonly #running: Running;
  readonly #burst: Burst;
  readonly #reports: StepReports;
  /** No other hook of a step is the loop's own. */
  readonly #onlyAdvances: boolean;

  constructor(running: Running, burst: Burst, reports: StepReports) {
    this.#running = running;
    this.#burst = burst;
    this.#reports = reports;
    const { loop } = running;
    this.#onlyAdvances = !overrides(loop, 'onAdvanceStart') && !overrides(loop, 'onAdvanceEnd');
  }

  /**
   * Takes a step, and more as long as there is nothing else to do between them: to leave this for each and come back would
   * cost a good part of a short one.
   */
  take(mayGoOn: () => boolean): Promise<void> {
    const isPlain = this.#onlyAdvances && this.#running.completedHooks.length === 0;
    return isPlain ? this.#advances(mayGoOn) : this.#steps(mayGoOn);
  }

  async #steps(mayGoOn: () => boolean): Promise<void> {
    do await this.step();
    while (!this.#burst.stopped && mayGoOn());
  }

  /** @param begun the hook that the step is in already */
  async step(begun?: Begun): Promise<void> {
    const running = this.#running;
    const { loop } = running;
    const unit = begun === undefined ? running.begin('advance', true) : running.unit!;
    const hooks: StepHook[] = ['advance'];
    if (overrides(loop, 'onAdvanceStart')) hooks.unshift('onAdvanceStart');
    if (overrides(loop, 'onAdvanceEnd')) hooks.push('onAdvanceEnd');
    if (begun !== undefined) hooks.splice(0, hooks.indexOf(begun.hook));
    const over = running.completedHooks;
    for (const hook of hooks) {
      if (over.includes(hook)) continue;
      await this.#hook(unit, hook, hook === begun?.hook ? begun : undefined);
      if (this.#burst.stopped) return;
    }
    this.#whole(unit);
  }

  /** The same, for the steps that most loops take: of one hook. */
  async #advances(mayGoOn: () => boolean): Promise<void> {
    const [running, burst] = [this.#running, this.#burst];
    do {
      const unit = running.begin('advance', true);
      const result = burst.call('advance');
      if (isAwaited(running, 'advance', result)) refuseIterator(running.loop, 'advance', await result);
      if (burst.stopped) return;
      const left = running.settle();
      if (left !== undefined) await left;
      if (burst.stopped) return;
      this.#whole(unit);
    } while (mayGoOn());
  }

  /** A step is over. */
  #whole(unit: Unit): void {
    if (this.#burst.first) this.#burst.wholeIteration();
    this.#running.uncommitted++;
    if (!unit.ran) this.#reports.ownSteps++;
    this.#burst.done = readDone(this.#running.loop);
  }

  async #hook(unit: Unit, hook: StepHook, begun: Begun | undefined): Promise<void> {
    const [running, burst] = [this.#running, this.#burst];
    const { loop } = running;
    unit.hook = hook;
    const result = begun === undefined ? burst.call(hook) : begun.result;
    if (isAwaited(running, hook, result)) refuseIterator(loop, hook, await result);
    if (burst.stopped) return;
    const left = running.settle();
    if (left !== undefined) await left;
    const isLast = hook === 'onAdvanceEnd' || (hook === 'advance' && !overrides(loop, 'onAdvanceEnd'));
    if (burst.stopped || isLast) return;
    unit.endWaits();
    if (isQuiet(running) && unit.recall === undefined) running.holdWithin(hook);
    else running.tell({ type: 'loop.hooked', hook, commit: running.commit() });
    // The next hook begins with nothing.
    unit.recall = undefined;
  }
}
