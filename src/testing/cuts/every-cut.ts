import type { Checkpoint } from '../../checkpoint/contents.ts';
import { now } from '../../time/clock.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { Time } from '../play/time.ts';
import { type Cut, runTelling } from './boundaries.ts';
import { causesOfCut } from './causes-of-cut.ts';
import { causesOfRuns } from './causes-of-runs.ts';
import { resumeDiffers, runsDiffer } from './cut-error.ts';
import { Draws } from './draws.ts';
import { effectsAfterCrash, effectsAfterCut, ofEffects, sameEffects } from './effects.ts';
import { type MadeLoop, Maker } from './made.ts';
import { type FirstDifference, firstDifference, type Measured, measure } from './measured.ts';
import { checkOptions, type EveryCutOptions } from './options.ts';
import { CutReport } from './report.ts';
import { randomFrom, Sample } from './sample.ts';

/** What takes arguments as a loop does. */
interface Runs<Args extends unknown[]> {
  run(...args: Args): Promise<unknown>;
}

/**
 * Proves that a loop goes on exactly: runs it, cuts it at each boundary (before each hook that runs once, after each step,
 * after each `once`, also where loops run side by side), takes the checkpoint through JSON, and goes on from it in new
 * instances. Each of these runs must come to the same as the one that was not cut: how it ended, its output, the states and
 * counters of all loops, what `Stateful` fields hold, the steps, and the effects where the loop tells of them.
 *
 * Before that the loop is run twice without a cut, for what is not the same from run to run cannot be after a cut either.
 * What functions of `once` draw by chance is drawn again in each run, and the time that they ask for is the same where nothing
 * else makes two runs differ.
 *
 * Needs no test framework. Of n boundaries, a loop is run about n + 3 times: let it take few steps, and see `max`.
 *
 * @param make makes a new loop with each call, or one with what belongs to it: `{ loop, args, effects, assets }`
 * @returns what was cut
 * @throws CutError (a LoopError) for the first difference: `RESUME_DIFFERS` with the cut and the likely cause, or
 *   `RUNS_DIFFER`; what a run fails with that nobody cut, also because it cannot be saved (LoopError `NOT_PLAIN_DATA`);
 *   MisconfigurationError
 *
 * @example
 * const report = await everyCut(() => new Import(), { args: [rows] });
 * console.log(String(report)); // import goes on exactly. All 34 boundaries were cut. …
 */
export function everyCut<L extends AnyLoop, Args extends unknown[]>(
  make: () => (L & Runs<Args>) | Promise<L & Runs<Args>>,
  options?: EveryCutOptions<NoInfer<L>, NoInfer<Args>>,
): Promise<CutReport>;
export function everyCut<L extends AnyLoop, Args extends unknown[]>(
  make: () => MadeLoop<L & Runs<Args>, Args> | Promise<MadeLoop<L & Runs<Args>, Args>>,
  options?: EveryCutOptions<NoInfer<L>, NoInfer<Args>>,
): Promise<CutReport>;
export async function everyCut(make: () => unknown, options: EveryCutOptions = {}): Promise<CutReport> {
  checkOptions(make, options);
  const proof = new Proof(make, options);
  return await (options.clock === 'play' ? proof.onOwnTime() : proof.all());
}

class Proof {
  readonly #maker: Maker;
  readonly #draws: Draws;
  readonly #limit: number;
  readonly #crashes: boolean;
  readonly #mayFail: boolean;
  readonly #max: number;
  readonly #seed: number;
  /** How long a run may take that is made to find out a cause, in milliseconds. */
  #trialLimit = 0;
  /** Two runs have done the same in different orders. */
  #ordersVary = false;

  constructor(make: () => unknown, options: EveryCutOptions) {
    this.#maker = new Maker(make, options);
    this.#draws = new Draws((loop) => this.#maker.hasMade(loop));
    this.#limit = options.timeout ?? 60_000;
    this.#crashes = options.crashes ?? true;
    this.#mayFail = options.mayFail ?? false;
    this.#max = options.max ?? 1000;
    this.#seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  }

  async onOwnTime(): Promise<CutReport> {
    let changes = 0;
    this.#maker.watch = () => void changes++;
    const time = new Time(Date.now(), () => changes);
    try {
      return await this.all();
    } finally {
      time.end();
    }
  }

  async all(): Promise<CutReport> {
    try {
      return await this.#all();
    } finally {
      this.#draws.end();
    }
  }

  async #all(): Promise<CutReport> {
    const whole = await this.#twice();
    const { report, cuts, effects } = await this.#boundaries(whole);
    for (const [i, cut] of cuts.entries()) {
      const goOn = () => this.#goOn(cut, i % 2 === 1);
      const { got, difference } = await this.#draws.compared(goOn, (got) => firstDifference(whole, got));
      if (difference !== undefined) {
        const trial = { maker: this.#maker, whole, limit: this.#trialLimit };
        const causes = await causesOfCut(trial, [cut, ...(await this.#another(whole, cuts.slice(i + 1)))], got);
        throw resumeDiffers({ ...this.#told(report), difference, causes, cut }, got);
      }
      this.#checkEffects(effects, cut, got, report);
    }
    return report;
  }

  /** Runs it twice without a cut. @returns what it comes to */
  async #twice(): Promise<Measured> {
    const began = now();
    let path = '';
    const whole = await this.#draws.first(async () => {
      const made = await this.#maker.make();
      path = made.loop.path;
      return await measure(made, this.#limit);
    });
    // What is tried to find a cause may not take as long as a run may, for there is much to try.
    this.#trialLimit = Math.min(this.#limit, Math.max(1000, 20 * (now() - began)));
    const isBroken = whole.status === 'failed' || whole.status === 'aborted';
    if (whole.status === 'late' || (isBroken && !this.#mayFail)) throw whole.error;
    const again = async () => await measure(await this.#maker.make(), this.#limit);
    const { got, difference } = await this.#draws.compared(again, (got) => this.#differenceOfRuns(whole, got));
    if (difference !== undefined) {
      const causes = await causesOfRuns(this.#maker, this.#trialLimit);
      throw runsDiffer({ path, difference, causes, sampled: '' }, got);
    }
    return whole;
  }

  /** Loops that run side by side may do what they do in another order each time. */
  #differenceOfRuns(one: Measured, other: Measured): FirstDifference | undefined {
    const effects = sameEffects(one.effects, other.effects);
    if (effects?.inOrder === false) this.#ordersVary = true;
    const whole = { what: 'effects' as const, at: [], expected: one.effects, got: other.effects };
    return firstDifference(one, other) ?? (effects === undefined ? whole : undefined);
  }

  /** Runs it once more, and takes a checkpoint at each boundary. That must not change it. */
  async #boundaries(whole: Measured): Promise<{ report: CutReport; cuts: Cut[]; effects: unknown[] }> {
    const { got, difference } = await this.#draws.compared(
      () => this.#runSaved(),
      ({ saved }) => this.#differenceOfRuns(whole, saved),
    );
    const { saved, report, cuts } = got;
    // It says itself what of it cannot be saved.
    if (difference?.what === 'status' && saved.error !== undefined) throw saved.error;
    if (difference !== undefined) throw runsDiffer({ ...this.#told(report), difference, causes: [bySaving] }, saved);
    const { effects } = saved;
    if (this.#ordersVary && report.parallel === 0) {
      const difference = { what: 'effects' as const, at: [], expected: whole.effects, got: effects };
      const causes = await causesOfRuns(this.#maker, this.#trialLimit);
      throw runsDiffer({ ...this.#told(report), difference, causes }, saved);
    }
    return { report, cuts, effects };
  }

  async #runSaved(): Promise<{ saved: Measured; report: CutReport; cuts: Cut[] }> {
    const made = await this.#maker.make();
    const sample = new Sample<Cut>(this.#max, randomFrom(this.#seed));
    const places: Cut['place'][] = [];
    const saved = await runTelling(made, this.#limit, (cut) => {
      places.push(cut.place);
      sample.add(cut);
      return false;
    });
    const cuts = sample.kept;
    const report = new CutReport(made.loop.path, places, cuts.length, this.#seed, this.#maker.hasEffects);
    return { saved, report, cuts };
  }

  async #goOn(cut: Cut, watched: boolean): Promise<Measured> {
    const from = JSON.parse(cut.json) as Checkpoint;
    return await measure(await this.#maker.make(), this.#limit, { from, ...(watched ? { inspect: () => {} } : {}) });
  }

  /** A later cut that goes wrong as well: what explains both is more likely to be the cause. */
  async #another(whole: Measured, later: Cut[]): Promise<Cut[]> {
    const [middle, last] = [
      later[Math.floor(later.length / 2)],
      later.findLast(({ place }) => place.state === 'advancing'),
    ];
    for (const cut of [last, middle]) {
      if (cut === undefined) continue;
      const got = await this.#goOn(cut, false);
      if (firstDifference(whole, got) !== undefined) return [cut];
    }
    return [];
  }

  #checkEffects(whole: unknown[], cut: Cut, got: Measured, report: CutReport): void {
    const inOrder = report.parallel === 0;
    const found =
      effectsAfterCut(whole, cut, got.effects, inOrder) ??
      (this.#crashes ? effectsAfterCrash(whole, cut, got.effects, inOrder) : undefined);
    if (found === undefined) return;
    throw resumeDiffers({ ...this.#told(report), difference: found, causes: [ofEffects(found, cut)], cut }, got);
  }

  #told(report: CutReport): { path: string; sampled: string } {
    return { path: report.path, sampled: report.isSampled ? report.sampling : '' };
  }
}

const bySaving = {
  kind: 'shared' as const,
  says: 'Taking checkpoints changes the run: `onSaveCheckpoint` or `stateDict` of a `Stateful` field changes something.',
  advice: 'Let those only read, and give copies.',
};
