import type { AnyActorRef } from 'xstate';
import {
  type Commit,
  type InFlight,
  isEnvelope,
  type LoopContext,
  type LoopReportEvent,
  lastRun,
  nthRun,
  type Remembered,
  runsCount,
} from './context.ts';
import { EndLoop, LoopError } from './errors.ts';
import { enterHook, leaveHook } from './in-hook.ts';
import { isPlain, type Json, revivedError } from './json.ts';
import { type Host, host, restartingSlot } from './loop.ts';
import { compiled, implement } from './machines.ts';
import { type Session, sessionOf } from './session.ts';
import { capture, restore } from './state-dict.ts';
import { type AnyLoop, pathOf } from './tree.ts';

/** The hook or step that a loop is in, and what it has asked for so far. */
export interface Unit {
  hook: string;
  /** Runs by child name. */
  runs: Map<string, number>;
  /** Keys given to `once`. */
  keys: Set<string>;
  /** The step that they were given in, counted from the last commit. */
  keysOf: number;
  /** It was in flight when the checkpoint was taken that this run came from: what it got then it gets again. */
  resumed: boolean;
  /** Children may be run: the state before it is in the context. */
  open: boolean;
}

/** What `run` gives for a child: it knows whether anybody awaits it. */
class ChildPromise extends Promise<unknown> {
  awaited = false;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: a promise that takes note
  override then<A, B>(onFulfilled?: any, onRejected?: any): Promise<A | B> {
    this.awaited = true;
    return super.then(onFulfilled, onRejected);
  }
}

interface ChildRun {
  args: unknown[];
  promise: ChildPromise;
  resolve(output: unknown): void;
  reject(error: unknown): void;
  /** The loop itself told how it ended; otherwise the machine's context does. */
  attached: boolean;
}

/** A run of a loop: the link between the instance, whose hooks it calls, and the actor of its machine. */
export class Running implements Host {
  readonly loop: AnyLoop;
  readonly actor: AnyActorRef;
  readonly session: Session;
  readonly parent: Running | undefined;
  readonly args: unknown[];
  /** Whether it came out of a persisted snapshot, so that live resources are to be rebuilt once. */
  restored: boolean;
  unit: Unit | undefined;
  /** What a hook returned that was called ahead of its state. */
  handover: { hook: string; result: PromiseLike<unknown> } | undefined;
  /** Whole steps that the context does not know of yet. */
  uncommitted = 0;
  /** The actor of the hook that runs, as the source of what it sends. */
  hookActor: AnyActorRef | undefined;

  /** What the machine itself says; see `ahead.ts` for when others are told something else. */
  readonly #ask: () => { context: LoopContext };
  readonly #children = new Map<string, ChildRun>();
  readonly #lost: { run: ChildRun; reason: unknown }[] = [];
  #controller: AbortController | undefined;
  #ended: { reason: unknown } | undefined;
  #resumedUnit: boolean;
  #marked = false;

  constructor(loop: AnyLoop, actor: AnyActorRef, parent: Running | undefined, args: unknown[]) {
    this.loop = loop;
    this.actor = actor;
    this.#ask = actor.getSnapshot;
    this.parent = parent;
    this.args = args;
    this.session = parent?.session ?? sessionOf(actor);
    const context = this.context;
    this.restored = context.begun;
    this.#resumedUnit = this.restored;
    if (this.restored) {
      restore(loop, context);
      loop[restartingSlot] = context.restarting;
    }
    loop[host] = this;
    live.add(this);
    actor.subscribe({
      next: () => this.#onSnapshot(),
      error: (error) => this.#onEnd(() => error),
      complete: () => this.#onEnd(() => new LoopError('STOPPED', 'its actor was stopped.', this.path)),
    });
  }

  get context(): LoopContext {
    return this.#ask.call(this.actor).context;
  }

  get path(): string {
    return pathOf(this.loop);
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }

  /** What the hook or step in flight had got before this process. */
  get remembered(): InFlight | undefined {
    return this.unit?.resumed ? (this.context.inFlight ?? undefined) : undefined;
  }

  /** Takes over a hook that was called ahead of its state. */
  takeOver(): { hook: string; result: PromiseLike<unknown> } | undefined {
    const { handover } = this;
    this.handover = undefined;
    return handover;
  }

  /** A checkpoint put the run back behind its first boundary: this loop is restarting, and with this run alone. */
  markRestarting(): void {
    this.#marked = true;
    this.loop[restartingSlot] = true;
  }

  /** A hook or step begins. */
  begin(hook: string, open: boolean): Unit {
    this.unit = { hook, runs: new Map(), keys: new Set(), keysOf: 0, resumed: this.#resumedUnit, open };
    return this.unit;
  }

  /** Sends an event to the loop's machine, as the hook that runs. */
  tell(event: LoopReportEvent): void {
    const system = this.actor.system as unknown as {
      _relay(from: AnyActorRef, to: AnyActorRef, event: LoopReportEvent): void;
    };
    // Observers and the app's own machines hear of it within this call: they are no part of the hook.
    const before = enterHook(undefined);
    try {
      // Instead of `send`, so that inspectors see who sent it.
      if (this.hookActor !== undefined) system._relay(this.hookActor, this.actor, event);
      else this.actor.send(event);
    } finally {
      leaveHook(before);
    }
  }

  commit(): Commit {
    const commit = capture(this.loop) as unknown as Commit;
    commit.restarting = this.loop.restarting;
    return commit;
  }

  once<T>(key: string, fn: () => T | Promise<T>): Promise<T> {
    try {
      return this.#once(key, fn);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #once<T>(key: string, fn: () => T | Promise<T>): Promise<T> {
    const unit = this.#unit('once');
    if (typeof key !== 'string' || key === '') {
      throw new LoopError(
        'MISCONFIGURATION',
        `once expected a key (a string that is not empty), got ${JSON.stringify(key)}.`,
        this.path,
      );
    }
    // Steps of one burst share their unit.
    if (unit.keysOf !== this.uncommitted) unit.keys.clear();
    unit.keysOf = this.uncommitted;
    if (unit.keys.has(key)) {
      throw new LoopError(
        'ONCE_TWICE',
        `once was given the key \`${key}\` twice in one ${stepOr(unit)}. Give each its own key.`,
        this.path,
      );
    }
    unit.keys.add(key);
    const known = this.remembered?.once[key];
    if (known !== undefined) return this.#recall(known, `once('${key}')`) as Promise<T>;
    const step = this.context.steps + this.uncommitted;
    return Promise.resolve(fn()).then((value) => {
      if (this.#ended) throw this.#ended.reason;
      if (this.session.strict) this.checkOutput(value, `what once('${key}') returned`);
      this.tell({ type: 'loop.once', key, step, ...(value === undefined ? {} : { output: value }) });
      return value;
    });
  }

  /** @throws LoopError `NOT_PLAIN_DATA` */
  checkOutput(value: unknown, what: string): void {
    if (value === undefined || isPlain(value)) return;
    throw new LoopError(
      'NOT_PLAIN_DATA',
      `Expected ${what} to be plain data, because the run is saved or recorded; got ${typeof value === 'object' ? `a ${value?.constructor?.name}` : typeof value}. ` +
        'Return what identifies it, and keep the rest in a field.',
      this.path,
    );
  }

  /** Runs a child loop as an actor under this loop's; or gives what it returned, if this step got that before a resume. */
  run(name: string, child: AnyLoop, args: unknown[]): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended.reason);
    const unit = this.#unit('run');
    if (child.running || this.#children.has(name)) throw alreadyRunning(child);
    if (!unit.open) {
      throw new LoopError(
        'LATE_CHILD',
        `${pathOf(child)} was made in the step that runs it, and could not be resumed in its middle. Make it in the constructor, in reset or in onRunStart.`,
        this.path,
      );
    }
    const nth = unit.runs.get(name) ?? 0;
    unit.runs.set(name, nth + 1);
    const known = nthRun(this.remembered?.runs[name], nth);
    if (known !== undefined) {
      if (known.dict !== undefined) restore(child, known.dict);
      return this.#recall(known, `run ${nth + 1} of ${pathOf(child)}`);
    }

    const run = makeRun(args);
    this.#children.set(name, run);
    if (this.context.running.includes(name)) {
      waitingForParent.get(this.actor.getSnapshot().children[name])?.();
    } else {
      // It may have come, or changed, after this loop's machine was made.
      const { logic } = this.actor as unknown as { logic: { implementations: { actors: Record<string, unknown> } } };
      // Of a tree that was checked when the run began: not `child.machine` alone, which checks it again.
      implement(this.loop, logic.implementations.actors, name, compiled.get(child) ?? child.machine);
      const shown = args.every((arg) => typeof arg !== 'object' && typeof arg !== 'function') && isPlain(args);
      this.tell({ type: 'loop.run', child: name, args: shown ? (args as Json[]) : null });
    }
    return run.promise;
  }

  /** The run of a child that its actor belongs to, once this loop's step has asked for it. */
  childRun(name: string): ChildRun | undefined {
    return this.#children.get(name);
  }

  /** The hook has returned: its children must have ended, and what was restored must have been asked for. */
  settle(): Promise<void> | undefined {
    if (this.#children.size > 0) return this.#settleChildren();
    this.#checkLost();
    this.#checkClaims();
    return undefined;
  }

  async #settleChildren(): Promise<void> {
    while (this.#children.size > 0) await Promise.all([...this.#children.values()].map((run) => run.promise));
    this.#checkLost();
    this.#checkClaims();
  }

  /** The hook or step has been committed; the next is not one that a checkpoint was taken in. */
  committed(): void {
    this.#resumedUnit = false;
    if (this.unit !== undefined) this.unit.resumed = false;
  }

  #lose(run: ChildRun, reason: unknown): void {
    run.reject(reason);
    if (!run.promise.awaited) this.#lost.push({ run, reason });
  }

  /** A child that failed and that the hook has never awaited: its failure is the hook's all the same. */
  #checkLost(): void {
    const unheard = this.#lost.splice(0).find(({ run }) => !run.promise.awaited);
    if (unheard !== undefined) throw unheard.reason;
  }

  #checkClaims(): void {
    const unit = this.unit;
    if (unit === undefined || !unit.resumed) return;
    const { running, inFlight } = this.context;
    const asked = [...unit.runs].map(([name, times]) => `${name} × ${times}`).join(', ') || 'no child';
    for (const name of new Set([...running, ...Object.keys(inFlight?.runs ?? {})])) {
      const before = runsCount(inFlight?.runs[name]) + (running.includes(name) ? 1 : 0);
      if ((unit.runs.get(name) ?? 0) >= before) continue;
      throw new LoopError(
        'RESUME_MISMATCH',
        `The ${stepOr(unit)} in flight had run ${name} × ${before} when the checkpoint was taken, and ran ${asked} when it was run again. ` +
          'A step that is run again must ask for the same children: let what it decides depend on state, arguments and once alone.',
        this.path,
      );
    }
  }

  /** Nothing more runs here or below: signals abort, what is awaited rejects. */
  abort(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    // A run that fails in its first iteration must not leave it to the next, which is a new one.
    if (this.#marked) this.loop[restartingSlot] = false;
    live.delete(this);
    this.#controller?.abort(reason);
    this.abandonChildren(reason);
    if (this.unit === undefined) this.gone();
  }

  /** The code of a hook that was in flight at an abort has returned. Until then it finds this run, and that it has ended. */
  gone(): void {
    if (this.loop[host] === this) this.loop[host] = undefined;
  }

  /** Ends what runs below, because the step that ran it is left, or the run ends. */
  abandonChildren(reason: unknown): void {
    for (const below of [...live]) if (below.parent === this) below.abort(reason);
    for (const [, run] of this.#children) this.#lose(run, reason);
    this.#children.clear();
  }

  #unit(member: string): Unit {
    if (this.unit === undefined) {
      throw new LoopError('NOT_RUNNING', `\`${member}\` belongs to a hook, and none is running.`, this.path);
    }
    return this.unit;
  }

  async #recall(known: Remembered, what: string): Promise<unknown> {
    if ('opaque' in known) {
      throw new LoopError(
        'RESUME_MISMATCH',
        `${what} gave a ${known.opaque}, which is not plain data and could not be remembered.`,
        this.path,
      );
    }
    if ('error' in known) throw revivedError(known.error);
    if ('end' in known) {
      let up: Running | undefined = this;
      while (up !== undefined && up.path !== known.end.path) up = up.parent;
      throw new EndLoop(up?.loop ?? this.loop, known.end.path, known.end.reason);
    }
    return structuredClone(known.output);
  }

  #onSnapshot(): void {
    const snapshot = this.actor.getSnapshot();
    if (this.#children.size > 0) {
      const { running, inFlight } = snapshot.context as LoopContext;
      for (const [name, run] of this.#children) {
        if (run.attached || running.includes(name)) continue;
        const how = lastRun(inFlight?.runs[name]);
        if (how === undefined) continue;
        // A stranger, put in the loop's place by `provide()`: the machine's own record tells how it ended.
        this.#children.delete(name);
        this.#recall(how, name).then(run.resolve, (error) => this.#lose(run, error));
      }
    }
    if (snapshot.value === 'paused') this.session.poke();
  }

  #onEnd(reason: () => unknown): void {
    const snapshot = this.actor.getSnapshot();
    const run = this.parent?.childRun(this.actor.id);
    if (run?.attached) this.parent!.#children.delete(this.actor.id);
    if (snapshot.status === 'done') {
      live.delete(this);
      this.gone();
      this.#ended = over;
      run?.resolve(isEnvelope(snapshot.output) ? snapshot.output.output : snapshot.output);
    } else {
      this.abort(reason());
      if (run !== undefined) this.parent!.#lose(run, this.#ended?.reason);
    }
    // The parent has yet to hear of it.
    queueMicrotask(() => this.session.poke());
  }
}

function makeRun(args: unknown[]): ChildRun {
  let resolve!: ChildRun['resolve'];
  let reject!: ChildRun['reject'];
  const promise = new ChildPromise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // A failure is looked after by `settle`.
  Promise.prototype.then.call(promise, undefined, () => {});
  return { args, promise, resolve, reject, attached: false };
}

function stepOr(unit: Unit): string {
  return unit.hook === 'advance' ? 'step' : unit.hook;
}

export function alreadyRunning(loop: AnyLoop): LoopError {
  return new LoopError(
    'ALREADY_RUNNING',
    'is running already. One instance runs once at a time: await the run, or make a second instance.',
    pathOf(loop),
  );
}

/** Of a run that ended as it should; made once, for an error that carries a stack costs as much as a run. */
const over = { reason: new LoopError('RUN_ENDED', 'The run of this loop has ended.') };

/** All that have not ended. */
export const live: Set<Running> = new Set();
/** The actors that came out of a snapshot and wait for their parent's step to ask for them. */
export const waitingForParent: WeakMap<AnyActorRef, () => void> = new WeakMap();
