import { LoopError } from '../data/errors.ts';
import { type Json, plainCopy } from '../data/json.ts';
import { shown } from '../data/shown.ts';

/**
 * Counters that are a field of a loop and part of its context and state dict.
 * Lightning: `BaseProgress` of `trainer/progress.py`; loading checks what it is given, where Lightning takes any key.
 */
export abstract class BaseProgress {
  /** The counters as plain data, in the order of the fields. */
  stateDict(): { [key: string]: Json } {
    const dict: { [key: string]: Json } = {};
    for (const [name, value] of Object.entries(this)) {
      dict[name] =
        value instanceof BaseProgress ? value.stateDict() : plainCopy(value, () => this.constructor.name, name);
    }
    return dict;
  }

  /**
   * Takes the counters of `dict`, in place.
   * @throws LoopError `STATE_DICT_MISMATCH` where a counter is missing, unknown or of another type; then nothing has changed.
   */
  loadStateDict(dict: Json): void {
    const problem = this.mismatch(dict, '');
    if (problem !== undefined) throw new LoopError('STATE_DICT_MISMATCH', problem);
    for (const [name, value] of Object.entries(this)) {
      const saved = (dict as { [key: string]: Json })[name]!;
      if (value instanceof BaseProgress) value.loadStateDict(saved);
      else Object.assign(this, { [name]: saved });
    }
  }

  /** What keeps `dict` from being loaded, in words; `undefined` if nothing does. */
  mismatch(dict: unknown, at: string): string | undefined {
    const names = Object.keys(this);
    if (typeof dict !== 'object' || dict === null || Array.isArray(dict)) {
      return `Expected \`${at || 'the progress'}\` to be an object with ${names.join(', ')}, got ${shown(dict)}.`;
    }
    const given = Object.keys(dict);
    for (const name of names) {
      const key = at === '' ? name : `${at}.${name}`;
      if (!given.includes(name)) return `Expected a counter \`${key}\`, which is missing; got ${given.join(', ')}.`;
      const saved = (dict as Record<string, unknown>)[name];
      const own: unknown = Reflect.get(this, name);
      if (own instanceof BaseProgress) {
        const inner = own.mismatch(saved, key);
        if (inner !== undefined) return inner;
      } else if (typeof saved !== typeof own) {
        return `Expected \`${key}\` to be a ${typeof own}, got ${shown(saved)}.`;
      }
    }
    const unknown = given.find((name) => !names.includes(name));
    if (unknown === undefined) return undefined;
    return `Expected only ${names.join(', ')}${at === '' ? '' : ` in \`${at}\``}, got a counter \`${unknown}\`.`;
  }

  /** A progress with the counters of `dict`. */
  static fromStateDict<T extends BaseProgress>(this: new () => T, dict: Json): T {
    const progress = new this();
    progress.loadStateDict(dict);
    return progress;
  }

  /** All counters to what they begin with. */
  abstract reset(): void;
  /** Forgets what was begun and not completed: after a restore. */
  abstract resetOnRestart(): void;
}

/** Counts what is about to start and what has ended. */
export class ReadyCompletedTracker extends BaseProgress {
  /** About to start. */
  ready: number;
  /** Its end hooks are done. */
  completed: number;

  constructor(ready = 0, completed = 0) {
    super();
    this.ready = ready;
    this.completed = completed;
  }

  /** All counters to 0. */
  reset(): void {
    this.ready = 0;
    this.completed = 0;
  }

  /** Forgets what was begun and not completed. */
  resetOnRestart(): void {
    this.ready = this.completed;
  }
}

/** Counts also what has started. */
export class StartedTracker extends ReadyCompletedTracker {
  /** Its start hooks are done. */
  started: number;

  constructor(ready = 0, started = 0, completed = 0) {
    super(ready, completed);
    this.started = started;
  }

  override reset(): void {
    super.reset();
    this.started = 0;
  }

  override resetOnRestart(): void {
    super.resetOnRestart();
    this.started = this.completed;
  }
}

/** Counts also what has been processed. */
export class ProcessedTracker extends StartedTracker {
  /** Its body is done. */
  processed: number;

  constructor(ready = 0, started = 0, processed = 0, completed = 0) {
    super(ready, started, completed);
    this.processed = processed;
  }

  override reset(): void {
    super.reset();
    this.processed = 0;
  }

  override resetOnRestart(): void {
    super.resetOnRestart();
    this.processed = this.completed;
  }
}

/** The initial values of `Progress.fromDefaults`. */
export interface ProgressDefaults {
  ready?: number;
  started?: number;
  processed?: number;
  completed?: number;
}

/** The same counters twice: `total` over all runs, `current` of this run. */
export class Progress<T extends ReadyCompletedTracker = ProcessedTracker> extends BaseProgress {
  /** Over all runs. */
  total: T;
  /** Of this run. */
  current: T;

  /**
   * @param total default: a new `ProcessedTracker`
   * @param current default: a new one of the class of `total`
   * @throws TypeError if the two are of different classes
   */
  constructor(total?: T, current?: T) {
    super();
    this.total = total ?? (new ProcessedTracker() as ReadyCompletedTracker as T);
    this.current = current ?? new (this.total.constructor as new () => T)();
    if (this.total.constructor !== this.current.constructor) {
      throw new TypeError(
        `Expected \`total\` and \`current\` to be of the same class, got ${this.total.constructor.name} and ${this.current.constructor.name}.`,
      );
    }
  }

  /** Two separate trackers with the same initial values. */
  static fromDefaults<T extends ReadyCompletedTracker>(
    tracker: new () => T,
    values: ProgressDefaults = {},
  ): Progress<T> {
    const [total, current] = [new tracker(), new tracker()];
    for (const name of Object.keys(values)) {
      if (!Object.hasOwn(total, name)) throw new TypeError(`Expected a counter of ${tracker.name}, got \`${name}\`.`);
    }
    return new Progress(Object.assign(total, values), Object.assign(current, values));
  }

  /** +1 on `total.ready` and `current.ready`. */
  incrementReady(): void {
    this.total.ready++;
    this.current.ready++;
  }

  /** +1 on both `started`. @throws TypeError where the trackers do not count it */
  incrementStarted(): void {
    this.#increment('started');
  }

  /** +1 on both `processed`. @throws TypeError where the trackers do not count it */
  incrementProcessed(): void {
    this.#increment('processed');
  }

  /** +1 on `total.completed` and `current.completed`. */
  incrementCompleted(): void {
    this.total.completed++;
    this.current.completed++;
  }

  #increment(name: 'started' | 'processed'): void {
    const trackers = [this.total, this.current] as unknown as Record<typeof name, number>[];
    for (const tracker of trackers) {
      if (tracker[name] === undefined) {
        throw new TypeError(`${this.total.constructor.name} has no counter \`${name}\`.`);
      }
      tracker[name]++;
    }
  }

  /** `current` to 0, `total` kept: what a run begins with. */
  resetOnRun(): void {
    this.current.reset();
  }

  /** Rolls `current` back to what was completed. As in Lightning, `total` keeps counting the attempt that failed. */
  resetOnRestart(): void {
    this.current.resetOnRestart();
  }

  /** Both to 0. */
  reset(): void {
    this.total.reset();
    this.current.reset();
  }
}
