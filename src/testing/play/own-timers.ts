import { soon } from '../../time/clock.ts';
import type { Timers } from './clock.ts';

/** A timer that waits. */
interface Waiting {
  readonly timer: Timer;
  readonly callback: () => void;
  due: number;
  /** Of an interval, in milliseconds. */
  every: number | undefined;
}

/**
 * Timers that come when they are told to. In the place of the global ones, and in Node of those in `node:timers` and
 * `node:timers/promises`, until they are put back. Dates go by them as well, and `performance.now()`.
 *
 * Not by them goes what has a timer of its own: `AbortSignal.timeout`, sockets, and what was imported before somebody put
 * a fake in its place.
 */
export class OwnTimers implements Timers {
  changes = 0;
  now: number;
  /** By number; in the order in which they were set. */
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  readonly #putBack: (() => void)[] = [];

  /** @param now milliseconds since 1970 */
  constructor(now: number) {
    this.now = now;
  }

  get count(): number {
    return this.#waiting.size;
  }

  get next(): number | undefined {
    if (![...this.#waiting.values()].some(({ timer }) => timer.hasRef())) return undefined;
    return Math.min(...[...this.#waiting.values()].map(({ due }) => due));
  }

  async fire(until: number): Promise<boolean> {
    const [first] = [...this.#waiting.values()].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due);
    if (first === undefined) {
      this.now = Math.max(this.now, until);
      return false;
    }
    this.changes++;
    this.now = Math.max(this.now, first.due);
    if (first.every === undefined) this.#waiting.delete(first.timer.id);
    else first.due = this.now + first.every;
    try {
      first.callback();
    } catch (error) {
      // As one that a timer throws: nobody waits for it.
      soon(() => {
        throw error;
      });
    }
    return true;
  }

  /** Puts itself in the place of what is there. */
  install(): void {
    const set = (callback: (...args: any[]) => void, ms?: number, ...args: unknown[]) =>
      this.#set(() => callback(...args), ms);
    const setInterval = (callback: (...args: any[]) => void, ms?: number, ...args: unknown[]) =>
      this.#set(() => callback(...args), ms, true);
    const clear = (timer: unknown) => this.#clear(timer);
    const promised = { setTimeout: this.#promised, setInterval: this.#promisedInterval };
    const own = { setTimeout: set, setInterval, clearTimeout: clear, clearInterval: clear };
    // By which the library, too, tells fakes from timers; see `isFake`.
    Object.defineProperty(set, 'clock', { value: this });
    Object.defineProperty(set, Symbol.for('nodejs.util.promisify.custom'), { value: this.#promised });
    const { performance } = globalThis;
    const offset = performance.now() - this.now;
    this.#replace(globalThis, { ...own, Date: this.#date() });
    this.#replace(performance, { now: () => this.now + offset });
    const builtin = (globalThis as { process?: { getBuiltinModule?(name: string): any } }).process?.getBuiltinModule;
    if (builtin === undefined) return;
    this.#replace(builtin('node:timers'), own);
    this.#replace(builtin('node:timers/promises'), promised);
    // What has imported them by name sees the change.
    const { syncBuiltinESMExports } = builtin('node:module');
    syncBuiltinESMExports();
    this.#putBack.unshift(syncBuiltinESMExports);
  }

  uninstall(): void {
    for (const putBack of this.#putBack.reverse()) putBack();
    this.#putBack.length = 0;
    this.#waiting.clear();
  }

  #set(callback: () => void, ms?: number, isInterval = false): Timer {
    this.changes++;
    // As browsers and Node have it: at least a millisecond, and one that is too long comes at once.
    const delay = ms !== undefined && ms >= 1 && ms < 2 ** 31 ? Math.trunc(ms) : 1;
    const timer = new Timer(++this.#last, () => this.#clear(timer));
    timer.set = () => {
      this.#waiting.set(timer.id, { timer, callback, due: this.now + delay, every: isInterval ? delay : undefined });
    };
    timer.set();
    return timer;
  }

  #clear(timer: unknown): void {
    this.#waiting.delete(timer instanceof Timer ? timer.id : Number(timer));
  }

  readonly #promised = <T>(ms?: number, value?: T, options: Promised = {}): Promise<T> =>
    new Promise((resolve, reject) => {
      const { signal, ref } = options;
      if (signal?.aborted) {
        reject(aborted(signal));
        return;
      }
      const abort = () => {
        this.#clear(timer);
        reject(aborted(signal!));
      };
      const timer = this.#set(() => {
        signal?.removeEventListener('abort', abort);
        resolve(value as T);
      }, ms);
      if (ref === false) timer.unref();
      signal?.addEventListener('abort', abort, { once: true });
    });

  /** Of `node:timers/promises`: a value, each time that the interval is over. */
  readonly #promisedInterval = (ms?: number, value?: unknown, options?: Promised): AsyncGenerator<unknown, void> => {
    const wait = () => this.#promised(ms, value, options);
    return (async function* () {
      for (;;) yield await wait();
    })();
  };

  #date(): DateConstructor {
    return new Proxy(Date, {
      apply: () => new Date(this.now).toString(),
      construct: (target, args, self) => Reflect.construct(target, args.length > 0 ? args : [this.now], self),
      get: (target, key) => (key === 'now' ? () => this.now : Reflect.get(target, key)),
    });
  }

  #replace(holder: any, by: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(by)) {
      const before = Object.getOwnPropertyDescriptor(holder, name);
      Object.defineProperty(holder, name, { value, writable: true, configurable: true, enumerable: true });
      this.#putBack.push(() => {
        if (before === undefined) delete holder[name];
        else Object.defineProperty(holder, name, before);
      });
    }
  }
}

interface Promised {
  signal?: AbortSignal | undefined;
  ref?: boolean | undefined;
}

/** What Node's own reject with. */
function aborted({ reason }: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

/** What `setTimeout` gives in Node. Where a number is wanted, as browsers give, it is one. */
class Timer {
  readonly id: number;
  /** Sets it, be it again. */
  set: () => void = () => {};
  readonly #clear: () => void;
  #hasRef = true;

  constructor(id: number, clear: () => void) {
    this.id = id;
    this.#clear = clear;
  }

  hasRef(): boolean {
    return this.#hasRef;
  }

  ref(): this {
    this.#hasRef = true;
    return this;
  }

  unref(): this {
    this.#hasRef = false;
    return this;
  }

  refresh(): this {
    this.set();
    return this;
  }

  close(): this {
    this.#clear();
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.id;
  }

  [Symbol.dispose](): void {
    this.#clear();
  }
}
