import type { Outcome } from './outcome.ts';

/**
 * How a run is going to end, for whoever asks, before or after. A failure that nobody has asked for is an unhandled rejection:
 * it must not pass unseen.
 */
export class Ending<Output> {
  /** Never rejects. For our own use: who awaits it has not asked how the run ended. */
  readonly reached: Promise<Outcome<Output>>;
  #reach!: (outcome: Outcome<any>) => void;
  #output: Promise<Output> | undefined;
  #isAskedFor = false;

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#reach = resolve;
    });
    void this.reached.then((outcome) => {
      if (!this.#isAskedFor && 'error' in outcome) throw outcome.error;
    });
  }

  /** Somebody will hear of a failure, by this or in another way. */
  askedFor(): void {
    this.#isAskedFor = true;
  }

  get outcome(): Promise<Outcome<Output>> {
    this.askedFor();
    return this.reached;
  }

  /** Rejects with what the run failed with. */
  get output(): Promise<Output> {
    this.askedFor();
    // Made when it is asked for: one that is asked for and dropped is unhandled, like any promise.
    this.#output ??= this.reached.then((outcome) => {
      if ('error' in outcome) throw outcome.error;
      return outcome.output;
    });
    return this.#output;
  }

  reach(outcome: Outcome<any>): void {
    this.#reach(outcome);
  }
}
