import { now } from '../time/clock.ts';
import type { LightRunner } from './light-runner.ts';

/** The check may take this share of the time; where the state is large, it is made less often. */
const share = 1 / 20;

/**
 * Whether the states of a run that nobody can look at are plain data. Nothing is kept of them; but a mistake that would be
 * named as soon as somebody looks, or saves the run, is named in any case, and not after hours.
 */
export class PlainCheck {
  readonly #running: LightRunner;
  #next = 0;
  #slices = 0;

  constructor(running: LightRunner) {
    this.#running = running;
  }

  /** Steps go on, or have ended. @throws LoopError `NOT_PLAIN_DATA` */
  nowAndThen(): void {
    const { session } = this.#running;
    if (session.slices === this.#slices) return;
    this.#slices = session.slices;
    const seen = now();
    if (seen < this.#next) return;
    this.#running.commit();
    this.#next = seen + (now() - seen) / share;
  }
}
