import type { PendingRun } from './pending.ts';
import { sealOfArgs } from './what-changed.ts';

/**
 * Arguments that children have changed by the time they ended, as one does that takes its work off a list. When the step is
 * run again they are as they were, for those children are not run again.
 */
export class UsedArgs {
  readonly #times = new Map<string, number>();
  /** Seals of what they are now, by the name of the child and how often it had been run with arguments. */
  readonly #seals = new Map<string, string>();

  asked(child: string): void {
    this.#times.set(child, (this.#times.get(child) ?? 0) + 1);
  }

  ended({ name, args, what }: PendingRun): void {
    const seal = sealOfArgs(what.args ?? [], args);
    if (seal !== undefined) this.#seals.set(`${this.#times.get(name)} ${name}`, seal);
  }

  /** @param time the how manieth run of the child with arguments, from 1 */
  sealOf(child: string, time: number): string | undefined {
    return this.#seals.get(`${time} ${child}`);
  }
}
