import type { Runner } from '../../step/runner.ts';
import type { Scope } from '../../step/scope.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { type AskedOfChance, type Chance, listenToChance } from './asked-of-chance.ts';
import { onceThatAsks } from './once-that-asks.ts';
import { countRuns, placeOf } from './runs-in-step.ts';
import { WhoAsks } from './who-asks.ts';

/** What one function draws, one after another. */
interface Drawn {
  values: unknown[];
  /** How many of them it has. */
  count: number;
}

/**
 * What functions of `once` ask of chance and of the time. They may: what they give is in the journal. But two runs can be
 * compared only where both have drawn the same, so what the first run of a proof has drawn, later ones draw again, each
 * function at its own place:
 *
 *     first run    step 1, once('id'): 0.27      step 2, once('id'): 0.81
 *     a later one  cut behind step 1 ──────────▶ step 2, once('id'): 0.81
 */
export class Draws {
  /** What the first run has asked for in functions of `once`. */
  readonly #kinds: Set<Chance> = new Set();
  readonly #isOurs: (root: AnyLoop) => boolean;
  /** By place. */
  readonly #values = new Map<string, unknown[]>();
  readonly #of = new WeakMap<Scope, { [kind in Chance]?: Drawn }>();
  readonly #who = new WhoAsks();
  /** Which of them are drawn again; not there before the second run. */
  #again: Chance[] | undefined;
  #end: (() => void)[] = [];

  /** @param isOurs whether this is the root of a run of the proof: others may run beside it */
  constructor(isOurs: (root: AnyLoop) => boolean) {
    this.#isOurs = isOurs;
  }

  /** Notes what is drawn in the first run. */
  async first<T>(work: () => Promise<T>): Promise<T> {
    this.#listen((asked, drawn) => {
      this.#kinds.add(asked.chance);
      return next(drawn, asked.real);
    });
    try {
      return await work();
    } finally {
      this.end();
    }
  }

  /**
   * Holds a later run against the first one. What that had drawn by chance is drawn again. If they differ, it is tried
   * whether they do so only because functions of `once` had asked for the time: those ask at the same time from then on. Not
   * from the beginning, for a run may wait for a time to come.
   * @param compare returns what differs
   */
  async compared<Got, Difference>(
    run: () => Promise<Got>,
    compare: (got: Got) => Difference | undefined,
  ): Promise<{ got: Got; difference: Difference | undefined }> {
    const before = this.#again ?? this.#drawAgain([...this.#kinds].filter((kind) => kind === 'random'));
    const got = await run();
    const difference = compare(got);
    if (difference === undefined || before.length === this.#kinds.size) return { got, difference };
    this.#drawAgain([...this.#kinds]);
    const atSameTime = await run();
    if (compare(atSameTime) === undefined) return { got: atSameTime, difference: undefined };
    this.#drawAgain(before);
    return { got, difference };
  }

  /** From now on, what the first run has drawn of these kinds is drawn again. */
  #drawAgain(kinds: Chance[]): Chance[] {
    this.#again = kinds;
    if (this.#end.length === 0 && kinds.length > 0)
      this.#listen((asked, drawn) => (this.#again!.includes(asked.chance) ? next(drawn, asked.real) : undefined));
    return kinds;
  }

  end(): void {
    for (const end of this.#end) end();
    this.#end = [];
  }

  #listen(give: (asked: AskedOfChance, drawn: Drawn) => { value: unknown } | undefined): void {
    const end = listenToChance((asked) => {
      const once = onceThatAsks();
      if (once === undefined || this.#who.asks() === undefined) return undefined;
      const drawn = this.#drawnBy(once, asked.chance);
      return drawn && give(asked, drawn);
    });
    this.#end = [end, countRuns()];
  }

  /** `undefined` where another run asks. */
  #drawnBy(once: Scope, chance: Chance): Drawn | undefined {
    const known = this.#of.get(once) ?? {};
    this.#of.set(once, known);
    if (known[chance] !== undefined) return known[chance];
    const place = this.#placeOf(once);
    if (place === undefined) return undefined;
    const key = `${chance}${place}`;
    const values = this.#values.get(key) ?? [];
    this.#values.set(key, values);
    known[chance] = { values, count: 0 };
    return known[chance];
  }

  /** A run that a function of `once` has started itself stands where that function does. */
  #placeOf({ owner, key, outer }: Scope): string | undefined {
    const runner = owner as Runner;
    const place = `${placeOf(runner)} ${JSON.stringify(key)}`;
    let root = runner;
    while (root.parent !== undefined) root = root.parent;
    if (this.#isOurs(root.loop)) return place;
    const around = outer && this.#placeOf(outer);
    return around && around + place;
  }
}

/** The next thing that was drawn there; what had not been drawn yet is drawn now, and is the same from then on. */
function next(drawn: Drawn, real: () => unknown): { value: unknown } {
  const { values, count } = drawn;
  if (count === values.length) values.push(real());
  drawn.count++;
  const value = values[count];
  // Whoever has got bytes may change them.
  return { value: value instanceof Uint8Array ? Uint8Array.prototype.slice.call(value) : value };
}
