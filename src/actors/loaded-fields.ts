import { isAlike } from '../data/alike.ts';
import { MisconfigurationError } from '../data/errors.ts';
import { plainOrNot } from '../data/json.ts';
import { sealOfModel } from '../step/models-as-they-were.ts';
import { type AnyLoop, savesItsState } from '../tree/any-loop.ts';
import { capture } from '../tree/state-dict.ts';
import { checkTree } from '../tree/strays.ts';
import { isLoop, type Stateful, statefulOf, walk } from '../tree/tree.ts';

/*
 * What a checkpoint has brought back is in the loops before `onRestart` is called. An `onRestart` that makes a model or a
 * child anew, as `reset` does, puts another in the place of the one that was loaded, and what was loaded is lost:
 *
 *     reset() { this.sampler = new Sampler(7); }
 *     onRestart() { this.sampler = new Sampler(7); }      the sampler begins anew in the middle of the run
 *
 * So the fields are looked at before and after. Another object is none the worse if it says the same of itself, as one does
 * that was made from the state, or that wraps the one before.
 */

type Places = ReadonlyMap<string, AnyLoop | Stateful>;

/** What stands in the fields of a loop and of those below it, before its `onRestart`. */
export class LoadedFields {
  readonly #loop: AnyLoop;
  readonly #state: object;
  readonly #places: Places;

  constructor(loop: AnyLoop) {
    this.#loop = loop;
    this.#state = loop.state;
    this.#places = placesIn(walk(loop));
  }

  /**
   * After `onRestart`.
   * @param underWay the children that go on in their middle
   * @throws MisconfigurationError which names a field in which what was loaded has been lost
   */
  check(underWay: readonly string[]): void {
    const loop = this.#loop;
    if (loop.state !== this.#state && savesItsState(loop) && !holdTheSame(loop.state, this.#state)) {
      throw lost(loop, 'state', 'Leave it as it is, or change what is in it.');
    }
    const loops = checkTree(loop);
    const now = placesIn(loops);
    const standing = new Set(now.values());
    const isUnderWay = (place: string) => underWay.some((name) => `${place}.`.startsWith(`${name}.`));
    for (const [place, before] of this.#places) {
      const after = now.get(place);
      if (after === before || (after === undefined && standing.has(before))) continue;
      if (!(isLoop(before) && isUnderWay(place)) && saysTheSame(before, after)) continue;
      throw lost(loop, place, advice);
    }
  }
}

const advice =
  'Make it in the constructor, or from the state in onLoadCheckpoint: what stands there is loaded after that. In onRestart, open only what is live in it.';

/** The children and `Stateful` objects of a tree, by their paths below its root. */
function placesIn(loops: readonly { loop: AnyLoop; path: string }[]): Places {
  const base = loops[0]!.path.length + 1;
  const places = new Map<string, AnyLoop | Stateful>();
  for (const { loop, path } of loops) {
    if (path.length > base) places.set(path.slice(base), loop);
    const prefix = path.length < base ? '' : `${path.slice(base)}.`;
    for (const [name, field] of statefulOf(loop)) places.set(prefix + name, field);
  }
  return places;
}

function saysTheSame(before: AnyLoop | Stateful, after: AnyLoop | Stateful | undefined): boolean {
  try {
    if (isLoop(before) || isLoop(after))
      return isLoop(before) && isLoop(after) && isAlike(capture(before), capture(after));
  } catch {
    return false;
  }
  const seal = sealOfModel(before);
  return after !== undefined && seal !== '' && seal === sealOfModel(after);
}

function holdTheSame(a: object, b: object): boolean {
  const [one, other] = [plainOrNot(a), plainOrNot(b)];
  return one !== undefined && other !== undefined && isAlike(one.copy, other.copy);
}

function lost(loop: AnyLoop, place: string, what: string): MisconfigurationError {
  return new MisconfigurationError(
    `Expected onRestart to leave \`${place}\` as it was loaded, got another in its place: what was loaded is lost. ${what}`,
    loop.path,
  );
}
