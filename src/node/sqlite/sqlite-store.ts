import { randomBytes } from 'node:crypto';
import { jsonable } from '../../checkpoint/checkpoint-json.ts';
import type { Checkpoint } from '../../checkpoint/contents.ts';
import type { CheckpointStore } from '../../checkpoint/store.ts';
import { type PassedOver, unreadable, unreadableOne } from '../../checkpoint/unreadable.ts';
import { LoopError } from '../../data/errors.ts';
import { encode, seal } from '../format.ts';
import { type TakeOver, thisProcess } from '../holder.ts';
import { keyOf, runIdOf, type SqliteDatabase } from './database.ts';
import { type Handle, handleOf } from './handle.ts';
import { checkId, checkOptions, checkSaving, type SqliteStoreOptions } from './options.ts';
import { type Row, readIn } from './row.ts';
import { confirm, hold } from './row-lock.ts';
import { inParallel, sideBySide } from './side-by-side.ts';

/**
 * Keeps checkpoints in a SQLite database, over a handle that you open and close: a `DatabaseSync` of `node:sqlite`, or a
 * `Database` of `better-sqlite3`. It makes two tables, `loopchart_runs` and `loopchart_checkpoints`.
 *
 * - From before its first hook to its end a run has a transaction of this handle open. What its steps write through the
 *   handle is committed together with the checkpoint that knows of these steps: each row is there once, whenever the
 *   process dies. What was written since the last checkpoint is taken back when the run fails, is aborted or dies.
 * - For this the run has to wait for its saves (`durability: 'sync'`, or `'exit'`), and its loops have to run one after the
 *   other; anything else is refused by name. A step writes its rows after the last child that it runs and the last `once`
 *   that it awaits, or within a `once`: what it does before is done again if the run is resumed in its middle.
 * - A handle serves one such run at a time, and whoever else writes through it meanwhile writes into that transaction:
 *   give a run a handle of its own.
 * - With `transaction: false` each save is a transaction of its own, and none of this holds.
 * - `start` takes a lock on the run before its first hook, or else its first save does. Another store or process that
 *   starts or saves the run gets an error of code `STORE_BUSY`, until `release(runId)`, `delete(runId)`, or the end of the process.
 * - How safe a commit is, the database says: `PRAGMA synchronous`.
 *
 * @example
 * const db = new DatabaseSync('weather.db');
 * const store = sqliteStore(db);
 * const { run, outcome } = await resumable(new Import(db), { id: 'import', store, every: 'step', durability: 'sync' });
 * @throws MisconfigurationError for a bad handle or option
 */
export function sqliteStore(db: SqliteDatabase, options: SqliteStoreOptions = {}): Required<CheckpointStore> {
  checkOptions(db, options);
  return new SqliteStore(handleOf(db), options);
}

class SqliteStore implements Required<CheckpointStore> {
  readonly #handle: Handle;
  readonly #options: Required<SqliteStoreOptions>;
  /** The runs whose rows in the database are of this store. */
  readonly #tokens = new Map<string, string>();
  /** Those that were taken by `acquire`. */
  readonly #acquired = new Set<string>();
  /** The newest save of each run when it was loaded, of those that this store did not hold then. */
  readonly #loaded = new Map<string, number>();

  constructor(handle: Handle, options: SqliteStoreOptions) {
    this.#handle = handle;
    const { transaction = true, keep = 2, takeOver = false } = options;
    const { onFallback = (error) => process.emitWarning(error) } = options;
    this.#options = { transaction, keep, takeOver, onFallback };
  }

  async acquire(runId: string, saving?: Parameters<NonNullable<CheckpointStore['acquire']>>[1]): Promise<void> {
    checkId(runId);
    const { transaction } = this.#options;
    if (transaction) checkSaving(runId, saving);
    await this.#handle.inTurn(`take run "${runId}"`, async () => {
      this.#checkFree(runId);
      if (this.#acquired.has(runId)) throw goesOn(runId);
      await this.#take(runId);
      await this.#checkLoaded(runId);
      this.#acquired.add(runId);
      if (transaction) this.#handle.begin(runId);
    });
  }

  async save(runId: string, checkpoint: Checkpoint): Promise<void> {
    checkId(runId);
    // Here and not in turn: the caller may go on changing what it has given.
    const savedAt = Date.now();
    const encoded = encode(runId, checkpoint, savedAt);
    const { steps } = checkpoint.position;
    const together = inParallel(checkpoint.phase, checkpoint.loop);
    const add = () => {
      const { tables } = this.#handle;
      const key = keyOf(runId);
      tables.get('add').run(key, steps, savedAt, encoded.bytes, key);
      confirm(tables, runId, this.#tokens.get(runId)!);
      tables.get('prune').run(key, key, this.#options.keep);
    };
    await this.#handle.inTurn(`save run "${runId}"`, async () => {
      this.#checkFree(runId);
      seal(encoded);
      if (this.#handle.runId === runId) {
        if (together !== undefined) throw sideBySide(runId, together);
        await this.#handle.commit(add);
      } else {
        await this.#take(runId);
        await this.#handle.apart(add);
      }
    });
  }

  async load(runId: string): Promise<Checkpoint | undefined> {
    checkId(runId);
    return await this.#handle.inTurn(`load run "${runId}"`, async () => {
      const passedOver: PassedOver[] = [];
      let found: Row | undefined;
      // At once: a writer between two looks could remove what is looked for.
      const checkpoint = await this.#handle.read(() => {
        passedOver.length = 0;
        if (!this.#tokens.has(runId)) this.#loaded.set(runId, this.#last(runId));
        for (found = this.#newest(runId, Infinity); found !== undefined; found = this.#newest(runId, found.seq)) {
          const good = readIn(runId, found, passedOver);
          if (good !== undefined) return good;
        }
        return undefined;
      });
      if (passedOver.length > 0) {
        if (checkpoint === undefined) throw unreadable(runId, passedOver, 'None is left: start the run anew.');
        this.#options.onFallback(unreadable(runId, passedOver, `Went back to checkpoint ${found!.seq}.`));
      }
      return checkpoint && jsonable(checkpoint);
    });
  }

  async loadAt(runId: string, seq: number): Promise<Checkpoint | undefined> {
    checkId(runId);
    return await this.#handle.inTurn(`load run "${runId}"`, async () => {
      const passedOver: PassedOver[] = [];
      const checkpoint = await this.#handle.read(() => {
        const found = this.#newest(runId, seq + 1);
        return found?.seq === seq ? readIn(runId, found, passedOver) : undefined;
      });
      if (passedOver.length > 0) throw unreadableOne(runId, seq, passedOver[0]!.cause);
      return checkpoint && jsonable(checkpoint);
    });
  }

  async list(runId?: string) {
    return await this.#handle.inTurn('list the checkpoints', async () => {
      const { tables } = this.#handle;
      const rows = await this.#handle.read(() => {
        if (!tables.exist()) return [];
        return runId === undefined ? tables.get('listAll').all() : tables.get('list').all(keyOf(runId));
      });
      return (rows as { run: string; seq: unknown; steps: unknown; saved_at: unknown }[]).map((row) => ({
        runId: runIdOf(row.run),
        seq: Number(row.seq),
        steps: Number(row.steps),
        savedAt: Number(row.saved_at),
      }));
    });
  }

  async delete(runId: string): Promise<void> {
    checkId(runId);
    await this.#handle.inTurn(`delete run "${runId}"`, async () => {
      this.#checkFree(runId);
      const { tables } = this.#handle;
      if (this.#handle.runId === runId) this.#handle.end();
      if (!tables.exist()) return;
      await this.#take(runId);
      await this.#handle.apart(() => {
        confirm(tables, runId, this.#tokens.get(runId)!);
        tables.get('clear').run(keyOf(runId));
      });
      await this.#giveUp(runId);
    });
  }

  async release(runId: string): Promise<void> {
    checkId(runId);
    await this.#handle.inTurn(`release run "${runId}"`, async () => {
      if (this.#handle.runId === runId && this.#acquired.has(runId)) this.#handle.end();
      await this.#giveUp(runId);
    });
  }

  /** Takes a run, unless this store has it. */
  async #take(runId: string): Promise<void> {
    if (this.#tokens.has(runId)) return;
    const token = randomBytes(6).toString('hex');
    const { takeOver } = this.#options;
    const mayTakeOver: TakeOver = (holder) => (typeof takeOver === 'function' ? takeOver(holder) : takeOver);
    await this.#handle.apart(() => {
      this.#handle.tables.make();
      hold(this.#handle.tables, runId, token, thisProcess(), mayTakeOver);
    });
    this.#tokens.set(runId, token);
  }

  /** Whoever went on from an older checkpoint would write the rows again that somebody else has written meanwhile. */
  async #checkLoaded(runId: string): Promise<void> {
    const [loaded, last] = [this.#loaded.get(runId), this.#last(runId)];
    this.#loaded.delete(runId);
    if (loaded === undefined || loaded === last) return;
    await this.#giveUp(runId);
    throw new LoopError(
      'STORE_BUSY',
      `Expected run "${runId}" to stand where it was when it was loaded (save ${loaded}), but somebody else has gone on with ` +
        `it since (save ${last}). Load it again, and start from that; \`resumable\` takes a run before it loads it.`,
    );
  }

  async #giveUp(runId: string): Promise<void> {
    this.#acquired.delete(runId);
    const token = this.#tokens.get(runId);
    if (token === undefined) return;
    await this.#handle.apart(() => this.#handle.tables.get('giveUp').run(keyOf(runId), token));
    this.#tokens.delete(runId);
  }

  /** What is written through a handle while a run has its transaction open would be committed with that run. */
  #checkFree(runId: string): void {
    const holder = this.#handle.runId;
    if (holder === undefined || (holder === runId && this.#acquired.has(runId))) return;
    if (holder === runId) throw goesOn(runId);
    throw new LoopError(
      'STORE_BUSY',
      `Expected a database handle that no run writes its rows through, to use it for run "${runId}", but run "${holder}" does. ` +
        'Open a handle of its own for each run; or, where they write no rows, make the store with `transaction: false`.',
    );
  }

  /** The number of the last save of a run; 0 if there is none. */
  #last(runId: string): number {
    const { tables } = this.#handle;
    return tables.exist() ? Number((tables.get('last').get(keyOf(runId)) as { seq: unknown }).seq) : 0;
  }

  #newest(runId: string, before: number): Row | undefined {
    const { tables } = this.#handle;
    if (!tables.exist()) return undefined;
    const below = before === Infinity ? Number.MAX_SAFE_INTEGER : before;
    const row = tables.get('newest').get(keyOf(runId), below) as { seq: unknown; bytes: Uint8Array } | null | undefined;
    return row ? { seq: Number(row.seq), bytes: row.bytes } : undefined;
  }
}

function goesOn(runId: string): LoopError {
  return new LoopError(
    'STORE_BUSY',
    `Expected run "${runId}" to go on once at a time, but a run of this process with this id uses the database already. ` +
      'Wait until that has ended (`await run.outcome`), or give this one another id.',
  );
}
