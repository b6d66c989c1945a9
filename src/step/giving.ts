import { turn } from '../time/turn.ts';

/**
 * Gives a step one result at a time. Where others are still under way, the next is given when its code has reacted to
 * the one before, for which it has a turn of the event loop: that is how it is given them again after a resume, too, and
 * so two children that end in the same moment cannot come out another way then.
 */
export class Giving {
  #waiting: (() => void)[] = [];
  #reacting = false;
  readonly #othersUnderWay: () => boolean;

  constructor(othersUnderWay: () => boolean) {
    this.#othersUnderWay = othersUnderWay;
  }

  /** Whether its code reacts to what it was given last. */
  get isReacting(): boolean {
    return this.#reacting;
  }

  give(result: () => void): void {
    if (this.#reacting) {
      this.#waiting.push(result);
      return;
    }
    result();
    if (!this.#othersUnderWay()) return;
    this.#reacting = true;
    void turn().then(() => {
      this.#reacting = false;
      const next = this.#waiting.shift();
      if (next !== undefined) this.give(next);
    });
  }

  /** Nobody is there to be given anything. */
  stop(): void {
    this.#waiting = [];
  }
}
