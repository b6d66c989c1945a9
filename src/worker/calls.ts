import { jsonable } from '../checkpoint/checkpoint-json.ts';
import type { Checkpoint } from '../checkpoint/contents.ts';
import { heard, unpacked } from './crossing.ts';
import type { Call, Told } from './messages.ts';

interface Waiting {
  resolve(checkpoint: Checkpoint | undefined): void;
  reject(error: unknown): void;
  /** It has come to what it waits for where the run has ended. */
  endsWith: 'run' | 'error';
}

/** What a run has been asked by others than its worker, until the worker has answered. */
export class Calls {
  readonly #say: (call: number, of: Call) => void;
  /** What the worker has not answered to, by number. */
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  /** The reasons that were given, by the number of their call: whoever gave one gets the same back. */
  readonly #given = new Map<number, unknown>();
  /** Nobody is there who could answer, for this reason. */
  #gone: { error: unknown } | undefined;

  /** @param say says a call to the worker */
  constructor(say: (call: number, of: Call) => void) {
    this.#say = say;
  }

  /** All that was asked has been answered. */
  get isQuiet(): boolean {
    return this.#waiting.size === 0;
  }

  /** Asks for what the worker need not answer. @param reason what was given for it */
  tell(of: Call, reason?: unknown): void {
    if (this.#gone === undefined) this.#next(of, reason);
  }

  /** @returns what the worker answers */
  ask(of: Call, reason?: unknown): Promise<Checkpoint | undefined> {
    const endsWith = ['checkpoint', 'suspend', 'inspect', 'give'].includes(of.ask) ? 'error' : 'run';
    if (this.#gone !== undefined)
      return endsWith === 'run' ? Promise.resolve(undefined) : Promise.reject(this.#gone.error);
    return new Promise((resolve, reject) => {
      this.#waiting.set(this.#next(of, reason), { resolve, reject, endsWith });
    });
  }

  answered({ call, value, error }: Extract<Told, { tell: 'answer' }>): void {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (waiting === undefined) return;
    // Of a run that has ended there is nothing to pause: it may be asked for at any time.
    if (error !== undefined && waiting.endsWith === 'error') waiting.reject(this.heard(error));
    else waiting.resolve(value && jsonable(unpacked(value) as Checkpoint));
  }

  /** An error or a reason that the worker has told of: where it is one that was given here, that one. */
  heard(described: Parameters<typeof heard>[0]): unknown {
    return heard(described, this.#given);
  }

  /** Nobody will answer any more. */
  giveUp(error: unknown): void {
    this.#gone = { error };
    for (const { resolve, reject, endsWith } of this.#waiting.values()) {
      if (endsWith === 'run') resolve(undefined);
      else reject(error);
    }
    this.#waiting.clear();
  }

  /** @returns the number of the call */
  #next(of: Call, reason: unknown): number {
    const call = ++this.#calls;
    if (reason !== undefined) this.#given.set(call, reason);
    this.#say(call, of);
    return call;
  }
}
