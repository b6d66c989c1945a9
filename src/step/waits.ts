import type { Given } from '../chart/context.ts';
import { nameOf } from '../chart/journal.ts';
import { LoopError, MisconfigurationError } from '../data/errors.ts';
import { copyAgain } from '../data/json.ts';
import { shown } from '../data/shown.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import type { Call, UnitOfOnce } from './call.ts';
import type { Mailbox, Receiver } from './mailbox.ts';
import type { Pending } from './pending.ts';
import type { How } from './remembered.ts';
import type { AskedOnce } from './runner.ts';
import { wakeAt } from './wake.ts';

/** One wait of a step. */
interface Wait {
  readonly call: Call;
  /** The hook that it was asked for in. */
  readonly hook: string;
  /** Nobody waits any more: timers are cleared. */
  stop(): void;
}

/** How a wait is asked for, begun and given, which it has in common with a `once`. */
interface Asking {
  ask(what: AskedOnce, begin: (call: Call) => void): Promise<unknown>;
  inside(key: string | undefined): void;
  give(pending: Pending, how: How): void;
  forget(pending: Pending): void;
}

/** Classes of loops that have waited. */
const waiters = new WeakSet<object>();

/** Whether a loop of this class has waited before: then it may again, and the state before each of its steps is kept. */
export function hasWaited(loop: AnyLoop): boolean {
  return waiters.has(loop.constructor);
}

/**
 * The waits in a hook or a step: for a value (`receive`), for a time (`sleep`). They are in its journal as calls of `once`
 * are, so that a step that is run again is given what it got; but no code of anybody runs in them, so that a step in which
 * nothing else is under way stands where it is, and nobody need wait for it.
 *
 * A wait that the code has not awaited to its end, such as the loser of a race, is over when the hook or the step is.
 */
export class Waits {
  readonly #unit: UnitOfOnce;
  readonly #asking: Asking;
  readonly #waits = new Set<Wait>();

  constructor(unit: UnitOfOnce, asking: Asking) {
    this.#unit = unit;
    this.#asking = asking;
  }

  /** What is waited for, such as `receive('approval')`. Not what is there already, and gets to the step in a moment. */
  get names(): string[] {
    const { mailbox } = this.#unit.running.session;
    const isThere = ({ once: key, wait }: AskedOnce) => wait === 'receive' && mailbox?.has(key) === true;
    return this.#current.flatMap(({ call: { what } }) => (isThere(what) ? [] : nameOf(what)));
  }

  /** How many are under way. */
  get count(): number {
    return this.#current.length;
  }

  /** The calls of `once` whose functions wait, or call others that do. */
  get within(): ReadonlySet<string> {
    return new Set(this.#current.flatMap(({ call }) => call.what.in ?? []));
  }

  get #current(): Wait[] {
    return [...this.#waits].filter((wait) => this.#isCurrent(wait));
  }

  #isCurrent({ call, hook }: Wait): boolean {
    const { running, isCurrent } = this.#unit;
    return isCurrent && !running.ended && call.step === running.steps && hook === running.unit?.hook;
  }

  /** See `Loop.receive`. */
  receive(key: string): Promise<unknown> {
    const { running } = this.#unit;
    this.#check('receive', isKey(key), 'a key (a string that is not empty)', key);
    const { mailbox } = running.session;
    if (mailbox === undefined) {
      throw new LoopError(
        'MISCONFIGURATION',
        `receive('${key}') would wait for ever: nobody gets hold of a run that run() has begun. Begin it with start(), and call give() of what that returns.`,
        running.path,
      );
    }
    const what = this.#unit.asking({ once: key, wait: 'receive' as const });
    return this.#asking.ask(what, (call) => this.#receive(call, mailbox));
  }

  #receive(call: Call, mailbox: Mailbox): void {
    const { running } = this.#unit;
    const { once: key } = call.what;
    const isWaiting = () => this.#isCurrent(wait);
    const receiver: Receiver = {
      path: running.path,
      get isWaiting() {
        return isWaiting();
      },
      arrived: () =>
        this.#whenGiven(wait, () => {
          const step = running.steps;
          this.#over(wait, howGiven(key, mailbox.take(key), running.path));
          running.received(key, step);
        }),
    };
    const wait = this.#begin(call, () => mailbox.leave(key, receiver));
    try {
      mailbox.wait(key, receiver);
    } catch (error) {
      this.#waits.delete(wait);
      throw error;
    }
    this.#waitsOn(wait);
  }

  /** See `Loop.sleep`. */
  sleep(key: string, ms: number): Promise<unknown> {
    this.#check('sleep', isKey(key), 'a key (a string that is not empty)', key);
    this.#check('sleep', typeof ms === 'number' && ms >= 0 && ms < Infinity, 'milliseconds from 0 up', ms);
    const what = this.#unit.asking({ once: key, wait: 'sleep' as const });
    if (this.#current.some(({ call }) => nameOf(call.what) === nameOf(what))) {
      throw new LoopError(
        'ONCE_TWICE',
        `${nameOf(what)} is under way already. Give each its own key.`,
        this.#unit.running.path,
      );
    }
    // Another process has no clock in common with this one but that of the wall. One that was set back must not make it longer.
    const latest = Date.now() + ms;
    const { until = latest } = this.#unit.recall?.before(what) ?? {};
    return this.#asking.ask({ ...what, until: Math.min(until, latest) }, (call) => this.#sleep(call));
  }

  #sleep(call: Call): void {
    const wait = this.#begin(call, () => cancel());
    const cancel = wakeAt(call.what.until!, () => this.#whenGiven(wait, () => this.#over(wait, { output: undefined })));
    this.#waitsOn(wait);
  }

  #check(wait: string, holds: boolean, expected: string, got: unknown): void {
    if (!holds)
      throw new MisconfigurationError(`${wait} expected ${expected}, got \`${shown(got)}\`.`, this.#unit.running.path);
  }

  #begin(call: Call, stop: () => void): Wait {
    const wait = { call, hook: this.#unit.running.unit!.hook, stop };
    this.#waits.add(wait);
    waiters.add(this.#unit.running.loop.constructor);
    return wait;
  }

  /** It is not over at once: the journal has to know of it. */
  #waitsOn(wait: Wait): void {
    if (!this.#waits.has(wait)) return;
    const { call } = wait;
    const { running } = this.#unit;
    this.#asking.inside(call.what.in);
    if (!call.isKnown) running.onceAsked(call.what, call.step);
    call.isKnown = true;
    running.session.stepWaits?.();
    running.session.poke();
  }

  /** What a step that is run again had got is given first. */
  #whenGiven(wait: Wait, then: () => void): void {
    const go = () => {
      if (this.#waits.has(wait) && this.#isCurrent(wait)) then();
    };
    const { recall } = this.#unit;
    if (recall === undefined) go();
    else recall.whenGiven(go);
  }

  /** Puts what has come into the journal, and gives it. */
  #over(wait: Wait, how: How): void {
    this.#waits.delete(wait);
    const { what, step, pending } = wait.call;
    this.#unit.running.onceGiven(what, step, 'output' in how && how.output === undefined ? {} : how);
    this.#asking.give(pending, how);
  }

  /** The function of a `once` is over: nobody waits for what it had asked for. */
  endInside(key: string): void {
    this.#end((wait) => wait.call.what.in === key);
  }

  /** The hook or the step is over. */
  endAll(): void {
    this.#end(() => true);
  }

  #end(ends: (wait: Wait) => boolean): void {
    for (const wait of this.#waits) {
      if (!ends(wait)) continue;
      this.#waits.delete(wait);
      wait.stop();
      this.#asking.forget(wait.call.pending);
    }
  }
}

function isKey(key: unknown): boolean {
  return typeof key === 'string' && key !== '';
}

/** What `receive` gives. */
function howGiven(key: string, { value, opaque }: Given, path: string): How {
  if (opaque === undefined) return { output: copyAgain(value) };
  const error = new LoopError(
    'NOT_PLAIN_DATA',
    `Expected what was given for receive('${key}') to be plain data, so that it can be saved; got a ${opaque}.`,
    path,
  );
  return { error };
}
