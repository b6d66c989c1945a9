import { LoopError } from '../data/errors.ts';
import { turn } from '../time/turn.ts';

/** So often it is told at once. */
const most = 100;

/** Whether a run has ended, and what whoever asks it for something after that is told. */
export class RunEnd {
  #reason: { reason: unknown } | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  /** How often it was asked for something after that. */
  #asked = 0;

  get isReached(): boolean {
    return this.#reason !== undefined;
  }

  /** It has ended as it should. */
  get isRegular(): boolean {
    return this.#reason === regular;
  }

  /** Somebody has its signal, and may hold that for ever. */
  get hasSignal(): boolean {
    return this.#controller !== undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason.reason);
    }
    return this.#controller.signal;
  }

  /** What it was broken off with. */
  get reason(): unknown {
    return this.#reason?.reason;
  }

  /** Nothing more runs. */
  breakOff(reason: unknown): void {
    this.#reason = { reason };
  }

  /** Those who have its signal hear of it. */
  tellSignal(): void {
    this.#controller?.abort(this.reason);
  }

  regularly(): void {
    this.#reason = regular;
  }

  /** For another run of the loop. */
  renew(): void {
    this.#reason = undefined;
    this.#asked = 0;
  }

  /**
   * What the code of a run that has ended gets for anything it asks for: nobody need hear of it. Code that catches whatever
   * comes, and asks again and again, would else let no timer and no signal get its turn.
   */
  rejected(): Promise<never> {
    const promise = ++this.#asked > most ? turn().then(() => Promise.reject(this.reason)) : Promise.reject(this.reason);
    promise.catch(() => {});
    return promise;
  }
}

/** Made once, for an error that carries a stack costs as much as a run. */
const regular = { reason: new LoopError('RUN_ENDED', 'The run of this loop has ended.') };
