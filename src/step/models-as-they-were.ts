import { encodeAsset } from '../data/asset-codec.ts';
import { sealOf } from '../data/seal.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { assetsOf } from '../tree/assets.ts';
import { above, rootOf, type Stateful, statefulOf } from '../tree/tree.ts';

/*
 * The models of a step that is run again, by which any `Stateful` objects are meant:
 *
 *                            in the checkpoint they are …          so the step that is run again …
 *     of a parent            as they were when it was taken        must not change them itself: that would be twice
 *     of a loop without      as they were before the step          must bring them to where they were: what the
 *     children                                                     function of a `once` did to them is not done again
 *
 * Both are looked at, and what is not so is refused.
 */

/** What the models that were noted before a step have come to since, as seals, by their paths. Those that are as they were are not named. */
export function changedModels(root: AnyLoop, notes: ReadonlyMap<object, unknown>): { [path: string]: string } {
  const changed: { [path: string]: string } = {};
  for (const [path, model] of assetsOf(root)) {
    if (!notes.has(model)) continue;
    const now = sealOfModel(model);
    if (now !== '' && now !== sealOfAsset(notes.get(model))) changed[path] = now;
  }
  return changed;
}

/**
 * What the models of a loop, and of those above it, must come to, or stay. They are known by their fields: a step may put
 * another object there.
 */
export class ModelsAsTheyWere {
  readonly #root: AnyLoop;
  readonly #isAlone: () => boolean;
  /** Seals by path. */
  readonly #own = new Map<string, string>();
  readonly #above = new Map<string, string>();

  /**
   * @param changed what is no longer what it was when the step began
   * @param isAlone whether no other loop goes on beside this one: that might be changing the models above them both
   */
  constructor(loop: AnyLoop, changed: { [path: string]: string } | undefined, isAlone: () => boolean) {
    this.#root = rootOf(loop);
    this.#isAlone = isAlone;
    const own = new Set(statefulOf(loop).map(([, model]) => model));
    // Thousands of loops side by side need not each read all models above them.
    const loopsAbove = isAlone() ? above(loop) : [];
    const others = new Set(loopsAbove.flatMap((up) => statefulOf(up.loop).map(([, model]) => model)));
    for (const [path, seal] of Object.entries(changed ?? {})) this.#own.set(path, seal);
    if (own.size + others.size === 0) return;
    for (const [path, model] of assetsOf(this.#root)) {
      if (this.#own.has(path)) continue;
      if (own.has(model)) this.#own.set(path, sealOfModel(model));
      else if (others.has(model)) this.#above.set(path, sealOfModel(model));
    }
  }

  get areNone(): boolean {
    return this.#own.size + this.#above.size === 0;
  }

  /** The path of one that is not as it was. */
  missing(): string | undefined {
    if (this.areNone) return undefined;
    const now = new Map(assetsOf(this.#root));
    const isOther = ([path, seal]: [string, string]) => {
      const model = now.get(path);
      return model === undefined || sealOfModel(model) !== seal;
    };
    const seals = this.#isAlone() ? [...this.#own, ...this.#above] : [...this.#own];
    return seals.find(isOther)?.[0];
  }
}

/** Of one that cannot be read, or not be written, always the same: whoever takes a checkpoint is told so. */
export function sealOfModel(model: Stateful): string {
  try {
    return sealOfAsset(model.stateDict());
  } catch {
    return '';
  }
}

function sealOfAsset(asset: unknown): string {
  return sealOf(encodeAsset(asset));
}
