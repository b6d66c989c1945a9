/** So many values of one are gone through at the most. */
const most = 50_000;
const deepest = 500;
/** So many characters or bytes take about as long as a value. */
const charactersPerValue = 64;
const bytesPerValue = 8;

/**
 * Fingerprints of values, so that two that are not shown whole can be told apart. Nobody is kept from making two with the same
 * one on purpose: they are for showing what has changed, and nothing else. Each object is gone through once.
 */
export class Digests {
  readonly #known = new Map<object, string | undefined>();
  /** Of objects that were gone through as parts of others. `open`: they are gone through now. */
  #met = new Map<object, [number, number] | 'open'>();
  #budget: number;
  #left = 0;
  #a = 0;
  #b = 0;

  /** @param budget how many values may be gone through in all; those after that have no fingerprint */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** `undefined` for a value that is too large, or cannot be read. */
  of(value: unknown): string | undefined {
    if (typeof value !== 'object' || value === null) return this.#of(value);
    if (!this.#known.has(value)) this.#known.set(value, this.#of(value));
    return this.#known.get(value);
  }

  #of(value: unknown): string | undefined {
    const allowed = Math.min(most, this.#budget);
    this.#left = allowed;
    this.#begin();
    try {
      this.#take(value, 0);
    } catch {
      // A getter that throws, or too much. What is open now may not stay so.
      this.#met = new Map();
      this.#budget -= allowed - this.#left;
      return undefined;
    }
    this.#budget -= allowed - this.#left;
    return `${(this.#a >>> 0).toString(36)}.${(this.#b >>> 0).toString(36)}`;
  }

  #begin(): void {
    this.#a = 0x811c9dc5;
    this.#b = 0x9747b28c;
  }

  #take(value: unknown, depth: number): void {
    this.#spend(1);
    if (typeof value !== 'object' || value === null) {
      this.#mix(typeof value);
      // The digits of a large bigint take their time in any base but this.
      this.#mix(Object.is(value, -0) ? '-0' : typeof value === 'bigint' ? value.toString(16) : String(value));
      return;
    }
    const met = this.#met.get(value);
    if (met === 'open') {
      this.#mix('circle');
      return;
    }
    const [a, b] = [this.#a, this.#b];
    const own = met ?? this.#inner(value, depth);
    this.#a = a;
    this.#b = b;
    this.#step(own[0]);
    this.#step(own[1]);
  }

  #inner(object: object, depth: number): [number, number] {
    if (depth > deepest) throw new RangeError();
    this.#met.set(object, 'open');
    this.#begin();
    this.#members(object, depth + 1);
    const own: [number, number] = [this.#a, this.#b];
    this.#met.set(object, own);
    return own;
  }

  #members(object: object, depth: number): void {
    if (Array.isArray(object)) {
      this.#mix('[');
      for (let i = 0; i < object.length; i++) this.#take(object[i], depth);
    } else if (object instanceof Map) {
      this.#mix('(');
      // The language's own, not those of a class: they may never end, or do something.
      for (const item of Map.prototype.entries.call(object)) this.#take(item, depth);
    } else if (object instanceof Set) {
      this.#mix('(');
      for (const item of Set.prototype.values.call(object)) this.#take(item, depth);
    } else if (object instanceof Date) {
      this.#mix(String(Date.prototype.getTime.call(object)));
    } else if (ArrayBuffer.isView(object)) {
      this.#spend(object.byteLength / bytesPerValue);
      const bytes = new Uint8Array(object.buffer, object.byteOffset, object.byteLength);
      for (const byte of bytes) this.#step(byte);
    } else {
      this.#mix('{');
      for (const key of Object.keys(object)) {
        this.#mix(key);
        this.#take((object as Record<string, unknown>)[key], depth);
      }
    }
  }

  #spend(values: number): void {
    this.#left -= values;
    if (this.#left < 0) throw new RangeError();
  }

  #mix(text: string): void {
    this.#spend(text.length / charactersPerValue);
    for (let i = 0; i < text.length; i++) this.#step(text.charCodeAt(i));
    this.#step(0xffff);
  }

  #step(code: number): void {
    this.#a = Math.imul(this.#a ^ code, 0x01000193);
    this.#b = Math.imul(this.#b ^ code, 0x5bd1e995) ^ (this.#b >>> 15);
  }
}
