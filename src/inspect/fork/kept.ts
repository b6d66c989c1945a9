import type { Subject } from '../../recording/sighting.ts';
import { weigh } from '../weigh.ts';
import type { Start } from './start.ts';

/** So many checkpoints are kept of all runs together, of so many bytes as near as can be told. */
const most = 32;
const mostBytes = 64_000_000;

/** A checkpoint that was taken for a page. */
export interface KeptStart {
  number: number;
  start: Start;
  /** When, in milliseconds since 1970. */
  t: number;
}

/** The checkpoints that were taken for pages, so that a fork can be begun from an earlier moment: the newest of them. */
export class Kept {
  readonly #all: (KeptStart & { root: Subject; bytes: number })[] = [];
  /** How many of a run are kept no more. */
  readonly #gone = new WeakMap<Subject, number>();
  #number = 0;
  #bytes = 0;

  add(root: Subject, start: Start): void {
    // It stands where it stood: that is the moment that a page may have been told of already.
    if (this.#all.some((one) => one.root === root && one.start.of.seq === start.of.seq)) return;
    const bytes = bytesOf(start);
    this.#all.push({ number: ++this.#number, start, t: Date.now(), root, bytes });
    this.#bytes += bytes;
    while (this.#all.length > most || this.#bytes > mostBytes) {
      const oldest = this.#all.shift()!;
      this.#bytes -= oldest.bytes;
      this.#gone.set(oldest.root, this.goneOf(oldest.root) + 1);
    }
  }

  /** Those of a run, the oldest first. */
  of(root: Subject): KeptStart[] {
    return this.#all.filter((one) => one.root === root);
  }

  goneOf(root: Subject): number {
    return this.#gone.get(root) ?? 0;
  }

  clear(): void {
    this.#all.length = 0;
    this.#bytes = 0;
  }
}

function bytesOf({ checkpoint: { stateDict, assets, phase } }: Start): number {
  const parts = [...Object.values(stateDict), ...Object.values(assets), phase];
  return parts.reduce((sum: number, part) => sum + weigh(part), 0);
}
