import type { PendingRun } from './pending.ts';

/**
 * The runs of children that a step waits for, by the names of their fields, in the order in which it has asked for them.
 * Most steps run one child after another: for one at a time no map is kept, which would cost a good part of a short run.
 */
export class UnderWay {
  /** The only one. */
  #one: PendingRun | undefined = undefined;
  /** All, while there are several. */
  #several: Map<string, PendingRun> | undefined = undefined;

  get size(): number {
    return this.#several?.size ?? (this.#one === undefined ? 0 : 1);
  }

  get(name: string): PendingRun | undefined {
    if (this.#several !== undefined) return this.#several.get(name);
    return this.#one?.name === name ? this.#one : undefined;
  }

  /** Of a name under which there is none. */
  add(run: PendingRun): void {
    if (this.#several !== undefined) {
      this.#several.set(run.name, run);
    } else if (this.#one === undefined) {
      this.#one = run;
    } else {
      this.#several = new Map([this.#one, run].map((one) => [one.name, one]));
      this.#one = undefined;
    }
  }

  delete(name: string): void {
    if (this.#several === undefined) {
      if (this.#one?.name === name) this.#one = undefined;
      return;
    }
    this.#several.delete(name);
    if (this.#several.size === 0) this.#several = undefined;
  }

  clear(): void {
    this.#one = undefined;
    this.#several = undefined;
  }

  /** As they are now: they may end while somebody goes through them. */
  all(): PendingRun[] {
    if (this.#several !== undefined) return [...this.#several.values()];
    return this.#one === undefined ? [] : [this.#one];
  }
}
