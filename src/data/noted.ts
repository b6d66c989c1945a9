import { hasInherited, isValue, type Json, plainCopy, setOwn } from './json.ts';
import { NotedObjects } from './noted-objects.ts';

/**
 * Plain data as it was at some moment. It is noted again and again, and a copy is made only where somebody asks for it: so
 * that costs a look at each value, and no more. What holds no other objects, as most states, is noted value by value:
 *
 *     { n: 1, sum: 2.5 }        noted: 'n', 1, 'sum', 2.5
 */
export class Noted {
  /** Keys and values in turn. */
  readonly #noted: unknown[] = [];
  /** What holds other objects. */
  #objects: NotedObjects | undefined = undefined;
  /** A copy of anything else. */
  #whole: Json | undefined = undefined;

  /**
   * Notes what some data is now. What was noted before is lost, also where this fails.
   * @param owner the loop that it belongs to, for an error
   * @param key what that calls it
   * @throws LoopError `NOT_PLAIN_DATA`
   */
  take(value: unknown, owner: { readonly path: string }, key: string): void {
    this.#whole = undefined;
    if (typeof value !== 'object' || value === null || hasInherited()) {
      this.#whole = plainCopy(value, () => owner.path, key);
    } else if (!(this.#objects === undefined ? this.#flat(value) : this.#again(this.#objects, value))) {
      this.#anew(value, owner, key);
    }
  }

  #again(objects: NotedObjects, value: object): boolean {
    try {
      return objects.again(value);
    } catch {
      // A getter that throws: the copy says so.
      return false;
    }
  }

  #anew(value: object, owner: { readonly path: string }, key: string): void {
    this.#objects = undefined;
    if (!this.#flat(value))
      this.#objects = new NotedObjects(
        value,
        plainCopy(value, () => owner.path, key),
      );
  }

  /** @returns whether it holds no other objects */
  #flat(value: object): boolean {
    if (Object.getPrototypeOf(value) !== Object.prototype) return false;
    const noted = this.#noted;
    let at = 0;
    try {
      // Nothing stands above it: these keys are its own.
      for (const key in value) {
        const item = (value as Record<string, unknown>)[key];
        if (typeof item === 'object' ? item !== null : !isValue(item)) return false;
        noted[at] = key;
        noted[at + 1] = item;
        at += 2;
      }
    } catch {
      // A getter that throws: the copy says so.
      return false;
    }
    if (noted.length > at) noted.length = at;
    return true;
  }

  /** A copy of what was noted, made anew: whoever gets it may change it. */
  copy(): Json {
    if (this.#whole !== undefined) return this.#whole;
    if (this.#objects !== undefined) return this.#objects.copy();
    const [copy, noted] = [{}, this.#noted];
    for (let at = 0; at < noted.length; at += 2) setOwn(copy, noted[at] as string, noted[at + 1]);
    return copy;
  }
}
