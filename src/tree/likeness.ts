import type { Json } from '../data/json.ts';
import { Noted } from '../data/noted.ts';
import { type AnyLoop, savesItsState } from './any-loop.ts';
import { checkParts } from './boundary-parts.ts';
import { isLoop, type Part, partsOf } from './parts.ts';
import type { BaseProgress } from './progress.ts';
import { type Boundary, type LoopDict, savedState } from './state-dict.ts';

/**
 * What a loop and all below it were like at some moment. It is taken at each boundary of a run that nobody looks at, and
 * thrown away at the next: so it is only noted, and nothing is made of it until somebody asks.
 */
export class Likeness {
  #restarting = false;
  readonly #state: Noted = new Noted();
  /** In its place, what the loop's own `onSaveCheckpoint` returned. */
  #saved: Json | undefined = undefined;
  #parts: readonly Part[] = [];
  /** Of each part: its likeness, or its counters. */
  readonly #below: (Likeness | Json)[] = [];

  /**
   * What it was of before is lost, also where this fails.
   * @throws LoopError `NOT_PLAIN_DATA`
   */
  take(loop: AnyLoop): void {
    this.#restarting = loop.restarting;
    if (savesItsState(loop)) {
      this.#saved = undefined;
      this.#state.take(loop.state, loop, 'state');
    } else {
      this.#saved = savedState(loop);
    }
    const parts = partsOf(loop);
    // Asked at every step: as long as the fields hold the same, it is the same list.
    if (parts !== this.#parts) {
      checkParts(loop, parts);
      this.#parts = parts;
    }
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

  /** The same as a dict, made anew: whoever gets it may change it. */
  dict(): LoopDict {
    return this.#fill({ state: this.#copy(), progress: {}, children: {} });
  }

  /** The same as a boundary has it. */
  boundary(): Boundary {
    return this.#fill({ state: this.#copy(), progress: {}, children: {}, restarting: this.#restarting });
  }

  #copy(): Json {
    return this.#saved === undefined ? this.#state.copy() : this.#saved;
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
