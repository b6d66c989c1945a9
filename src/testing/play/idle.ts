import { later, now } from '../../time/clock.ts';
import { turn } from '../../time/turn.ts';

/** So many turns of the event loop without a change, and nothing more comes by itself. */
const quietTurns = 3;
/** So long, in milliseconds, something is waited for that the process has open and that does not say whether it is in use. */
const patience = 1000;

/**
 * Knows when there is nothing left to do but to wait for a timer. Not while a file is read, or a server asked: Node tells
 * what is under way, and what was there from the beginning does not count. Browsers do not tell.
 */
export class Idle {
  readonly #changes: () => number;
  #before: Map<string, number> = underWay();

  /** @param changes how often anything has changed */
  constructor(changes: () => number) {
    this.#changes = changes;
  }

  /** Resolves when nothing is to be done. */
  async reached(): Promise<void> {
    let seen = this.#changes();
    let since = now();
    for (let quiet = 0; quiet < quietTurns; ) {
      await turn();
      const changes = this.#changes();
      const open = underWay();
      if (changes !== seen) {
        [quiet, seen, since] = [0, changes, now()];
      } else if (![...open].some(([name, count]) => count > (this.#before.get(name) ?? 0))) {
        quiet++;
      } else if (now() - since < patience) {
        quiet = 0;
        await rest();
      } else {
        // A connection that is kept, or a server that listens: from now on it does not count.
        this.#before = open;
      }
    }
  }
}

/** A moment in which others get on. */
export function rest(): Promise<void> {
  return new Promise((resolve) => void later(1, resolve));
}

/** What Node has open, by kind; timers are not among it. */
function underWay(): Map<string, number> {
  const { process } = globalThis as { process?: { getActiveResourcesInfo?(): string[] } };
  const open = new Map<string, number>();
  for (const name of process?.getActiveResourcesInfo?.() ?? [])
    if (name !== 'Timeout' && name !== 'Immediate') open.set(name, (open.get(name) ?? 0) + 1);
  return open;
}
