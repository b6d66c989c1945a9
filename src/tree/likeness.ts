import { hasInherited, isValue, type Json, setOwn } from '../data/json.ts';
import type { AnyLoop } from './any-loop.ts';
import { isLoop, type Part, partsOf } from './parts.ts';
import type { BaseProgress } from './progress.ts';
import { type Boundary, type LoopDict, savedState, savesItsState } from './state-dict.ts';

/**
 * What a loop and all below it were like at some moment. It is taken at each boundary of a run that nobody looks at, and
 * thrown away at the next: so nothing is made of it until somebody asks. A state that holds no other objects is noted value by
 * value:
 *
 *     { n: 1, sum: 2.5 }        keys: n, sum        values: 1, 2.5
 */
export class Likeness {
  #restarting = false;
  readonly #keys: string[] = [];
  readonly #values: unknown[] = [];
  /** A copy of the state, unless it is noted value by value. */
  #copy: Json | undefined = undefined;
  #parts: readonly Part[] = [];
  /** Of each part: its likeness, or its counters. */
  readonly #below: (Likeness | Json)[] = [];

  /**
   * What it was of before is lost, also where this fails.
   * @throws LoopError `NOT_PLAIN_DATA`
   */
  take(loop: AnyLoop): void {
    this.#restarting = loop.restarting;
    this.#copy = savesItsState(loop) && this.#notes(loop.state) ? undefined : savedState(loop);
    const parts = partsOf(loop);
    this.#parts = parts;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]![1];
      if (isLoop(part)) this.#takeBelow(i, part);
      else this.#below[i] = (part as BaseProgress).stateDict();
    }
    if (this.#below.length > parts.length) this.#below.length = parts.length;
  }

  #takeBelow(i: number, loop: AnyLoop): void {
    let below = this.#below[i];
    if (!(below instanceof Likeness)) {
      below = new Likeness();
      this.#below[i] = below;
    }
    below.take(loop);
  }

  /** @returns whether the state could be noted value by value */
  #notes(state: unknown): boolean {
    if (typeof state !== 'object' || state === null) return false;
    if (Object.getPrototypeOf(state) !== Object.prototype || hasInherited()) return false;
    const [keys, values] = [this.#keys, this.#values];
    let at = 0;
    try {
      // Nothing stands above it: these keys are its own.
      for (const key in state) {
        const item = (state as Record<string, unknown>)[key];
        if (typeof item === 'object' ? item !== null : !isValue(item)) return false;
        if (keys[at] !== key) keys[at] = key;
        values[at++] = item;
      }
    } catch {
      // A getter that throws: the copy says so.
      return false;
    }
    if (keys.length > at) {
      keys.length = at;
      values.length = at;
    }
    return true;
  }

  /** The same as a dict, made anew: whoever gets it may change it. */
  dict(): LoopDict {
    return this.#fill({ state: this.#state(), progress: {}, children: {} });
  }

  /** The same as a boundary has it. */
  boundary(): Boundary {
    return this.#fill({ state: this.#state(), progress: {}, children: {}, restarting: this.#restarting });
  }

  #state(): Json {
    if (this.#copy !== undefined) return this.#copy;
    const state = {};
    for (const [i, key] of this.#keys.entries()) setOwn(state, key, this.#values[i]);
    return state;
  }

  #fill<Dict extends LoopDict>(dict: Dict): Dict {
    for (const [i, [name]] of this.#parts.entries()) {
      const below = this.#below[i]!;
      if (below instanceof Likeness) dict.children[name] = below.dict();
      else dict.progress[name] = below;
    }
    return dict;
  }
}
