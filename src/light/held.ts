import type { Commit } from '../chart/context.ts';
import { type Asked, ask, emptyJournal, type GivenFor, give, type InFlight } from '../chart/journal.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { Likeness } from '../tree/likeness.ts';
import { sharedDict } from '../tree/state-dict.ts';

/** What a step has asked for, has been given, or has asked for and been given before anything else. */
interface Note {
  readonly what: Omit<Asked, 'at'>;
  given: GivenFor | undefined;
}

/**
 * What a run has come to since its machine was last told: the last boundary, and what the step in flight has asked for
 * and got since. While nobody looks, that is all that is kept; whoever looks has the machine told first.
 */
export class Held {
  /** Whole steps of the run up to that boundary that the machine does not know of. */
  steps = 0;
  /** The journal that the notes come after; `undefined`: that of the machine's context. */
  #base: InFlight | null | undefined;
  #notes: Note[] = [];
  /** There has been a boundary that the machine does not know. */
  #hasBoundary = false;
  #last: Likeness | undefined = undefined;
  /** For the next one: one that cannot be taken leaves the last as it is. */
  #spare: Likeness | undefined = undefined;

  get hasBoundary(): boolean {
    return this.#hasBoundary;
  }

  get isEmpty(): boolean {
    return !this.#hasBoundary && this.#notes.length === 0;
  }

  /** The last boundary, if the machine does not know it. */
  get commit(): Commit | undefined {
    return this.#hasBoundary ? this.#last!.boundary() : undefined;
  }

  #take(loop: AnyLoop): void {
    const likeness = this.#spare ?? new Likeness();
    likeness.take(loop);
    this.#spare = this.#last;
    this.#last = likeness;
    this.#hasBoundary = true;
  }

  /** A boundary: what the step before had got is in the state. @throws LoopError `NOT_PLAIN_DATA` */
  boundary(loop: AnyLoop, steps: number): void {
    this.#take(loop);
    this.boundaryAgain(steps);
  }

  /** The state at the last boundary is that at a later one, too. */
  boundaryAgain(steps: number): void {
    this.steps = steps;
    this.#base = null;
    if (this.#notes.length > 0) this.#notes = [];
  }

  /**
   * A hook of a step is over, and is not repeated.
   * @param told the journal of the machine's context
   * @throws LoopError `NOT_PLAIN_DATA`
   */
  hooked(loop: AnyLoop, hook: string, ran: boolean, told: InFlight | null): void {
    const before = this.#base === undefined ? told : this.#base;
    const hooks = [...(before?.hooks ?? []), hook];
    this.#take(loop);
    this.#base = { ...emptyJournal, hooks, ran };
    this.#notes = [];
  }

  asked(what: Omit<Asked, 'at'>): void {
    this.#notes.push({ what, given: undefined });
  }

  given(what: Omit<Asked, 'at'>, given: GivenFor): void {
    const notes = this.#notes;
    const last = notes.at(-1);
    // A step may have a hundred thousand short children, one after another: what is kept of each is kept small.
    if (last === undefined || last.what !== what || last.given !== undefined) {
      notes.push({ what, given });
      return;
    }
    last.given = given;
    const before = notes.at(-2);
    if (given.dict === undefined || before?.given?.dict === undefined || before.what.run !== what.run) return;
    given.dict = sharedDict(given.dict, before.given.dict);
  }

  /** The journal of the step in flight. @param told that of the machine's context */
  journal(told: InFlight | null): InFlight | null {
    let journal = this.#base === undefined ? told : this.#base;
    for (const { what, given } of this.#notes) {
      journal = given === undefined ? ask(journal, what) : give(journal, what, given);
    }
    return journal;
  }

  /** The machine knows all of it. */
  clear(): void {
    this.#hasBoundary = false;
    this.steps = 0;
    this.#base = undefined;
    if (this.#notes.length > 0) this.#notes = [];
  }
}
