/*
 * A Web Worker that is terminated says nothing, and nobody tells whoever has made it. But the browser gives its locks to
 * who waits for them: the worker holds one as long as it lives.
 */

/** What there is of `navigator.locks`. Not every place has it: pages that came over http do not. */
interface Locks {
  request(name: string, options: { signal?: AbortSignal }, held: () => unknown): Promise<unknown>;
}

function locks(): Locks | undefined {
  return (globalThis as { navigator?: { locks?: Locks } }).navigator?.locks;
}

/** Takes a lock for good. `undefined` where that cannot be. */
export function liveSign(name: string): Promise<{ name: string; release(): void } | undefined> {
  return new Promise((resolve) => {
    const held = () => new Promise<void>((release) => resolve({ name, release }));
    try {
      locks()
        ?.request(name, {}, held)
        .catch(() => resolve(undefined)) ?? resolve(undefined);
    } catch {
      resolve(undefined);
    }
  });
}

/** Calls back when whoever holds the lock is no more. @returns what calls it off */
export function onLost(name: string, lost: () => void): () => void {
  const controller = new AbortController();
  try {
    locks()
      ?.request(name, { signal: controller.signal }, lost)
      .catch(() => {});
  } catch {
    // Frames that may keep nothing have none.
  }
  return () => controller.abort();
}
