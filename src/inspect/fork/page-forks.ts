import { describeError } from '../../data/error-codec.ts';
import type { Subject } from '../../recording/sighting.ts';
import type { ForkCommand, MomentsCommand, TakeCommand } from './command.ts';
import type { Forks } from './forks.ts';
import { checkShown, shownOf } from './shown.ts';
import type { Start } from './start.ts';

/** So many of a page's commands may be under way: a store may take long, and so may a step. */
const mostUnderWay = 8;

/** The forks that one page asks for. For each page, one checkpoint is held at most. */
export class PageForks {
  readonly #forks: Forks;
  readonly #answer: (message: object) => void;
  #taken: { number: number; start: Start } | undefined;
  /** Of the checkpoint that was asked for last. */
  #number = 0;
  #underWay = 0;
  #closed = false;

  /** @param answer tells the page */
  constructor(forks: Forks, answer: (message: object) => void) {
    this.#forks = forks;
    this.#answer = answer;
  }

  /** Takes a checkpoint, and tells the page what is in it, unless it asks for another meanwhile. */
  async take(root: Subject | undefined, { id, from }: TakeCommand): Promise<void> {
    const number = ++this.#number;
    this.#taken = undefined;
    await this.#work({ type: 'taken', id, from: from.said }, async () => {
      try {
        const start = await this.#forks.take(root, from);
        if (number !== this.#number) return undefined;
        const shown = shownOf(start, this.#forks.host);
        this.#taken = { number, start };
        return { checkpoint: number, ...shown };
      } catch (error) {
        // Nobody waits for it any more.
        if (number !== this.#number) return undefined;
        throw error;
      }
    });
  }

  /** Tells the page which checkpoints of a run there are. */
  async moments(root: Subject | undefined, { id }: MomentsCommand): Promise<void> {
    await this.#work({ type: 'moments', id }, () => this.#forks.moments(root));
  }

  /** Begins a fork, and tells the page its id. */
  async fork(command: ForkCommand): Promise<void> {
    const { checkpoint } = command;
    await this.#work({ type: 'forked', checkpoint }, async () => {
      const taken = this.#taken;
      if (taken?.number !== checkpoint)
        throw new Error(`Expected the checkpoint that was taken last, got number ${checkpoint}. Take one first.`);
      checkShown(taken.start, command, this.#forks.host);
      return { id: await this.#forks.begin(taken.start, command) };
    });
  }

  /** The page needs no checkpoint any more, be it one that is not taken yet. */
  release(): void {
    this.#number++;
    this.#taken = undefined;
  }

  close(): void {
    this.#closed = true;
    this.release();
  }

  /** Whatever goes wrong is an answer, and reaches nobody else. @param work gives the answer, or none */
  async #work(about: object, work: () => Promise<object | undefined>): Promise<void> {
    try {
      if (this.#underWay >= mostUnderWay)
        throw new Error(`Expected at most ${mostUnderWay} things to be asked for at a time, got one more.`);
      this.#underWay++;
      try {
        const answer = await work();
        if (answer !== undefined) this.#say({ ...about, ...answer });
      } finally {
        this.#underWay--;
      }
    } catch (error) {
      this.#say({ ...about, refused: describeError(error).message });
    }
  }

  #say(message: object): void {
    if (this.#closed) return;
    try {
      this.#answer(message);
    } catch {
      // It has gone just now.
    }
  }
}
