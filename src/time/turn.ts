import { isFake, now, soon } from './clock.ts';

/** How long a run may go on before the event loop gets its turn, in milliseconds. */
export const slice = 5;

/** A turn of the event loop, so that timers, sockets and other loops get theirs. */
export function turn(): Promise<void> {
  return new Promise((resolve) => nextTurn(resolve));
}

/** The same under fake timers, in milliseconds. */
const patience = 500;

/**
 * Whether a loop that has run for long must give the others their turn itself. A loop that waits for timers has given it
 * to them. Only under fake timers does one more turn matter: whoever moves them on may be done before it has come, and
 * would not wait for what the loop asks of them then. There it is given by those alone that would else go on for ever.
 * @param waits what `waitsSoFar` said when the loop had its turn
 */
export function mustGiveTurn(waits: number): boolean {
  const isEndless = waitsSoFar() === waits;
  return isFake(globalThis.setTimeout) ? isEndless && now() - askedAt > patience : true;
}

let waits = 0;
let asked = false;
/** When it was first asked since; where nobody can tell of waits, never. */
let askedAt = Number.NEGATIVE_INFINITY;
const { nextTick } = (globalThis as { process?: { nextTick?: Call } }).process ?? {};

/** How often this program has had nothing left to do but to wait for something outside; counted from one call to the next. */
export function waitsSoFar(): number {
  if (!asked && nextTick !== undefined) {
    asked = true;
    askedAt = now();
    // It comes when no microtask is left: loops that do not wait go on in those.
    nextTick(() => {
      asked = false;
      waits++;
    });
  }
  return waits;
}

type Call = (callback: () => void) => void;

const nextTurn: Call = (() => {
  const { setImmediate, MessageChannel, setTimeout } = globalThis as unknown as {
    setImmediate?: Call;
    MessageChannel?: new () => Channel;
    setTimeout?: (callback: () => void, ms: number) => unknown;
  };
  if (setImmediate !== undefined && !isFake(setImmediate)) return setImmediate;
  // Browsers, and tests whose timers were fakes when this was loaded: a timer would wait four milliseconds, or for ever.
  if (MessageChannel !== undefined) return byMessages(new MessageChannel());
  return setTimeout === undefined || isFake(setTimeout) ? soon : (callback) => void setTimeout(callback, 0);
})();

interface Channel {
  port1: { onmessage: () => void; ref?(): void; unref?(): void };
  port2: { postMessage(message: null): void };
}

function byMessages({ port1, port2 }: Channel): Call {
  const waiting: (() => void)[] = [];
  port1.onmessage = () => {
    const callback = waiting.shift();
    // In Node, a port that is listened to keeps the process from ending.
    if (waiting.length === 0) port1.unref?.();
    callback?.();
  };
  port1.unref?.();
  return (callback) => {
    if (waiting.length === 0) port1.ref?.();
    waiting.push(callback);
    port2.postMessage(null);
  };
}
