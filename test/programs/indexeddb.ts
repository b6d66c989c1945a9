// In a page: tests `indexedDBStore` with the suite, and does what the tests ask for. In a worker: has a store for the page, and may be killed.
import { Loop } from 'loopchart';
import { indexedDBStore } from 'loopchart/browser';
import { type StoreFixture, type StorePlace, storeTests } from 'loopchart/testing';

/** Something that a worker is asked, and what it answers. */
type Call = { id: number; name: string; keep: number; method: string; args: unknown[] };
type Answer = { id: number; result?: unknown; error?: { message: string; code: string } };

interface Place extends StorePlace {
  name: string;
  keep: number;
  worker?: Worker;
  kill?(): void;
}

const quietly = { onFallback: () => {} };
const isWorker = typeof window === 'undefined';
if (isWorker) serve();
else Object.assign(window, { run, begin, fillUp, open: indexedDBStore });

function fixture(keep: number, inWorker: boolean): StoreFixture<Place> {
  const both: StoreFixture<Place> = {
    name: 'indexedDBStore',
    make() {
      const name = `db-${Math.random()}`;
      return inWorker ? workerPlace(name, keep) : { name, keep, store: indexedDBStore(name, { keep, ...quietly }) };
    },
    async close({ name, kill }) {
      kill?.();
      await new Promise((resolve) => {
        indexedDB.deleteDatabase(name).onsuccess = resolve;
      });
    },
    keep,
    refuses: true,
    other: ({ name }) => indexedDBStore(name, { keep, ...quietly }),
    damage: ({ name }, runId) => flipByte(name, runId),
    async fill({ name }) {
      await fillUp(`${name}-junk`);
      // More than there was: the browser does not ask again at once how much room there is.
      return () => (window as any).allow(1_000_000_000);
    },
  };
  if (!inWorker) return both;
  return {
    ...both,
    // What is no data does not even come to the worker.
    refuses: false,
    die: ({ kill }) => kill!(),
    crash(place, n) {
      let hasCrashed = false;
      place.worker!.addEventListener('message', ({ data }) => {
        if (data !== 'crashed') return;
        hasCrashed = true;
        place.kill!();
      });
      place.worker!.postMessage({ crashAt: n });
      return () => hasCrashed;
    },
  };
}

/** Runs the tests of the suite, and gives what came of each. */
async function run(keep: number, inWorker: boolean): Promise<{ name: string; error: string | undefined }[]> {
  const results: { name: string; error: string | undefined }[] = [];
  for (const { name, run } of storeTests(fixture(keep, inWorker))) {
    const error = await run().then(
      ({ skipped }) => skipped,
      (thrown) => String(thrown?.stack ?? thrown),
    );
    results.push({ name, error });
  }
  return results;
}

/** A store in a worker, as the page sees it. */
function workerPlace(name: string, keep: number): Place {
  const worker = new Worker('./app.js', { type: 'module' });
  const pending = new Map<number, { resolve(result: any): void; reject(error: Error): void }>();
  worker.addEventListener('message', ({ data }: { data: Answer }) => {
    const call = pending.get(data.id);
    pending.delete(data.id);
    if (data.error === undefined) call?.resolve(data.result);
    else call?.reject(Object.assign(new Error(data.error.message), { code: data.error.code }));
  });
  const ask =
    (method: string) =>
    (...args: unknown[]) =>
      new Promise<any>((resolve, reject) => {
        const id = Math.random();
        pending.set(id, { resolve, reject });
        worker.postMessage({ id, name, keep, method, args } satisfies Call);
      });
  const store = Object.fromEntries(
    ['save', 'load', 'list', 'delete', 'acquire', 'release'].map((method) => [method, ask(method)]),
  ) as unknown as Place['store'];
  const kill = () => {
    worker.terminate();
    for (const { reject } of pending.values()) reject(new Error('The worker was killed.'));
  };
  return { name, keep, store, worker, kill };
}

/** The worker's end of it. */
function serve(): void {
  const stores = new Map<string, ReturnType<typeof indexedDBStore>>();
  addEventListener('message', async ({ data }: { data: Call & { crashAt?: number } }) => {
    if (data.crashAt !== undefined) {
      crashAt(data.crashAt);
      return;
    }
    const { id, name, keep, method, args } = data;
    const store = stores.get(name) ?? indexedDBStore(name, { keep, ...quietly });
    stores.set(name, store);
    try {
      postMessage({ id, result: await (store as any)[method](...args) });
    } catch (error) {
      const { message, code } = error as Error & { code: string };
      postMessage({ id, error: { message, code } });
    }
  });
}

/** At the n-th call that a save makes of the browser from now on, the worker stands still, and is killed. */
function crashAt(n: number): void {
  let calls = 0;
  const watch = (object: any, names: string[]) => {
    for (const name of names) {
      const original = object[name];
      object[name] = function (this: unknown, ...args: unknown[]) {
        if (++calls !== n) return original.apply(this, args);
        // Every second one is done before it dies.
        if (n % 2 === 0) original.apply(this, args);
        postMessage('crashed');
        for (;;);
      };
    }
  };
  watch(IDBObjectStore.prototype, ['put', 'delete', 'openKeyCursor']);
  watch(IDBDatabase.prototype, ['transaction']);
  watch(SubtleCrypto.prototype, ['digest']);
}

/** Stores what nobody needs, until the site may store no more. */
async function fillUp(name: string): Promise<void> {
  const store = indexedDBStore(name);
  const checkpoint = await new Count().start({ paused: true }).checkpoint();
  for (let bytes = 4_000_000, seq = 0; bytes > 1000; seq++) {
    const junk = new Float64Array(bytes / 8).map(() => Math.random());
    try {
      await store.save(`junk-${seq}`, { ...checkpoint, assets: { junk } });
    } catch {
      bytes /= 2;
    }
  }
}

/** Changes a byte in the payload of the newest checkpoint of a run. */
async function flipByte(name: string, runId: string): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => resolve(request.result);
  });
  const transaction = database.transaction('payloads', 'readwrite');
  const payloads = transaction.objectStore('payloads');
  payloads.openCursor(IDBKeyRange.bound([runId, 0], [runId, Infinity]), 'prev').onsuccess = ({ target }) => {
    const cursor = (target as IDBRequest<IDBCursorWithValue>).result;
    const bytes: Uint8Array = cursor.value;
    bytes[bytes.length - 1]! ^= 1;
    cursor.update(bytes);
  };
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  database.close();
}

class Count extends Loop<number> {
  override state = { n: 0 };

  get done(): boolean {
    return this.state.n >= 1_000_000;
  }

  reset(): void {}

  async advance(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.state.n++;
  }
}

/** Starts a run that is saved at each step, or goes on with it. @returns how many steps it had taken */
async function begin(): Promise<number> {
  const store = indexedDBStore('runs');
  const from = await store.load('count');
  const run = new Count().start({ id: 'count', store, from, every: 'step', durability: 'sync' });
  const outcome = run.outcome.then(({ status, error }: any) => ({ status, code: error?.code }));
  Object.assign(window, { steps: () => run.progress.steps, outcome, suspend: () => run.suspend() });
  return from?.position.steps ?? 0;
}
