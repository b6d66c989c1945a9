import { LoopError } from '../data/errors.ts';

/** The runs of one store that go on in this process: two with one id would save over each other. */
export class Claims {
  readonly #ids = new Set<string>();

  /** @throws LoopError `STORE_BUSY` if a run with this id goes on */
  take(runId: string): void {
    if (this.#ids.has(runId)) {
      throw new LoopError(
        'STORE_BUSY',
        `Expected run "${runId}" to go on once at a time, but a run of this process with this id uses the store already. ` +
          'Wait until that has ended (`await run.outcome`), or give this one another id.',
      );
    }
    this.#ids.add(runId);
  }

  giveUp(runId: string): void {
    this.#ids.delete(runId);
  }
}

const claims = new WeakMap<object, Claims>();

/** Of a store that has no `acquire` of its own. */
export function claimsOf(store: object): Claims {
  let known = claims.get(store);
  if (known === undefined) {
    known = new Claims();
    claims.set(store, known);
  }
  return known;
}
