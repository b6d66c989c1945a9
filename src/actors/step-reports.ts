import type { Json } from '../data/json.ts';
import { now } from '../time/clock.ts';
import { slice } from '../time/turn.ts';
import { hasChildren } from '../tree/tree.ts';
import type { Running } from './running.ts';

/** Committing may take this share of the time; where the state is large, commits come less often. */
const commitShare = 1 / 20;

/**
 * What the steps of a loop have come to, as others are told of it: its machine, which is given a copy of the state with each
 * commit, and whoever counts the steps of innermost loops.
 */
export class StepReports {
  /** Steps that were not committed when the machine had something to say. */
  before = 0;
  /** All steps so far that no child has told of: of a loop with children, those in which none ran. */
  ownSteps = 0;

  readonly #running: Running;
  /** Of those, the steps that others have been told of. */
  #counted = 0;
  /** Steps taken or under way that are not committed. */
  #claimed = 0;
  #lastCommit = 0;
  #commitEvery = slice;
  /** How long the last commit took. */
  #committedIn = 0;

  constructor(running: Running) {
    this.#running = running;
  }

  /** The first step begins. */
  begin(): void {
    this.#lastCommit = now();
  }

  /** Whether it is time for a commit. */
  isLate(seen: number): boolean {
    return seen - this.#lastCommit >= this.#commitEvery;
  }

  /** Whether the state is small enough to be copied before each step that waits. */
  get isCheap(): boolean {
    return this.#commitEvery <= 5 * slice;
  }

  claim(steps: number): void {
    this.#claimed += steps;
    this.#running.session.claimed += steps;
  }

  claimNoMore(): void {
    this.claim(-this.#claimed);
  }

  /** Has the state copied or noted, and looks how long that takes. */
  #timed<Taken>(take: () => Taken): Taken {
    const started = now();
    const taken = take();
    // Twice in a row: one that took long may have been held up by something else.
    const took = now() - started;
    this.#commitEvery = Math.max(slice, Math.min(took, this.#committedIn) / commitShare);
    this.#committedIn = took;
    return taken;
  }

  /** A step of a loop with children is over, and nobody looks: the machine is told later. */
  hold(): void {
    const running = this.#running;
    running.committed();
    if (running.session.keeps) running.hold();
    this.#count();
  }

  /** Steps that were awaited are over. */
  holdAwaited(): void {
    const running = this.#running;
    running.committed();
    this.#timed(() => running.hold());
    this.claimNoMore();
    const steps = running.uncommitted - running.counted;
    running.counted = running.uncommitted;
    if (steps > 0) running.session.due?.(steps);
  }

  /** @param done what `done` said last. @param ended the loop has ended itself */
  commit(done: boolean, ended?: { reason: Json }): void {
    const running = this.#running;
    const commit = running.session.watched ? running.commit() : this.#timed(() => running.commit());
    this.#lastCommit = now();
    const [steps, before] = [running.uncommitted, this.before];
    this.claimNoMore();
    running.uncommitted = 0;
    this.before = 0;
    running.committed();
    running.session.assetsBefore.delete(running);
    running.unit = undefined;
    running.held?.clear();
    running.tell({
      type: 'loop.advanced',
      steps,
      commit,
      done,
      ...(before === 0 ? {} : { before }),
      ...(ended === undefined ? {} : { ended }),
    });
    this.countTaken(steps);
  }

  /** Tells others of these steps; of a loop with children, of those in which none ran. */
  countTaken(steps: number): void {
    const running = this.#running;
    if (!hasChildren(running.loop)) this.ownSteps += steps - running.counted;
    running.counted = 0;
    this.#count();
  }

  /** Tells others of the steps that no child has told them of. */
  #count(): void {
    const steps = this.ownSteps - this.#counted;
    this.#counted = this.ownSteps;
    if (steps > 0) this.#running.session.due?.(steps);
  }
}
