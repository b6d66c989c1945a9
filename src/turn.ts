/** A turn of the event loop, so that timers, sockets and other loops get theirs. */
export function turn(): Promise<void> {
  return new Promise((resolve) => later(resolve));
}

const later: (callback: () => void) => void = (() => {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  if (setImmediate !== undefined) return setImmediate;
  // Browsers: a timer would wait four milliseconds.
  const channel = new MessageChannel() as unknown as {
    port1: { onmessage: () => void };
    port2: { postMessage(message: null): void };
  };
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  return (callback: () => void) => {
    waiting.push(callback);
    channel.port2.postMessage(null);
  };
})();

const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** Calls back after so many milliseconds, by the real clock also where a test has put another in its place. Returns what keeps it from that. */
export function delay(ms: number, callback: () => void): () => void {
  const timer = startTimer(callback, ms);
  return () => stopTimer(timer);
}
