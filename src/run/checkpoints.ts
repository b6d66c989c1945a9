import type { AnyActorRef } from 'xstate';
import type { Session } from '../actors/session.ts';
import { takeCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Checkpoint } from '../checkpoint/contents.ts';
import { later } from '../time/clock.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import type { Saver } from './saver.ts';

/** Who wants a checkpoint. While a promise that `taken` returns is pending, loops stand. */
interface Wish {
  taken(checkpoint: Checkpoint): Promise<void> | undefined;
  lost(error: unknown): void;
}

/** The run whose checkpoints they are. */
interface OfRun {
  readonly id: string;
  readonly loop: AnyLoop;
  readonly actor: AnyActorRef;
  readonly session: Session;
  readonly saver: Saver;
  /** The run waits for its saves. */
  readonly isSync: boolean;
  /** Told of each checkpoint. */
  readonly heard: Iterable<(checkpoint: Checkpoint) => void>;
  /** The run has ended. */
  hasEnded(): boolean;
  /** The error for whom wants one then. */
  endedError(): unknown;
  /** One that was due could not be taken or saved. */
  lost(error: unknown): void;
}

/** The checkpoints of a run: those that somebody asks for, and those that are due. All are served by one that is taken. */
export class Checkpoints {
  /** Steps of innermost loops since the run began. */
  steps = 0;

  readonly #run: OfRun;
  readonly #wishes: Wish[] = [];
  /** Something has to be saved before the run goes on. */
  #urgent = false;
  /** Calls off the save that a step that waits is about to cause. */
  #cancel: (() => void) | undefined;

  constructor(run: OfRun) {
    this.#run = run;
  }

  take(): Checkpoint {
    const { loop, actor, id, session, heard } = this.#run;
    const checkpoint = takeCheckpoint(loop, actor, id, this.steps, session.assetsBefore.values());
    for (const hear of heard) hear(checkpoint);
    return checkpoint;
  }

  want(wish: Wish): void {
    this.#wishes.push(wish);
    this.#hold();
  }

  /** Calls back with one while all innermost loops stand. The run goes on. */
  capture(taken: (checkpoint: Checkpoint) => void, lost: (error: unknown) => void): void {
    const wish = (checkpoint: Checkpoint): undefined => {
      taken(checkpoint);
    };
    if (this.#run.hasEnded()) lost(this.#run.endedError());
    else this.want({ taken: wish, lost });
  }

  /**
   * Takes one and saves it.
   * @returns whether it is saved; not so where none can be taken for long, since a step may have a model half changed: then
   *   the next that can be taken is
   * @throws what the save fails with, or why there was none
   */
  async saved(): Promise<boolean> {
    let wish!: Wish;
    const saved = new Promise<true>((resolve, reject) => {
      const taken = (checkpoint: Checkpoint) => this.#run.saver.save(checkpoint).then(() => resolve(true), reject);
      wish = { taken, lost: reject };
      this.want(wish);
    });
    if (await Promise.race([saved, this.#run.session.standUntilSaved()])) return saved;
    const at = this.#wishes.indexOf(wish);
    if (at >= 0) this.#wishes.splice(at, 1);
    this.#urgent = true;
    return false;
  }

  /** So many steps have been taken. */
  stepped(steps: number): void {
    this.steps += steps;
    this.#run.saver.stepped(steps);
  }

  /** Has one taken if it is due. */
  takeIfDue(): void {
    if (this.#isDue && !this.#run.session.wanted) this.#hold();
  }

  /**
   * Not once the run is to stop: it goes on from what was saved before, whoever starts it again, and does not depend on
   * whether a save was due in its last moments.
   */
  get #isDue(): boolean {
    const { saver, actor } = this.#run;
    return saver.isDue() && actor.getSnapshot().context.stop === null;
  }

  /** A step begins to wait, for a value or a time: the next may be far away, and so the save that would come with it. */
  stepWaits(): void {
    const ms = this.#run.saver.untilDue();
    if (ms === Infinity || this.#cancel !== undefined || this.#run.hasEnded()) return;
    if (ms === 0) this.#saveSoon();
    else this.#cancel = later(ms, () => this.#saveSoon());
  }

  #saveSoon(): void {
    this.#cancel = undefined;
    this.#urgent = true;
    this.#hold();
  }

  /** There will be none any more. */
  end(): void {
    this.#cancel?.();
    for (const { lost } of this.#wishes.splice(0)) lost(this.#run.endedError());
  }

  /**
   * Within a step, for what its `once` gave: the step stands there until that is saved. Where it cannot be, since another
   * step may be waiting for this one, it goes on, and that is saved with the next that can be taken.
   */
  async saveNow(actor: AnyActorRef): Promise<void> {
    this.#urgent = true;
    this.#hold();
    await this.#run.session.standUntilSaved(actor);
  }

  /** Asks all loops to stand, and serves whoever wants a checkpoint from the one that is taken then. */
  #hold(): void {
    const { session } = this.#run;
    session.want(() => {
      const wishes = this.#wishes.splice(0);
      // The end has a save of its own.
      const due = !this.#run.hasEnded() && (this.#isDue || this.#urgent);
      this.#urgent = false;
      let checkpoint: Checkpoint;
      try {
        checkpoint = this.take();
      } catch (error) {
        for (const { lost } of wishes) lost(error);
        if (due) this.#run.lost(error);
        return undefined;
      }
      const kept = wishes.map(({ taken }) => taken(checkpoint));
      if (due) kept.push(this.#save(checkpoint));
      const pending = kept.filter((one) => one !== undefined);
      return pending.length === 0 ? undefined : Promise.all(pending).then(() => {});
    });
  }

  /** Saves a checkpoint that was due. @returns what the run waits for */
  #save(checkpoint: Checkpoint): Promise<void> | undefined {
    const { saver, isSync } = this.#run;
    saver.taken();
    if (isSync) return saver.save(checkpoint).catch((error) => this.#run.lost(error));
    saver.saveBeside(checkpoint, (error) => this.#run.lost(error));
    return undefined;
  }
}
