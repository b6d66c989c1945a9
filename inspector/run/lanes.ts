import type { Actor } from './actor.ts';
import { type Label, Lane } from './lane.ts';

/** So many runs of loops are kept for the timeline; of more, the oldest are let go of. Each takes some fifty bytes. */
const MOST = 2_000_000;

/** All bars of the timeline, in rows. They stay when the lines that told of them are let go of. */
export class Lanes {
  readonly list: Lane[] = [];
  /** How many runs of loops lie in them. */
  count = 0;
  /** From when on all are known that there were, in milliseconds since 1970; NaN where none was let go of. */
  since: number = Number.NaN;
  /** When the last line was written of those that tell of them. */
  until: number = Number.NaN;
  /** So many lines of the file lie before the row 0 that they count from. */
  linesBefore = 0;
  /** So many lines of the file have been read, from its first on, to know them. */
  lines = 0;
  /** The numbers of the actors that go on, by their lanes. */
  readonly #owners: (number | undefined)[] = [];
  readonly #labels = new Map<string, Label>();
  readonly #most: number;

  /** @param most so many are kept, two million by default */
  constructor(most: number = MOST) {
    this.#most = most;
  }

  /** When the first of them began; NaN where there is none. */
  get from(): number {
    const [first] = this.list;
    return first?.length ? Math.max(first.from(first.first), this.since || 0) : Number.NaN;
  }

  /** Gives a loop that begins its lane: the first that is free below the one that runs it, so that those side by side come to lie under one another. */
  begin(actor: Actor, row: number): void {
    let at = actor.parent ? actor.parent.lane + 1 : 0;
    while (this.#owners[at] !== undefined) at++;
    this.#owners[at] = actor.index;
    actor.lane = at;
    const label = this.#label(actor.path.name, actor.name, actor.path.hue);
    const nth = Number(actor.occurrence) || 0;
    actor.place = this.#lane(at).begin({ t: actor.from, row, actor: actor.index, label, nth });
    this.#added();
  }

  end({ lane, place, index, end }: Actor): void {
    this.list[lane]!.setEnd(place, end);
    if (this.#owners[lane] === index) this.#owners[lane] = undefined;
  }

  /** It was taken to have ended, and goes on all the same. */
  reopen({ lane, place }: Actor): void {
    this.list[lane]!.setEnd(place, Number.NaN);
  }

  fail({ lane, place }: Actor): void {
    this.list[lane]!.fail(place);
  }

  /**
   * Takes in what others tell that go further: the lanes of another part of the same file. What both know is there once.
   */
  join(other: Lanes): void {
    const shift = other.linesBefore - this.linesBefore;
    for (const [at, lane] of other.list.entries()) {
      const failed = new Set(lane.failed);
      for (let place = lane.first; place < lane.next; place++) {
        const [t, end, nth] = [lane.from(place), lane.end(place), lane.nth(place)];
        const { path, name, hue } = lane.label(place);
        const label = this.#label(path, name, hue);
        if (lane.row(place) + other.linesBefore < this.lines) {
          this.#goesOn(label, nth)?.(end);
          continue;
        }
        let into = at;
        while (!this.#isFree(into, t)) into++;
        const joined = this.#lane(into).begin({ t, row: lane.row(place) + shift, actor: -1, label, nth });
        this.#lane(into).setEnd(joined, end);
        if (failed.has(place)) this.#lane(into).fail(joined);
        this.#added();
      }
    }
    if (other.lines <= this.lines) return;
    this.lines = other.lines;
    this.until = other.until;
  }

  /** Sets the end of a run that had none yet. */
  #goesOn(label: Label, nth: number): ((t: number) => void) | undefined {
    for (const lane of this.list) {
      const last = lane.next - 1;
      if (lane.length && Number.isNaN(lane.end(last)) && lane.label(last) === label && lane.nth(last) === nth)
        return (t) => lane.setEnd(last, t);
    }
    return undefined;
  }

  #isFree(at: number, t: number): boolean {
    const lane = this.list[at];
    return !lane?.length || lane.end(lane.next - 1) <= t;
  }

  #lane(at: number): Lane {
    for (let next = this.list.length; next <= at; next++) this.list.push(new Lane());
    return this.list[at]!;
  }

  #label(path: string, name: string, hue: number): Label {
    const key = `${hue} ${path}`;
    let label = this.#labels.get(key);
    if (!label) {
      label = { path, name, hue, most: 0 };
      this.#labels.set(key, label);
    }
    return label;
  }

  #added(): void {
    if (++this.count <= this.#most) return;
    // Of the fullest, an eighth goes, and of the others what had ended by then.
    const fullest = this.list.reduce((full, lane) => (lane.length > full.length ? lane : full));
    const t = fullest.from(fullest.first + (fullest.length >> 3));
    for (const lane of this.list) lane.dropBefore(t);
    this.count = this.list.reduce((sum, { length }) => sum + length, 0);
    this.since = t;
  }
}
