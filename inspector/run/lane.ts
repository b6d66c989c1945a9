/** What a bar of the timeline says. The same for all runs of a loop. */
export interface Label {
  /** The path of the loop. */
  readonly path: string;
  readonly name: string;
  readonly hue: number;
  /** The highest number of a run of it. */
  most: number;
}

/** A run of a loop as it begins. */
export interface Beginning {
  t: number;
  /** The row at which it began. */
  row: number;
  /** The number of its actor. */
  actor: number;
  label: Label;
  /** Which run of its loop it is, counted from 1; 0 where that is not known. */
  nth: number;
}

/**
 * A row of the timeline: loops that ran one after the other. Of each no more is kept than its bar needs, in columns, so
 * that a million of them have room and stay when their lines are let go. Each has a place, which it keeps: the first is 0.
 */
export class Lane {
  #from = new Float64Array(16);
  #end = new Float64Array(16);
  #row = new Uint32Array(16);
  #actor = new Uint32Array(16);
  #nth = new Uint32Array(16);
  #label: Label[] = [];
  /** The places of those that failed, in time. */
  readonly failed: number[] = [];
  /** The place of the first that is still here. */
  first = 0;
  /** One past the place of the last. */
  next = 0;

  get length(): number {
    return this.next - this.first;
  }

  begin({ t, row, actor, nth, label }: Beginning): number {
    const at = this.length;
    if (at === this.#from.length) this.#resize(at + Math.max(16, at >> 1));
    this.#from[at] = t;
    this.#end[at] = Number.NaN;
    this.#row[at] = row;
    this.#actor[at] = actor;
    this.#nth[at] = nth;
    this.#label[at] = label;
    label.most = Math.max(label.most, nth);
    return this.next++;
  }

  from(place: number): number {
    return this.#from[place - this.first]!;
  }

  /** NaN while it runs. */
  end(place: number): number {
    return this.#end[place - this.first]!;
  }

  row(place: number): number {
    return this.#row[place - this.first]!;
  }

  actor(place: number): number {
    return this.#actor[place - this.first]!;
  }

  nth(place: number): number {
    return this.#nth[place - this.first]!;
  }

  label(place: number): Label {
    return this.#label[place - this.first]!;
  }

  /** It has ended; NaN where it goes on all the same. */
  setEnd(place: number, t: number): void {
    if (place >= this.first) this.#end[place - this.first] = t;
  }

  fail(place: number): void {
    const { failed } = this;
    failed.push(place);
    if (failed.length > 1 && failed.at(-2)! > place) failed.sort((a, b) => a - b);
  }

  /** The first place whose loop reaches into a time: they lie in order, and do not overlap. */
  firstIn(t: number, low: number = this.first): number {
    let from = low;
    let to = this.next;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.end(middle) < t) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** The same among those that failed: an index into their list. */
  firstFailedIn(t: number, low = 0): number {
    let from = low;
    let to = this.failed.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.end(this.failed[middle]!) < t) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Lets go of those that had ended before a time. */
  dropBefore(t: number): void {
    const gone = this.firstIn(t) - this.first;
    if (!gone) return;
    const { length } = this;
    for (const column of [this.#from, this.#end, this.#row, this.#actor, this.#nth]) column.copyWithin(0, gone, length);
    this.#label.splice(0, gone);
    this.first += gone;
    const stays = this.failed.findIndex((place) => place >= this.first);
    this.failed.splice(0, stays < 0 ? this.failed.length : stays);
  }

  #resize(room: number): void {
    this.#from = copied(this.#from, new Float64Array(room));
    this.#end = copied(this.#end, new Float64Array(room));
    this.#row = copied(this.#row, new Uint32Array(room));
    this.#actor = copied(this.#actor, new Uint32Array(room));
    this.#nth = copied(this.#nth, new Uint32Array(room));
  }
}

function copied<Column extends Float64Array | Uint32Array>(from: Column, into: Column): Column {
  into.set(from);
  return into;
}

/** Takes some out of a list. Mostly they are its first: no more of it is looked through than has to be. */
export function without<T>(list: T[], gone: ReadonlySet<T>): void {
  let left = gone.size;
  let kept = 0;
  let at = 0;
  for (; at < list.length && left > 0; at++) {
    const one = list[at]!;
    if (gone.has(one)) left--;
    else list[kept++] = one;
  }
  list.splice(kept, at - kept);
}
