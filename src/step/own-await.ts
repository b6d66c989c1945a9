import type { AsksFor, Pending } from './pending.ts';

/**
 * What a hook awaits itself, of several things that it has asked for and that are under way.
 *
 * When the hook is left, what it awaits has to reject, so that it ends. What it has begun and not come to await must not:
 * nobody could handle that, and an unhandled rejection ends a Node process.
 *
 *     const next = this.load();   // a function, which awaits a run of `slow`
 *     await this.quick.run();     // the hook is left here
 *     await next;                 // and never comes to this
 *
 * Who awaits what cannot be asked for in this language. But what code comes to last, before it has to wait, it awaits as a
 * rule itself; and if it does, and does not catch it, it fails with the very next that happens when that rejects. Where it
 * takes longer, functions are awaited together, say by `Promise.all`, and all of them are told, so that each can clean up.
 */
export class OwnAwait implements AsksFor {
  lastAwaited: Pending | undefined = undefined;
  #own: Pending | undefined = undefined;
  /** What the hook returned. */
  #returned: unknown = undefined;
  /** The same, once it is told when that rejects. */
  #heard: unknown = undefined;
  /** How many reactions of the hook are under way. */
  #reacting = 0;
  /** The hook has failed by what it did first when it was called, or given something. */
  #failedAtOnce = false;

  /** For the next hook. */
  renew(): void {
    this.#failedAtOnce = false;
  }

  /** The hook has returned a promise, which is awaited. @param several whether several things are under way */
  hookReturned(promise: unknown, several: boolean): void {
    this.#returned = promise;
    if (several) this.#reacts();
  }

  /** The code that has asked for something has come to where it has to wait. */
  codeWaits(): void {
    if (this.#own === undefined || this.#own.isOver) this.#own = this.lastAwaited;
  }

  /** One of several that are under way is given. */
  deliver(pending: Pending, settle: () => void): void {
    if (pending === this.#own) {
      // What the hook awaits itself next, it comes to after this.
      this.#own = undefined;
      this.lastAwaited = undefined;
    }
    settle();
    this.#reacts();
  }

  /** The hook is left, and these are given nothing any more. */
  abandon(left: readonly Pending[], reason: unknown): void {
    this.codeWaits();
    const own = this.#own;
    if (left.length > 1 && own?.isOver === false) void this.#abandonAfter(own, left, reason);
    else this.#abandon(left, reason);
  }

  async #abandonAfter(own: Pending, left: readonly Pending[], reason: unknown): Promise<void> {
    own.abandon(reason);
    this.#reacts();
    await ownReaction();
    this.#abandon(
      left.filter((pending) => pending !== own),
      reason,
    );
  }

  #abandon(left: readonly Pending[], reason: unknown): void {
    if (this.#failedAtOnce) return;
    for (const pending of left) pending.abandon(reason);
  }

  #reacts(): void {
    const returned = this.#returned;
    if (!(returned instanceof Promise)) return;
    if (this.#heard !== returned) {
      this.#heard = returned;
      Promise.prototype.then.call(returned, undefined, () => {
        if (this.#reacting > 0) this.#failedAtOnce = true;
      });
    }
    this.#reacting++;
    void ownReaction().then(() => {
      this.#reacting--;
    });
  }
}

/** The same of a hook, be it that what it awaits is awaited by a function that it has called: `return await this.work()`. */
async function ownReaction(): Promise<void> {
  await undefined;
  await undefined;
}

/** What code does first when something that it awaits is settled. */
export async function reaction(): Promise<void> {
  await undefined;
}
