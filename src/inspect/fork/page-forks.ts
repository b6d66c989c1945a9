import { describeError } from '../../data/error-codec.ts';
import type { Subject } from '../../recording/sighting.ts';
import type { ForkCommand, TakeCommand } from './command.ts';
import type { Forks, Start } from './forks.ts';
import { checkShown, shownOf } from './shown.ts';

/** The forks that one page asks for. For each page, one checkpoint is held at most. */
export class PageForks {
  readonly #forks: Forks;
  readonly #answer: (message: object) => void;
  #taken: { number: number; start: Start } | undefined;
  #number = 0;
  /** Something is under way that the page has asked for. */
  #busy = false;
  #closed = false;

  /** @param answer tells the page */
  constructor(forks: Forks, answer: (message: object) => void) {
    this.#forks = forks;
    this.#answer = answer;
  }

  /** Takes a checkpoint, and tells the page what is in it. */
  async take(root: Subject | undefined, { id, from }: TakeCommand): Promise<void> {
    await this.#work({ type: 'taken', id, from }, async () => {
      this.#taken = undefined;
      const start = await this.#forks.take(root, from);
      if (this.#closed) return {};
      const shown = shownOf(start, this.#forks.host);
      const number = ++this.#number;
      this.#taken = { number, start };
      return { checkpoint: number, ...shown };
    });
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

  close(): void {
    this.#closed = true;
    this.#taken = undefined;
  }

  /** Whatever goes wrong is an answer, and reaches nobody else. */
  async #work(about: object, work: () => Promise<object>): Promise<void> {
    // What is asked for meanwhile would pile up.
    if (this.#busy) return this.#say({ ...about, refused: 'Expected what was asked for before to be done first.' });
    this.#busy = true;
    try {
      this.#say({ ...about, ...(await work()) });
    } catch (error) {
      this.#say({ ...about, refused: describeError(error).message });
    } finally {
      this.#busy = false;
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
