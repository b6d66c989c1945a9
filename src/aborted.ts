/** By signal, what is to be done when it is aborted. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when the signal is aborted. However many runs one signal ends, it has one listener: Node warns of a leak where
 * there are more than ten.
 * @returns what takes it back
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  let calls = waiting.get(signal);
  if (calls === undefined) {
    const all = new Set<() => void>();
    signal.addEventListener('abort', () => {
      for (const one of [...all]) one();
    });
    waiting.set(signal, all);
    calls = all;
  }
  calls.add(call);
  return () => void calls.delete(call);
}
