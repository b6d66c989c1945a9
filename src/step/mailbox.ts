import type { Given } from '../chart/context.ts';
import { LoopError } from '../data/errors.ts';
import { soon } from '../time/clock.ts';

/** A step that waits for a value. */
export interface Receiver {
  /** Of its loop. */
  readonly path: string;
  /** Not so when the step that asked is over. */
  readonly isWaiting: boolean;
  /** There is a value: {@link Mailbox.take} it. */
  arrived(): void;
}

/** Where the values lie, and who is told that one has been taken. */
interface Root {
  given(): readonly Given[];
  taken(key: string): void;
}

/**
 * Brings what was given to a run (`loop.give`) to the step that asks for it by its key.
 *
 *     loop.give { key, value }  ->  the context of the root keeps it
 *                                        |  somebody waits for the key, or asks for it later
 *                                        v
 *                                   take(): the step's journal has it        so a checkpoint has it in one of the two
 *                                        |
 *                                        v
 *                                   settle(): the root lets go of it  (`loop.taken`)
 */
export class Mailbox {
  readonly #root: Root;
  readonly #receivers = new Map<string, Receiver>();
  /** Of each key, how many values were taken that the root has yet to let go of. */
  readonly #taken = new Map<string, number>();
  #looks = false;

  constructor(root: Root) {
    this.#root = root;
  }

  /**
   * Somebody waits for a value, and is told at once if there is one.
   * @throws LoopError `RECEIVE_TWICE` if somebody waits for it already
   */
  wait(key: string, receiver: Receiver): void {
    const other = this.#receivers.get(key);
    if (other?.isWaiting === true) {
      throw new LoopError(
        'RECEIVE_TWICE',
        `receive('${key}') is being waited for already, by ${other.path}. Who would get the value? Give each its own key.`,
        receiver.path,
      );
    }
    this.#receivers.set(key, receiver);
    if (this.has(key)) this.#bring(key);
  }

  /** It waits no more. */
  leave(key: string, receiver: Receiver): void {
    if (this.#receivers.get(key) === receiver) this.#receivers.delete(key);
  }

  /** Something may have been given: whoever waits for it is told, when the machines are at rest. */
  look(): void {
    if (this.#looks || this.#receivers.size === 0 || this.#root.given().length === 0) return;
    this.#looks = true;
    soon(() => {
      this.#looks = false;
      for (const { key } of this.#root.given()) if (this.has(key)) this.#bring(key);
    });
  }

  #bring(key: string): void {
    const receiver = this.#receivers.get(key);
    if (receiver === undefined) return;
    this.#receivers.delete(key);
    if (receiver.isWaiting) receiver.arrived();
  }

  /** Whether there is a value under a key that nobody has taken. */
  has(key: string): boolean {
    return this.#lying(key).length > (this.#taken.get(key) ?? 0);
  }

  #lying(key: string): readonly Given[] {
    return this.#root.given().filter((one) => one.key === key);
  }

  /** The first value that was given for a key and that nobody has taken. */
  take(key: string): Given {
    const before = this.#taken.get(key) ?? 0;
    this.#taken.set(key, before + 1);
    return this.#lying(key)[before]!;
  }

  /** What was taken is where a checkpoint finds it: the root need not keep it. */
  settle(key: string): void {
    const left = (this.#taken.get(key) ?? 0) - 1;
    if (left > 0) this.#taken.set(key, left);
    else this.#taken.delete(key);
    this.#root.taken(key);
  }
}
