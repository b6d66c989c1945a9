import type { Commit } from '../chart/context.ts';
import { type Asked, ask, emptyJournal, give, type InFlight, type Result } from '../chart/journal.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { Likeness } from '../tree/likeness.ts';
import { capture, type LoopDict, sharedDict } from '../tree/state-dict.ts';

/** How the run of a child has left it. */
export type Left = Likeness | LoopDict;

/** What a step has asked for, has been given, or has asked for and been given before anything else. */
interface Note {
  readonly what: Omit<Asked, 'at'>;
  given: Result | undefined;
  left: Left | undefined;
}

/** Of so many children a step keeps a likeness, which the next step uses again. */
const mostLikenesses = 8;

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
  /** Of children whose runs have ended in this step; others are for later steps. */
  readonly #likenesses: Likeness[] = [];
  #likenessesUsed = 0;
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
    this.#forget();
  }

  #forget(): void {
    if (this.#notes.length > 0) this.#notes = [];
    this.#likenessesUsed = 0;
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
    this.#forget();
  }

  asked(what: Omit<Asked, 'at'>): void {
    this.#notes.push({ what, given: undefined, left: undefined });
  }

  /** The run of a child has ended, and its parent's step is about to be given what came of it. @throws LoopError `NOT_PLAIN_DATA` */
  leftBy(child: AnyLoop): Left {
    if (this.#likenessesUsed === mostLikenesses) return capture(child);
    const likeness = this.#likenesses[this.#likenessesUsed] ?? new Likeness();
    likeness.take(child);
    this.#likenesses[this.#likenessesUsed++] = likeness;
    return likeness;
  }

  /** @param left of the run of a child */
  given(what: Omit<Asked, 'at'>, given: Result, left?: Left): void {
    const notes = this.#notes;
    const last = notes.at(-1);
    // A step may have a hundred thousand short children, one after another: what is kept of each is kept small.
    if (last === undefined || last.what !== what || last.given !== undefined) {
      notes.push({ what, given, left });
      return;
    }
    last.given = given;
    const before = notes.at(-2);
    last.left = before?.what.run === what.run ? shared(left, before?.left) : left;
  }

  /** The journal of the step in flight. @param told that of the machine's context */
  journal(told: InFlight | null): InFlight | null {
    let journal = this.#base === undefined ? told : this.#base;
    for (const { what, given, left } of this.#notes) {
      if (given === undefined) journal = ask(journal, what);
      else journal = give(journal, what, left === undefined ? given : { ...given, dict: dictOf(left) });
    }
    return journal;
  }

  /** The machine knows all of it. */
  clear(): void {
    this.#hasBoundary = false;
    this.steps = 0;
    this.#base = undefined;
    this.#forget();
  }
}

function dictOf(left: Left): LoopDict {
  return left instanceof Likeness ? left.dict() : left;
}

function shared(left: Left | undefined, last: Left | undefined): Left | undefined {
  if (left === undefined || last === undefined || left instanceof Likeness || last instanceof Likeness) return left;
  return sharedDict(left, last);
}
