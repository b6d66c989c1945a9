import { Claims } from '../../checkpoint/claims.ts';
import { expected } from '../../checkpoint/expected.ts';
import { Turns } from '../../checkpoint/turns.ts';
import { LoopError, MisconfigurationError } from '../../data/errors.ts';
import { TabLock } from './tab-lock.ts';

/** A run, as a store has it that may hold it. */
interface Run {
  lock: TabLock | undefined;
  /** The number of the last save under this lock. */
  seq: number | undefined;
}

/** The runs that a store holds, each by a lock that no other tab, worker or store has; what is done to one is done in turn. */
export class HeldRuns {
  readonly #name: string;
  readonly #claims = new Claims();
  readonly #turns = new Turns<Run>(
    (runId) => {
      if (typeof runId !== 'string') throw expected('`runId` to be a string', runId);
      return { lock: undefined, seq: undefined };
    },
    ({ lock }) => lock !== undefined,
  );

  /** @param name of the database */
  constructor(name: string) {
    this.#name = name;
  }

  async inTurn<T>(runId: string, task: (run: Run) => Promise<T>): Promise<T> {
    checkPlace();
    return await this.#turns.inTurn(runId, task);
  }

  /** For a run that begins. @throws LoopError `STORE_BUSY` */
  async acquire(run: Run, runId: string): Promise<void> {
    this.#claims.take(runId);
    try {
      await this.hold(run, runId);
    } catch (error) {
      this.#claims.giveUp(runId);
      throw error;
    }
  }

  /** Takes the lock, if it is not held yet. @throws LoopError `STORE_BUSY` */
  async hold(run: Run, runId: string): Promise<void> {
    if (run.lock?.isLost) throw lost(runId);
    run.lock ??= await TabLock.take(lockName(this.#name, runId));
    if (run.lock === undefined) throw busy(runId);
  }

  async release(run: Run, runId: string): Promise<void> {
    const { lock } = run;
    run.lock = undefined;
    run.seq = undefined;
    await lock?.release();
    this.#claims.giveUp(runId);
  }
}

/** The name of a lock goes to another process of the browser, which keeps no half of a pair of surrogates. */
function lockName(name: string, runId: string): string {
  return `loopchart ${JSON.stringify([name, runId])}`;
}

function busy(runId: string): LoopError {
  return new LoopError(
    'STORE_BUSY',
    `Expected to be the only writer of run "${runId}", but another tab, worker or store of this site holds it. ` +
      'Wait until that run has ended or stop it, close that tab, or use another run id.',
  );
}

export function lost(runId: string): LoopError {
  return new LoopError(
    'STORE_BUSY',
    `Expected to be the only writer of run "${runId}", but another has taken it over. Nothing was saved. ` +
      'End this run; to go on here, call `release(runId)` and start again from the newest checkpoint.',
  );
}

/** @throws MisconfigurationError where the browser, or what runs this, does not have what the store needs */
export function checkPlace(): void {
  const has = {
    indexedDB: typeof indexedDB !== 'undefined',
    'navigator.locks': typeof navigator !== 'undefined' && navigator.locks !== undefined,
    'crypto.subtle': typeof crypto !== 'undefined' && crypto.subtle !== undefined,
  };
  const missing = Object.entries(has).flatMap(([what, is]) => (is ? [] : [what]));
  if (missing.length === 0) return;
  throw new MisconfigurationError(
    `Expected a page or worker of a browser, served by https or from localhost, got no ${missing.join(', no ')}. ` +
      'Serve the page in that way; outside of browsers use another store, such as `memoryStore()` or `fileStore(dir)`.',
  );
}
