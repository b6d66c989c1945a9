import { LoopError } from '../../data/errors.ts';
import type { Sealed } from './sealed.ts';

/** Which checkpoint it is: of which run, and which save of it. */
export type Key = [runId: string, seq: number];

/**
 * The database of a store: two tables with the same keys, headers and payloads, so that a list reads no payload.
 *
 * A transaction ends by itself as soon as nothing is asked of it in a turn: all that takes longer is done before or after.
 */
export class Database {
  readonly name: string;
  #connection: Promise<IDBDatabase> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /**
   * Adds a checkpoint and removes the oldest beyond `keep`: all of it or nothing.
   *
   * @param mayFollow told the number of the newest one, 0 if there is none; may throw
   * @returns the number of the new one, when it is on the disk
   */
  async add(runId: string, sealed: Sealed, keep: number, mayFollow: (newest: number) => void): Promise<number> {
    let seq = 0;
    await this.#transaction('readwrite', `save run "${runId}"`, (headers, payloads, fail) => {
      newestOf(headers, allOf(runId), (newest) => {
        try {
          mayFollow(newest);
        } catch (error) {
          fail(error);
          return;
        }
        seq = newest + 1;
        headers.put(sealed.header, [runId, seq]);
        payloads.put(sealed.payload, [runId, seq]);
        if (seq <= keep) return;
        const old = IDBKeyRange.bound([runId, 0], [runId, seq - keep]);
        headers.delete(old);
        payloads.delete(old);
      });
    });
    return seq;
  }

  /** The newest checkpoint of a run that is older than `before`; undefined if there is none. */
  async newest(runId: string, before: number = Infinity): Promise<({ seq: number } & Partial<Sealed>) | undefined> {
    let found: ({ seq: number } & Partial<Sealed>) | undefined;
    await this.#transaction('readonly', `load run "${runId}"`, (headers, payloads) => {
      newestOf(headers, IDBKeyRange.bound([runId, 0], [runId, before], false, true), (seq) => {
        if (seq === 0) return;
        const one: typeof found = { seq };
        found = one;
        headers.get([runId, seq]).onsuccess = ({ target }) => {
          one.header = (target as IDBRequest).result;
        };
        payloads.get([runId, seq]).onsuccess = ({ target }) => {
          one.payload = (target as IDBRequest).result;
        };
      });
    });
    return found;
  }

  /** The headers of one run, or of all, in the order of their keys. */
  async headers(runId: string | undefined): Promise<{ key: Key; header: unknown }[]> {
    let [keys, values]: [Key[], unknown[]] = [[], []];
    const range = runId === undefined ? undefined : allOf(runId);
    await this.#transaction('readonly', 'list the checkpoints', (headers) => {
      headers.getAllKeys(range).onsuccess = ({ target }) => {
        keys = (target as IDBRequest).result;
      };
      headers.getAll(range).onsuccess = ({ target }) => {
        values = (target as IDBRequest).result;
      };
    });
    return keys.map((key, i) => ({ key, header: values[i] }));
  }

  async delete(runId: string): Promise<void> {
    await this.#transaction('readwrite', `delete run "${runId}"`, (headers, payloads) => {
      headers.delete(allOf(runId));
      payloads.delete(allOf(runId));
    });
  }

  /** @param ask asks for what is to be done; `fail` takes all of it back */
  async #transaction(
    mode: IDBTransactionMode,
    task: string,
    ask: (headers: IDBObjectStore, payloads: IDBObjectStore, fail: (error: unknown) => void) => void,
  ): Promise<void> {
    try {
      const transaction = await this.#begin(mode);
      await new Promise<void>((resolve, reject) => {
        let own: { error: unknown } | undefined;
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(own === undefined ? transaction.error : own.error);
        ask(transaction.objectStore('headers'), transaction.objectStore('payloads'), (error) => {
          own = { error };
          transaction.abort();
        });
      });
    } catch (error) {
      throw storeError(this.name, task, error);
    }
  }

  async #begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
    // What is not said to be strict is told to be saved while it is in memory alone.
    const begin = (database: IDBDatabase) =>
      database.transaction(['headers', 'payloads'], mode, { durability: 'strict' });
    try {
      return begin(await this.#open());
    } catch (error) {
      // It was closed meanwhile: somebody has deleted or changed the database.
      if ((error as Error)?.name !== 'InvalidStateError') throw error;
      this.#connection = undefined;
      return begin(await this.#open());
    }
  }

  #open(): Promise<IDBDatabase> {
    this.#connection ??= connect(this.name, () => {
      this.#connection = undefined;
    });
    this.#connection.catch(() => {
      this.#connection = undefined;
    });
    return this.#connection;
  }
}

function connect(name: string, closed: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('headers');
      request.result.createObjectStore('payloads');
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      database.onclose = closed;
      // Whoever wants to delete it need not wait until this page is closed.
      database.onversionchange = () => {
        closed();
        database.close();
      };
      resolve(database);
    };
  });
}

function allOf(runId: string): IDBKeyRange {
  return IDBKeyRange.bound([runId, 0], [runId, Infinity]);
}

function newestOf(headers: IDBObjectStore, range: IDBKeyRange, told: (seq: number) => void): void {
  headers.openKeyCursor(range, 'prev').onsuccess = ({ target }) => {
    const cursor = (target as IDBRequest<IDBCursor | null>).result;
    told(cursor === null ? 0 : (cursor.key as Key)[1]);
  };
}

/** What a store throws when the browser fails it; an error of ours is passed on as it is. */
function storeError(name: string, task: string, cause: unknown): LoopError {
  if (cause instanceof LoopError) return cause;
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const isFull = (cause as Error | null)?.name === 'QuotaExceededError';
  const remedy = isFull
    ? ' This site may store no more: delete runs that nobody needs (`store.delete(id)`), keep fewer checkpoints of each, or save less.'
    : '';
  const text = `Could not ${task} in the database "${name}": ${reason.replace(/\.?$/, '.')}${remedy}`;
  return new LoopError('STORE', text, '', { cause });
}
