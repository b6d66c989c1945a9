import type { AnyLoop } from '../tree/any-loop.ts';

/** So many are kept: looking through more would cost as much as a new one. */
const most = 8;

let again = 0;

/** For tests: how many runs have been used again. */
export function runsUsedAgain(): number {
  return again;
}

/**
 * Runs of children that have ended and that nobody holds any more. They are used again for the next runs of the same
 * loops: to make the half a dozen objects that a run consists of takes longer than a short run itself.
 */
export class EndedRuns<Run extends { readonly loop: AnyLoop }> {
  readonly #runs: Run[] = [];

  put(run: Run): void {
    if (this.#runs.length === most) this.#runs.shift();
    this.#runs.push(run);
  }

  /** The last run of a loop, which is not kept any longer. */
  take(loop: AnyLoop): Run | undefined {
    const runs = this.#runs;
    for (let i = runs.length - 1; i >= 0; i--) {
      const run = runs[i]!;
      if (run.loop !== loop) continue;
      runs[i] = runs.at(-1)!;
      runs.pop();
      again++;
      return run;
    }
    return undefined;
  }
}
