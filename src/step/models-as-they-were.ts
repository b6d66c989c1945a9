import { encodeAsset } from '../data/asset-codec.ts';
import { sealOf } from '../data/seal.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { assetsOf } from '../tree/assets.ts';
import { rootOf, type Stateful, statefulOf } from '../tree/tree.ts';

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

/** What the models of a loop must come to, or stay. */
export class ModelsAsTheyWere {
  readonly #models: { path: string; model: Stateful; seal: string }[] = [];

  /** @param changed what is no longer what it was when the step began */
  constructor(loop: AnyLoop, changed: { [path: string]: string } = {}) {
    const own = new Set(statefulOf(loop).map(([, model]) => model));
    if (own.size === 0 && Object.keys(changed).length === 0) return;
    for (const [path, model] of assetsOf(rootOf(loop))) {
      const seal = changed[path] ?? (own.has(model) ? sealOfModel(model) : undefined);
      if (seal !== undefined) this.#models.push({ path, model, seal });
    }
  }

  get areNone(): boolean {
    return this.#models.length === 0;
  }

  /** The path of one that is not as it was. */
  missing(): string | undefined {
    return this.#models.find(({ model, seal }) => sealOfModel(model) !== seal)?.path;
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
