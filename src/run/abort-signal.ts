/** Who is to be told of a signal's abort: one listener serves all, for Node warns of a leak from eleven on. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back when a signal is aborted. @returns what calls it off, and lets go of the signal */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = waiting.get(signal);
  if (callbacks === undefined) {
    callbacks = new Set();
    waiting.set(signal, callbacks);
  }
  const all = callbacks;
  if (all.size === 0) signal.addEventListener('abort', tellAll);
  all.add(callback);
  return () => {
    if (all.delete(callback) && all.size === 0) signal.removeEventListener('abort', tellAll);
  };
}

function tellAll(this: AbortSignal): void {
  for (const callback of [...(waiting.get(this) ?? [])]) callback();
}
