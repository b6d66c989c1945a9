import type { AnyActorRef } from 'xstate';
import { later, now } from '../time/clock.ts';
import { turn } from '../time/turn.ts';

/** A step waits so long at first for what it has got to be saved, in milliseconds. */
const atFirst = 5000;
/** At least so long, however often it was in vain, in milliseconds. */
const atLeast = 20;
/** Nobody waits for longer, in milliseconds. Who waits outside of all steps waits for so long: it is an error then. */
const atMost = 60_000;

/** Somebody who waits. */
interface Waiting {
  /** The loop whose step it is; not there where somebody outside of all steps waits. */
  readonly actor: AnyActorRef | undefined;
  readonly since: number;
  /** How long he waits, in milliseconds. */
  readonly patience: number;
  callOff(): void;
  readonly resolve: (isSaved: boolean) => void;
}

/** The barrier where loops stand meanwhile. */
interface Around {
  /** Whether what is wanted can be taken, however long the steps in flight take, or is being saved. */
  mayBeTaken(): boolean;
  /** Of the loops whose steps are in flight: how long the longest of their last steps took, in milliseconds. */
  lastSteps(): number;
  /** Somebody has waited for so long in vain, in milliseconds. */
  gaveUp(actor: AnyActorRef | undefined, waited: number): void;
}

/**
 * Who waits until something is saved: steps, in their middle, for what a `once` has given them; and whoever has given the
 * run something.
 *
 * The steps that a checkpoint has to wait for may need him to go on: he has what they wait for. Whether they do cannot be
 * seen. So nobody waits for ever: he is told that it is not saved after a while, which is longer where their last steps
 * were long. Where it was in vain, the next one waits half as long.
 */
export class UntilSaved {
  readonly #around: Around;
  readonly #waiting = new Set<Waiting>();
  /** The loops whose steps wait. */
  readonly #loops = new Set<AnyActorRef>();
  #patience = atFirst;

  constructor(around: Around) {
    this.#around = around;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Whether a loop waits in the middle of its step. */
  has(actor: AnyActorRef): boolean {
    return this.#loops.has(actor);
  }

  /** @returns whether it is saved */
  wait(actor: AnyActorRef | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const patience = actor === undefined ? atMost : this.#patience;
      const one: Waiting = { actor, since: now(), patience, callOff: () => {}, resolve };
      this.#waiting.add(one);
      if (actor !== undefined) this.#loops.add(actor);
      // Where all stand already, that is the end of it, and there need be no timer.
      void turn().then(() => this.#waitFor(one, patience));
    });
  }

  /** Takes those who wait now: what they wait for is captured. @returns tells them that it is saved */
  captured(): () => void {
    const captured = [...this.#waiting];
    this.#clear();
    for (const { actor, since, callOff } of captured) {
      callOff();
      const waited = now() - since;
      if (actor !== undefined) this.#patience = Math.min(atFirst, Math.max(this.#patience, 2 * waited));
    }
    return () => {
      for (const { resolve } of captured) resolve(true);
    };
  }

  /** Nothing is saved any more: whoever waits is told so by the end of the run. */
  close(): void {
    for (const { callOff } of this.#waiting) callOff();
    this.#clear();
  }

  #clear(): void {
    this.#waiting.clear();
    this.#loops.clear();
  }

  #waitFor(one: Waiting, ms: number): void {
    if (!this.#waiting.has(one)) return;
    one.callOff = later(ms, () => {
      // What was ready before this was gets its turn: it may be what all wait for.
      void turn().then(() => this.#outOfPatience(one));
    });
  }

  #outOfPatience(one: Waiting): void {
    if (!this.#waiting.has(one)) return;
    if (this.#around.mayBeTaken()) {
      this.#waitFor(one, one.patience);
      return;
    }
    const waited = now() - one.since;
    // Those that are waited for may be about to come, if their steps take as long as the last ones did.
    const likely = 1.5 * this.#around.lastSteps() * (one.patience / atFirst);
    const left = Math.min(atMost, Math.max(one.patience, likely)) - waited;
    if (left > 0) {
      this.#waitFor(one, left);
      return;
    }
    this.#giveUp(one);
    this.#around.gaveUp(one.actor, waited);
    one.resolve(false);
  }

  #giveUp(one: Waiting): void {
    const { actor, patience } = one;
    this.#waiting.delete(one);
    if (actor === undefined) return;
    // One that its step has not awaited may wait beside another of the same loop.
    if (![...this.#waiting].some((other) => other.actor === actor)) this.#loops.delete(actor);
    // Of several that give up at once, each has begun with the same.
    this.#patience = Math.min(this.#patience, Math.max(atLeast, patience / 2));
  }
}
