/**
 * Calls of a store on one run go one after another, those on different runs beside each other. What is known of a run is kept
 * while a call is on its way, and as long as `isHeld` says that it is needed.
 * @typeParam Run what the store knows of a run
 */
export class Turns<Run> {
  readonly #begin: (runId: string) => Run;
  readonly #isHeld: (run: Run) => boolean;
  /** By the ids of runs. `last` settles, without an error, when the last call on the run has. */
  readonly #runs = new Map<string, { run: Run; last: Promise<unknown> }>();

  /** @param begin what is known of a run at first @throws what it throws for an id that is none */
  constructor(begin: (runId: string) => Run, isHeld: (run: Run) => boolean) {
    this.#begin = begin;
    this.#isHeld = isHeld;
  }

  /** What is known of a run now, where it is kept. */
  known(runId: string): Run | undefined {
    return this.#runs.get(runId)?.run;
  }

  async inTurn<T>(runId: string, task: (run: Run) => Promise<T>): Promise<T> {
    const turn = this.#runs.get(runId) ?? { run: this.#begin(runId), last: Promise.resolve() };
    this.#runs.set(runId, turn);
    const result = turn.last.then(() => task(turn.run));
    const last = result.catch(() => {});
    turn.last = last;
    try {
      return await result;
    } finally {
      if (turn.last === last && !this.#isHeld(turn.run)) this.#runs.delete(runId);
    }
  }
}
