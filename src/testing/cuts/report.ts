import type { LoopStateValue } from '../../chart/context.ts';
import type { CutPlace } from './place.ts';

/** What {@link everyCut} has cut. As text, one line. */
export class CutReport {
  /** The path of the root. */
  readonly path: string;
  /** How many boundaries a run has. */
  readonly boundaries: number;
  /** At how many of them it was cut. */
  readonly cuts: number;
  /** Of the sample, where not all boundaries were cut. */
  readonly seed: number;
  /** How many boundaries there are in each state of the chart. */
  readonly states: Partial<Record<LoopStateValue, number>> = {};
  /** How many boundaries there are in each loop. */
  readonly loops: Record<string, number> = {};
  /** How many boundaries follow a `once`. */
  readonly onces: number;
  /** How many boundaries there are at which loops run side by side. */
  readonly parallel: number;
  /** Whether effects were compared. */
  readonly effects: boolean;

  constructor(path: string, places: readonly CutPlace[], cuts: number, seed: number, effects: boolean) {
    this.path = path;
    this.boundaries = places.length;
    this.cuts = cuts;
    this.seed = seed;
    this.effects = effects;
    this.onces = places.filter(({ once }) => once !== undefined).length;
    this.parallel = places.filter(({ beside }) => beside.length > 0).length;
    for (const { state, path: loop } of places) {
      this.states[state] = (this.states[state] ?? 0) + 1;
      this.loops[loop] = (this.loops[loop] ?? 0) + 1;
    }
  }

  /** Whether there were more boundaries than cuts. */
  get isSampled(): boolean {
    return this.cuts < this.boundaries;
  }

  /** How many of how many. */
  get sampling(): string {
    return this.isSampled
      ? `${this.cuts} of ${this.boundaries} boundaries were cut, sampled evenly with the seed ${this.seed}.`
      : `All ${this.boundaries} boundaries were cut.`;
  }

  /** The report in a sentence or two. */
  toString(): string {
    const states = Object.entries(this.states).map(([state, count]) => `${state} ${count}`);
    const more = [
      this.onces > 0 ? `after once ${this.onces}` : '',
      this.parallel > 0 ? `side by side ${this.parallel}` : '',
    ];
    return `${this.path} goes on exactly. ${this.sampling} ${[...states, ...more].filter((one) => one !== '').join(', ')}.`;
  }
}
