import type { Taken } from '../sources/source.ts';

export const CHUNK = 4096;

/** Some thousands of lines, and the columns that are read for every one of them. */
export class Chunk {
  readonly lines: Taken[] = [];
  readonly seq: Float64Array = new Float64Array(CHUNK);
  readonly t: Float64Array = new Float64Array(CHUNK);
  readonly actor: Int32Array = new Int32Array(CHUNK);
  readonly type: Uint16Array = new Uint16Array(CHUNK);
  readonly value: Uint16Array = new Uint16Array(CHUNK);
  bytes = 0;
}

/** Words that come again and again, as small numbers. */
export class Words {
  readonly list: string[] = [];
  readonly #numbers = new Map<string, number>();

  number(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    // The columns hold 16 bits. No run has so many event types; one that does shares the last number.
    const number = Math.min(this.list.length, 0xffff);
    this.list[number] = word;
    this.#numbers.set(word, number);
    return number;
  }
}
