import { machineOf } from './actors/compile.ts';
import type { LoopMachine } from './chart/machine-type.ts';
import { EndLoop, LoopError } from './data/errors.ts';
import type { Json } from './data/json.ts';
import { shown } from './data/shown.ts';
import type { StartArguments } from './run/options.ts';
import type { LoopRun } from './run/run.ts';
import { run, start } from './run/start.ts';
import {
  type AnyLoop,
  anyCopyMark,
  fieldsSlot,
  type Host,
  host,
  loopMark,
  type OwnHooks,
  ownHooks,
  parentLink,
  restartingSlot,
  trainerSlot,
} from './tree/any-loop.ts';
import { connect, replace } from './tree/replace.ts';
import {
  copyOfState,
  type LoadOptions,
  type LoadReport,
  loadStateDict,
  type StateDict,
  stateDict,
} from './tree/state-dict.ts';
import { checkTree } from './tree/strays.ts';
import { childrenOf, pathOf } from './tree/tree.ts';

/**
 * A loop that can be seen, stopped, resumed and replayed. It compiles to an XState machine, which does this:
 *
 * ```ts
 * if (loop.skip) return loop.onSkip();
 * loop.reset();
 * loop.onRunStart();
 * while (!loop.done) {
 *   loop.onAdvanceStart();
 *   loop.advance();
 *   loop.onAdvanceEnd();
 * }
 * return loop.onRunEnd();
 * ```
 *
 * Every hook may return a promise and gets the arguments of `run`. Fields that hold loops, or arrays of loops, are its
 * children; fields that hold `BaseProgress` are part of its state dict; `Stateful` fields, and arrays of `Stateful`
 * objects, are captured by checkpoints. In other collections (a plain object, a Map, a Set, an array of something else)
 * loops and `Stateful` objects are not found: that is a `MisconfigurationError`, unless they stand in the tree as well.
 * What nobody can see is left alone: `#private` fields, closures, and what instances of other classes hold.
 *
 * Lightning: `Loop` of 1.6 to 1.9. There, `reset`, `onAdvanceEnd`, `onRunEnd` and `onSkip` got no arguments.
 *
 * @example
 * class Count extends Loop<number> {
 *   override state = { n: 0 };
 *   get done() { return this.state.n >= 3; }
 *   reset() { this.state.n = 0; }
 *   advance() { this.state.n++; }
 *   override onRunEnd() { return this.state.n; }
 * }
 * await new Count().run(); // 3
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor and the static block make all of the interface
export abstract class Loop<Output = void, Args extends unknown[] = []> {
  /** What the loop was made with: what a class given to `replace` is made with as well. */
  readonly init: object | undefined;

  /** The loop's own persisted state: plain data, read and written freely by the hooks. */
  state: object = {};

  static {
    // Of the class, so that `replace` knows classes of loops as well.
    Object.defineProperty(Loop.prototype, loopMark, { value: true });
    Object.defineProperty(Loop.prototype, anyCopyMark, { value: true });
    const { onSkip, onRunStart, onAdvanceStart, onAdvanceEnd, onRunEnd } = Loop.prototype;
    const { onRestart, onSaveCheckpoint, onLoadCheckpoint } = Loop.prototype;
    const own: OwnHooks = {
      onSkip,
      onRunStart,
      onAdvanceStart,
      onAdvanceEnd,
      onRunEnd,
      onRestart,
      onSaveCheckpoint,
      onLoadCheckpoint,
    };
    Object.defineProperty(Loop.prototype, ownHooks, { value: own });
  }

  constructor(init?: object) {
    this.init = init;
    // Not enumerable: the fields of a loop are what its author gave it.
    for (const slot of [parentLink, trainerSlot, host, restartingSlot, fieldsSlot]) {
      Object.defineProperty(this, slot, { value: undefined, writable: true, configurable: true });
    }
  }

  /** Whether there is no further step. Read after `onRunStart` and after each step. */
  abstract get done(): boolean;

  /** Whether the whole run is left out: read once, before anything else. Default: false. */
  get skip(): boolean {
    return false;
  }

  /** Prepares a run. Ask `restarting` before zeroing what a state dict brought back. */
  abstract reset(...args: Args): void | Promise<void>;

  /** One step. */
  abstract advance(...args: Args): void | Promise<void>;

  /** Instead of the whole run when `skip` is true; what it returns is the output. */
  onSkip(..._args: Args): Output | Promise<Output> {
    return undefined as Output;
  }

  /** After `reset`, before `done` is first read. */
  onRunStart(..._args: Args): void | Promise<void> {}

  /** Before each step. */
  onAdvanceStart(..._args: Args): void | Promise<void> {}

  /** After each step. */
  onAdvanceEnd(..._args: Args): void | Promise<void> {}

  /** After the last step, also after none; what it returns is the output. */
  onRunEnd(..._args: Args): Output | Promise<Output> {
    return undefined as Output;
  }

  /**
   * Rebuilds live resources when a checkpoint puts the run back behind `reset`: `reset` (and, from the first step on,
   * `onRunStart`) are not repeated then. Lightning has nothing like it.
   */
  onRestart(..._args: Args): void | Promise<void> {}

  /** The state to save. Default: a copy of `this.state`. Called whenever the state is kept, at each step or so: it is to be cheap, and to change nothing. */
  onSaveCheckpoint(this: AnyLoop): Json {
    return copyOfState(this);
  }

  /**
   * Takes back what `onSaveCheckpoint` returned; a copy of it. Default: `this.state = state`. Called once in a resume. What
   * is made from the state, such as children whose number it says, is made here as well.
   * @throws LoopError `STATE_DICT_MISMATCH` by default, if it is no object
   */
  onLoadCheckpoint(state: Json): void {
    if (typeof state !== 'object' || state === null) {
      throw new LoopError(
        'STATE_DICT_MISMATCH',
        `Expected the state to be an object, got ${shown(state)}. Override onLoadCheckpoint to take anything else.`,
        this.path,
      );
    }
    this.state = state;
  }

  /**
   * Runs the loop to its end. Inside a hook of its parent it is a child of that one's run; elsewhere it is a run of its own.
   * In a hook of a loop whose child it is not, it would not be seen, paused or captured: that is refused (before the
   * hook has awaited anything; behind its first `await` nobody can tell). A run of its own is begun there with `start()`.
   * @returns what `onRunEnd` (or `onSkip`) returned
   * @throws whatever a hook threw, unchanged; LoopError `ALREADY_RUNNING`; MisconfigurationError, thrown at once
   */
  run(...args: Args): Promise<Output> {
    return run(this, args) as Promise<Output>;
  }

  /**
   * Starts a run that can be watched, paused, stopped, suspended.
   * @param options needed where `run` needs arguments: then `args`, or a checkpoint that has them
   * @throws LoopError `ALREADY_RUNNING`, `CHECKPOINT_MISMATCH`; `RESUME_MISMATCH` if the run had used up its arguments
   */
  start(...[options]: StartArguments<Args>): LoopRun<Output, this> {
    return start(this, options ?? {});
  }

  /**
   * Sets fields that hold loops. Lightning's dropped what it did not know.
   * @throws MisconfigurationError for an unknown name, something that is no loop, a cycle, a second parent; then nothing has changed
   */
  connect(loops: Record<string, AnyLoop | AnyLoop[]>): void {
    connect(this, loops);
  }

  /**
   * Puts other loops in the place of children. A class is made with the old loop's `init`. Children of the old loop go
   * to the new one where it has a field for them and nothing in it; it keeps those that it was made with.
   * @returns `dropped`: the fields of old loops (`epoch.batches`) whose loops stand nowhere in the tree any more
   * @throws MisconfigurationError as `connect`, and for a class whose constructor takes more than the old loop's `init`;
   *   LoopError `ALREADY_RUNNING` if the old loop is; then nothing has changed
   */
  replace<Slots extends { [name in keyof Slots]: AnyLoop | (new (init?: any) => AnyLoop) }>(
    loops: Slots,
  ): { dropped: string[] } {
    return replace(this, loops);
  }

  /** The state of the tree in Lightning's flat layout: `state_dict`, then fields in order, `<child>.state_dict`, … */
  stateDict(destination: StateDict = {}, prefix = ''): StateDict {
    return stateDict(this, destination, prefix);
  }

  /**
   * Takes back a state dict; the next `run` goes through `reset` with `restarting` true until its first whole iteration.
   * Counters are checked before anything changes.
   * @throws LoopError `STATE_DICT_MISMATCH`; with `strict` also for missing and unknown keys
   */
  loadStateDict(dict: StateDict, prefix = '', options: LoadOptions = {}): LoadReport {
    return loadStateDict(this, dict, prefix, options);
  }

  /** What the loop is attached to; set on a loop, it is set on all below it. @throws LoopError if there is none */
  get trainer(): object {
    const trainer = this[trainerSlot];
    if (trainer === undefined)
      throw new LoopError(
        'MISCONFIGURATION',
        'The loop is not attached to a Trainer. Set `trainer` on it, or on a loop above it.',
        this.path,
      );
    return trainer;
  }

  /** Attaches the loop, and all below it. */
  set trainer(trainer: object) {
    checkTree(this);
    this[trainerSlot] = trainer;
    for (const [, child] of childrenOf(this)) child.trainer = trainer;
  }

  /** True from a restore to the end of the first whole iteration after it. Setting it sets it on all below. */
  get restarting(): boolean {
    return this[restartingSlot] === true;
  }

  /** Sets it on all below as well. */
  set restarting(restarting: boolean) {
    checkTree(this);
    this[restartingSlot] = restarting;
    for (const [, child] of childrenOf(this)) child.restarting = restarting;
  }

  /** Where the loop stands in its tree: `fit.epoch.batches`. The root is named after its class. */
  get path(): string {
    return pathOf(this);
  }

  /** Whether a run of this instance is going on. */
  get running(): boolean {
    return this[host]?.ended === false;
  }

  /** Aborted when the run is. @throws LoopError `NOT_RUNNING` outside a run */
  get signal(): AbortSignal {
    return this.#host('signal').signal;
  }

  /** `throw this.end(reason)` ends this loop, from any depth, like a labelled `break`; `onRunEnd` still runs. */
  end(reason?: unknown): EndLoop {
    return new EndLoop(this, this.path, reason);
  }

  /**
   * Calls `fn` once in this step, even when the step is run again after a resume, and gives back what it returned or
   * throws what it threw. With `durability: 'sync'` that is saved before it is given, unless a model beside it makes that
   * impossible (the guide says when); else with the next save. `fn` may run children: they belong to it, and are not run
   * again once it has returned.
   * @param key one that this step has not used yet
   * @returns plain data, or nothing
   * @throws LoopError `ONCE_TWICE`, `NOT_RUNNING`, and `NOT_PLAIN_DATA` if the result cannot be remembered
   */
  once<T>(key: string, fn: () => T | Promise<T>): Promise<T> {
    try {
      return this.#host('once').once(key, fn);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Waits until somebody gives the run a value under this key: a person's approval, the answer of another program. Anyone
   * gives it with `run.give(key, value)`, or sends `{ type: 'loop.give', key, value }` to the actor of any loop of the run.
   *
   * It is in the journal of the step as `once` is: when the step is run again after a resume, it is not waited for again.
   * Keys are those of the whole run. A value that comes before it is asked for is kept, also over a resume; several under
   * one key are got in order. While a step does nothing but wait, the run can be saved and suspended; so it can wait for
   * days, and the value may come when it has been resumed. A pause waits for the step, and `run.waitingFor` names the key.
   * An abort ends it, and so does `timeout`; it ends with its step where the code does not wait for it to its end
   * (`Promise.race`).
   * @param key a string that is not empty
   * @returns a copy of what was given: plain data; `undefined` if nothing was
   * @throws LoopError `RECEIVE_TWICE` if another step waits for the key at the same time; `NOT_PLAIN_DATA` if what was given
   *   is no plain data; `MISCONFIGURATION` in a run that nobody can give anything (`run()`); `NOT_RUNNING`
   * @example
   * const { approved } = await this.receive<{ approved: boolean }>(`refund ${id}`);
   */
  receive<T = Json>(key: string): Promise<T> {
    try {
      return this.#host('receive').receive(key) as Promise<T>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Waits for so many milliseconds, a resume or not: when it ends, by the clock of the wall, is in the journal of the step,
   * and time in which no process ran counts. A clock that is set back does not make it longer than `ms` from then.
   * While a step does nothing but wait, the run can be saved and suspended. An abort ends it.
   * @param key of this wait; two in one step may have the same one after another
   * @param ms from 0 up; longer than `setTimeout` can
   * @throws LoopError `ONCE_TWICE` if one with this key is under way in the step; MisconfigurationError, `NOT_RUNNING`
   */
  sleep(key: string, ms: number): Promise<void> {
    try {
      return this.#host('sleep').sleep(key, ms) as Promise<void>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The machine that this loop is: `createActor(loop.machine, { input: args })`, `invoke: { src: loop.machine }`.
   * @throws MisconfigurationError if the loops are wired wrongly, as `run` does
   */
  get machine(): LoopMachine<this> {
    return machineOf(this) as LoopMachine<this>;
  }

  #host(member: string): Host {
    const running = this[host];
    if (running === undefined || !running.busy) {
      throw new LoopError(
        'NOT_RUNNING',
        `\`${member}\` belongs to a run, and the loop is not running. Ask for it in a hook.`,
        this.path,
      );
    }
    return running;
  }
}

/**
 * For TypeScript alone: which arguments the hooks get. A hook may have fewer parameters, so that it cannot be read off
 * any of them.
 */
declare const hookArguments: unique symbol;
interface TakenBy<Args extends unknown[]> {
  hook(...args: Args): void;
}

/** What the library keeps on an instance, and its mark. */
// biome-ignore lint/correctness/noUnusedVariables: an interface merges only under the same parameters
export interface Loop<Output, Args> {
  /** @internal */
  readonly [loopMark]: true;
  /** @internal */
  readonly [hookArguments]?: TakenBy<Args>;
  /** @internal */
  readonly [ownHooks]: OwnHooks;
  /** @internal */
  [parentLink]: { loop: AnyLoop; name: string } | undefined;
  /** @internal */
  [trainerSlot]: object | undefined;
  /** @internal */
  [host]: Host | undefined;
  /** @internal */
  [restartingSlot]: boolean | undefined;
  /** @internal */
  [fieldsSlot]: object | undefined;
}
