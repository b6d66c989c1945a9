import type { AnyActorRef } from 'xstate';
import { leaves } from './barrier.ts';
import { soon } from './clock.ts';
import { type Commit, isEnvelope, type LoopContext, type LoopReportEvent } from './context.ts';
import { Opaque, type PlainError, revivedError } from './error-codec.ts';
import { EndLoop, LoopError } from './errors.ts';
import { Giving } from './giving.ts';
import { enterHook, leaveHook } from './in-hook.ts';
import { type Asked, childrenRun, type Got, givenIn, plainArgs, type Result } from './journal.ts';
import { isPlain } from './json.ts';
import { type Host, host, restartingSlot } from './loop.ts';
import { compiled, implement } from './machines.ts';
import { Pending, PendingRun } from './pending.ts';
import { type Answer, Recall } from './recall.ts';
import { isThenable } from './returned.ts';
import { callWithin, keyWithin } from './scope.ts';
import { type Session, sessionOf } from './session.ts';
import { kindOf } from './shown.ts';
import { capture, holdState, loadTree, putState } from './state-dict.ts';
import { type AnyLoop, belowRoot, childNamed, isLoop, pathOf, statefulOf } from './tree.ts';
import { dictOf } from './tree-state.ts';

/** The hook or step that a loop is in, and what it has asked for so far. */
export interface Unit {
  hook: string;
  /** Keys given to `once`. */
  keys: Set<string>;
  /** The step that they were given in, counted from the last commit. */
  keysOf: number;
  /** Calls of `once` whose results are not given yet. */
  onces: Set<Pending>;
  /** It was in flight when the checkpoint was taken that this run came from: what it got then it gets again. */
  recall: Recall | undefined;
  /** It asked for something else than before: whatever its code makes of that, it has failed. */
  mismatch: LoopError | undefined;
  /** Children may be run: the state before it is in the context. */
  open: boolean;
}

/** What came of a call of `once`. */
type How = { output: unknown } | { error: unknown };

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
  /** While a hook is called ahead of its state: what it tells, for the machine is not in that state yet. */
  untold: LoopReportEvent[] | undefined;
  /** Whole steps that the context does not know of yet. */
  uncommitted = 0;
  /** The actor of the hook that runs, as the source of what it sends. */
  hookActor: AnyActorRef | undefined;

  /** What the machine itself says; see `ahead.ts` for when others are told something else. */
  readonly #ask: () => { context: LoopContext };
  readonly #children = new Map<string, PendingRun>();
  readonly #giving: Giving = new Giving(() => this.#children.size + (this.unit?.onces.size ?? 0) > 0);
  readonly #lost: { run: PendingRun; reason: unknown }[] = [];
  /** What puts children that go on in their middle back to where they are then: until the step asks for them, they are as they were before it. */
  readonly #held = new Map<string, () => void>();
  /** Functions of `once` that have not returned. */
  #functions = 0;
  #saving: Promise<void> | undefined;
  #controller: AbortController | undefined;
  #ended: { reason: unknown } | undefined;
  #resumedUnit: boolean;

  constructor(loop: AnyLoop, actor: AnyActorRef, parent: Running | undefined, args: unknown[]) {
    this.loop = loop;
    this.actor = actor;
    this.#ask = actor.getSnapshot;
    this.parent = parent;
    this.args = args;
    this.session = parent?.session ?? sessionOf(actor);
    this.restored = this.context.begun;
    this.#resumedUnit = this.restored;
    if (this.restored) this.#restore();
    loop[host] = this;
    live.add(this);
    this.session.enter(this);
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

  get busy(): boolean {
    return !this.ended || this.unit !== undefined || this.#functions > 0;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }

  /** Hooks of the step in flight that had completed before this process. */
  get completedHooks(): readonly string[] {
    return this.#resumedUnit ? (this.context.inFlight?.hooks ?? []) : [];
  }

  /** Takes over a hook that was called ahead of its state. */
  takeOver(): { hook: string; result: PromiseLike<unknown> } | undefined {
    const { handover } = this;
    this.handover = undefined;
    return handover;
  }

  /** Puts the loop, and the children of its step in flight, where they were before that step. */
  #restore(): void {
    const { loop, actor, context } = this;
    if (this.parent === undefined) {
      // A snapshot of an app; of a checkpoint, `start` has loaded all.
      if (!this.session.loaded) loadTree(loop, dictOf(actor));
    } else {
      this.parent.#putBack(actor.id);
    }
    loop[restartingSlot] = context.restarting;
    for (const name of new Set([...context.running, ...childrenRun(context.inFlight)])) {
      const child = childNamed(loop, name);
      if (!isLoop(child)) continue;
      if (context.running.includes(name)) this.#held.set(name, holdState(child));
      if (context.children[name] !== undefined) putState(child, context.children[name]);
    }
  }

  #putBack(name: string): void {
    this.#held.get(name)?.();
    this.#held.delete(name);
  }

  /** A hook or step begins. */
  begin(hook: string, open: boolean): Unit {
    const unit: Unit = {
      hook,
      keys: new Set(),
      keysOf: 0,
      onces: new Set(),
      recall: undefined,
      mismatch: undefined,
      open,
    };
    this.unit = unit;
    const { inFlight } = this.#resumedUnit ? this.context : { inFlight: null };
    if (inFlight !== null && inFlight.events > 0) {
      unit.recall = new Recall(
        inFlight,
        stepOr(unit),
        () => this.path,
        (error) => this.#mismatched(unit, error),
      );
    }
    return unit;
  }

  /** Sends an event to the loop's machine, as the hook that runs. */
  tell(event: LoopReportEvent): void {
    if (this.untold !== undefined) {
      this.untold.push(event);
      return;
    }
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

  /**
   * A step of a loop without children begins that may be saved in its middle: it is run again from the models as they are
   * now. Not where other loops run beside it: they may be changing those just now.
   */
  noteAssets(): void {
    const notes = new Map<object, unknown>();
    const isAlone = leaves(this.session.root).length <= 1;
    for (let up: Running | undefined = isAlone ? this : undefined; up !== undefined; up = up.parent) {
      for (const [, field] of statefulOf(up.loop)) notes.set(field, field.stateDict());
    }
    this.session.assetsBefore.set(this, notes);
  }

  /** Whether the run can be saved in the middle of what is in flight here: what that may have changed is known as it was before. */
  get #mayBeSaved(): boolean {
    if (this.unit?.open !== false) return true;
    const notes = this.session.assetsBefore.get(this);
    for (let up: Running | undefined = this; up !== undefined; up = up.parent) {
      if (statefulOf(up.loop).some(([, field]) => notes?.has(field) !== true)) return false;
    }
    return true;
  }

  commit(): Commit {
    const commit = capture(this.loop) as unknown as Commit;
    commit.restarting = this.loop.restarting;
    return commit;
  }

  once<T>(key: string, fn: () => T | Promise<T>): Promise<T> {
    if (this.#ended) return rejected(this.#ended.reason);
    const unit = this.#unit('once');
    this.#checkKey(unit, key);
    const what = this.#asking({ once: key });
    const step = this.context.steps + this.uncommitted;
    const pending = new Pending();
    unit.onces.add(pending);
    const answer = unit.recall?.ask(what, (got) => this.#giveAgain(unit, pending, got)) ?? 'new';
    const perform = () => this.#perform(unit, { what, step, pending, known: answer !== 'new' }, fn);
    // One that was under way is called at once: what its function had asked for comes next.
    if (answer === 'under way' || unit.recall === undefined) perform();
    else if (answer === 'new') unit.recall.whenOver(perform);
    return pending.promise as Promise<T>;
  }

  #checkKey(unit: Unit, key: unknown): void {
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
  }

  /** Says of what is asked for in which `once` it is asked for. */
  #asking(what: Omit<Asked, 'at'>): Omit<Asked, 'at'> {
    const within = keyWithin(this);
    return within === undefined ? what : { ...what, in: within };
  }

  #perform(
    unit: Unit,
    call: { what: Omit<Asked, 'at'>; step: number; pending: Pending; known: boolean },
    fn: () => unknown,
  ): void {
    const { what, step, pending } = call;
    const within = what.in === undefined ? {} : { in: what.in };
    const ended = (how: How) =>
      this.#onceEnded(unit, pending, { type: 'loop.once', key: what.once!, step, ...within }, how);
    let returned: unknown;
    try {
      returned = callWithin(this, what.once!, fn);
    } catch (error) {
      ended({ error });
      return;
    }
    if (!isThenable(returned)) {
      ended({ output: returned });
      return;
    }
    if (!call.known && this.unit === unit) this.tell({ type: 'loop.asked', key: what.once!, step, ...within });
    this.#functions++;
    this.session.enter(pending);
    const over = (how: How) => {
      this.#functions--;
      ended(how);
      this.session.leave(pending);
    };
    returned.then(
      (output) => over({ output }),
      (error: unknown) => over({ error }),
    );
  }

  #onceEnded(unit: Unit, pending: Pending, event: LoopReportEvent & { type: 'loop.once' }, result: How): void {
    let how = result;
    // An abort has given the step its reason already.
    if (this.#ended) return;
    if (this.session.strict && 'output' in how) {
      try {
        this.checkOutput(how.output, `what once('${event.key}') returned`);
      } catch (error) {
        how = { error };
      }
    }
    const give = () =>
      this.#giving.give(() => {
        unit.onces.delete(pending);
        settle(pending, how);
      });
    const remember = () => {
      if (this.#ended) return;
      // The hook or step may have ended without it.
      if (this.unit !== unit) {
        give();
        return;
      }
      this.tell('output' in how && how.output === undefined ? event : { ...event, ...how });
      const { saveNow } = this.session;
      if (saveNow === undefined || !this.#mayBeSaved) give();
      else this.#saving = (this.#saving ?? Promise.resolve()).then(() => saveNow(this.actor)).then(give);
    };
    if (unit.recall === undefined) remember();
    else unit.recall.whenGiven(remember);
  }

  /** @throws LoopError `NOT_PLAIN_DATA` */
  checkOutput(value: unknown, what: string): void {
    if (value === undefined || isPlain(value)) return;
    throw new LoopError(
      'NOT_PLAIN_DATA',
      `Expected ${what} to be plain data, because the run is saved or recorded; got ${typeof value === 'object' ? `a ${kindOf(value)}` : typeof value}. ` +
        'Return what identifies it, and keep the rest in a field.',
      this.path,
    );
  }

  /** Runs a child loop as an actor under this loop's; or gives what it returned, if this step got that before a resume. */
  run(name: string, child: AnyLoop, args: unknown[]): Promise<unknown> {
    if (this.#ended) return rejected(this.#ended.reason);
    const unit = this.#unit('run');
    if (child[host]?.busy || this.#children.has(name)) throw alreadyRunning(child);
    if (!unit.open) {
      throw new LoopError(
        'LATE_CHILD',
        `${pathOf(child)} was made in the step that runs it, and could not be resumed in its middle. ` +
          'Make it in the constructor, or in reset or onRunStart and, from the state, in onLoadCheckpoint.',
        this.path,
      );
    }
    const what = this.#asking({ run: name, args: plainArgs(args) });
    const run = new PendingRun(args);
    const { recall } = unit;
    const giveAgain = (got: Got) => {
      this.#children.delete(name);
      this.#giveAgain(unit, run, got);
    };
    let answer: Answer | undefined;
    try {
      answer = recall?.ask(what, giveAgain);
    } catch (error) {
      this.#mismatched(unit, error as LoopError);
      throw error;
    }
    this.#children.set(name, run);
    if (recall === undefined) this.#begin(name, child, run, what);
    else if (answer === 'under way') recall.whenGiven(() => this.#begin(name, child, run, what));
    else if (answer === 'new') recall.whenOver(() => this.#begin(name, child, run, what));
    return run.promise;
  }

  #begin(name: string, child: AnyLoop, run: PendingRun, what: Omit<Asked, 'at'>): void {
    const turn = this.session.turnIfDue();
    if (turn === undefined) this.#beginNow(name, child, run, what);
    else void turn.then(() => this.#beginNow(name, child, run, what));
  }

  #beginNow(name: string, child: AnyLoop, run: PendingRun, what: Omit<Asked, 'at'>): void {
    // Left meanwhile, with its step.
    if (this.#children.get(name) !== run) return;
    run.begun = true;
    try {
      this.#spawn(name, child, what);
    } catch (error) {
      // Wired wrongly since the run began.
      this.#children.delete(name);
      this.#lose(run, error);
    }
  }

  #spawn(name: string, child: AnyLoop, what: Omit<Asked, 'at'>): void {
    if (this.context.running.includes(name)) {
      waitingForParent.get(this.actor.getSnapshot().children[name])?.();
      return;
    }
    // It may have come, or changed, after this loop's machine was made.
    const { logic } = this.actor as unknown as { logic: { implementations: { actors: Record<string, unknown> } } };
    // Of a tree that was checked when the run began: not `child.machine` alone, which checks it again.
    implement(this.loop, logic.implementations.actors, name, compiled.get(child) ?? child.machine);
    const within = what.in === undefined ? {} : { in: what.in };
    this.tell({ type: 'loop.run', child: name, args: what.args!, ...within });
  }

  /** The run of a child that its actor belongs to, once this loop's step has asked for it. */
  childRun(name: string): PendingRun | undefined {
    const run = this.#children.get(name);
    return run?.begun ? run : undefined;
  }

  /** The hook has returned: its children must have ended, and what was remembered must have been asked for. */
  settle(): Promise<void> | undefined {
    this.#checkUnit();
    if (this.#children.size > 0) return this.#settleChildren();
    this.#checkLost();
    return undefined;
  }

  async #settleChildren(): Promise<void> {
    while (this.#children.size > 0) {
      // A failure that the hook has awaited was the hook's to handle.
      await Promise.allSettled([...this.#children.values()].map((run) => Promise.prototype.then.call(run.promise)));
      this.#checkUnit();
    }
    this.#checkLost();
  }

  #checkUnit(): void {
    if (this.unit?.mismatch !== undefined) throw this.unit.mismatch;
    this.unit?.recall?.checkAsked();
  }

  /** The hook or step has been committed; the next is not one that a checkpoint was taken in. */
  committed(): void {
    this.#resumedUnit = false;
    if (this.unit !== undefined) this.unit.recall = undefined;
  }

  #lose(run: PendingRun, reason: unknown): void {
    run.reject(reason);
    if (!run.promise.awaited) this.#lost.push({ run, reason });
  }

  /** A child that failed and that the hook has never awaited: its failure is the hook's all the same. */
  #checkLost(): void {
    const unheard = this.#lost.splice(0).find(({ run }) => !run.promise.awaited);
    if (unheard !== undefined) throw unheard.reason;
  }

  #mismatched(unit: Unit, error: LoopError): void {
    unit.mismatch = error;
    unit.recall?.stop();
    for (const [name, run] of this.#children) {
      if (run.begun) continue;
      this.#children.delete(name);
      run.reject(error);
    }
    for (const pending of unit.onces) pending.reject(error);
  }

  /** Nothing more runs here or below: signals abort, what is awaited rejects. */
  abort(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    live.delete(this);
    this.#controller?.abort(reason);
    this.abandonChildren(reason);
    if (this.unit === undefined) this.gone();
  }

  /** The code of a hook that was in flight at an abort has returned. Until then it finds this run, and that it has ended. */
  gone(): void {
    this.unit = undefined;
    this.session.leave(this);
    // One that did not end as it should is still found here: see `callerOf`.
    if (this.loop[host] === this && this.#ended === over) this.loop[host] = undefined;
  }

  /** Ends what runs below, because the step that ran it is left, or the run ends. */
  abandonChildren(reason: unknown): void {
    const { unit } = this;
    unit?.recall?.stop();
    this.#giving.stop();
    for (const below of [...live]) if (below.parent === this) below.abort(reason);
    for (const [, run] of this.#children) this.#lose(run, reason);
    this.#children.clear();
    for (const pending of unit?.onces ?? []) {
      pending.quiet();
      pending.reject(reason);
    }
    unit?.onces.clear();
  }

  #unit(member: string): Unit {
    if (this.unit === undefined) {
      throw new LoopError('NOT_RUNNING', `\`${member}\` belongs to a hook, and none is running.`, this.path);
    }
    return this.unit;
  }

  /** The step gets what it had got before. */
  #giveAgain(unit: Unit, pending: Pending, got: Got): void {
    unit.onces.delete(pending);
    if (got.run !== undefined) this.#leave(got);
    // What a `once` ran is not run again; it is left as that left it.
    for (const inner of givenIn(this.context.inFlight))
      if (got.once !== undefined && inner.in === got.once) this.#leave(inner);
    settle(pending, this.#revived(got, got.run === undefined ? `once('${got.once}')` : `a run of ${got.run}`));
  }

  /** Leaves a child in the state that a remembered run left it in. */
  #leave({ run, dict }: Got): void {
    const child = run === undefined ? undefined : childNamed(this.loop, run);
    if (dict !== undefined && isLoop(child)) putState(child, dict);
  }

  #revived(known: Result, what: string): How {
    if ('opaque' in known) {
      const error = new LoopError(
        'RESUME_MISMATCH',
        `${what} gave a ${known.opaque}, which is not plain data and could not be remembered.`,
        this.path,
      );
      return { error };
    }
    if ('error' in known) return { error: this.#thrownAgain(known.error, what) };
    if ('end' in known) {
      let up: Running | undefined = this;
      while (up !== undefined && belowRoot(up.path) !== belowRoot(known.end.path)) up = up.parent;
      const { path, reason, thrown } = known.end;
      const why = thrown === undefined ? (reason ?? undefined) : revivedError(thrown);
      return { error: new EndLoop(up?.loop ?? this.loop, up?.path ?? path, why) };
    }
    return { output: structuredClone(known.output) };
  }

  #thrownAgain(described: PlainError, what: string): unknown {
    const thrown = revivedError(described);
    if (!(thrown instanceof Opaque)) return thrown;
    return new LoopError(
      'RESUME_MISMATCH',
      `${what} threw a ${kindOf(thrown)}, which is neither an error nor plain data and could not be remembered. Throw an Error.`,
      this.path,
    );
  }

  #onSnapshot(): void {
    const snapshot = this.actor.getSnapshot();
    if (this.#children.size > 0) {
      const { running, inFlight } = snapshot.context as LoopContext;
      for (const [name, run] of this.#children) {
        if (run.attached || !run.begun || running.includes(name)) continue;
        const how = givenIn(inFlight).findLast((got) => got.run === name);
        if (how === undefined) continue;
        // A stranger, put in the loop's place by `provide()`: the machine's own record tells how it ended.
        run.attached = true;
        this.#childEnded(name, run, this.#revived(how, name));
      }
    }
    if (snapshot.value === 'paused') this.session.poke();
  }

  #childEnded(name: string, run: PendingRun, how: How): void {
    this.#giving.give(() => {
      if (this.#children.get(name) === run) this.#children.delete(name);
      if ('error' in how) this.#lose(run, how.error);
      else run.resolve(how.output);
    });
  }

  #onEnd(reason: () => unknown): void {
    const snapshot = this.actor.getSnapshot();
    const run = this.parent?.childRun(this.actor.id);
    if (snapshot.status === 'done') {
      live.delete(this);
      this.#ended = over;
      this.gone();
      const output = isEnvelope(snapshot.output) ? snapshot.output.output : snapshot.output;
      if (run !== undefined) this.parent!.#childEnded(this.actor.id, run, { output });
    } else {
      this.abort(reason());
      if (run !== undefined) this.parent!.#childEnded(this.actor.id, run, { error: this.#ended?.reason });
    }
    // The parent has yet to hear of it.
    soon(() => this.session.poke());
  }
}

/** What the code of a run that has ended gets for anything it asks for: nobody need hear of it. */
function rejected(reason: unknown): Promise<never> {
  const promise = Promise.reject(reason);
  promise.catch(() => {});
  return promise;
}

function settle(pending: Pending, how: How): void {
  if ('error' in how) pending.reject(how.error);
  else pending.resolve(how.output);
}

function stepOr(unit: Unit): string {
  return unit.hook === 'advance' ? 'step' : unit.hook;
}

export function alreadyRunning(loop: AnyLoop): LoopError {
  return new LoopError(
    'ALREADY_RUNNING',
    loop[host]?.ended === true
      ? 'has ended, and code of its hooks is still in flight: it would share its state with another run. Await `settled` of that run, or make a second instance.'
      : 'is running already. One instance runs once at a time: await the run, or make a second instance.',
    pathOf(loop),
  );
}

/** Of a run that ended as it should; made once, for an error that carries a stack costs as much as a run. */
const over = { reason: new LoopError('RUN_ENDED', 'The run of this loop has ended.') };

/** All that have not ended. */
export const live: Set<Running> = new Set();
/** The actors that came out of a snapshot and wait for their parent's step to ask for them. */
export const waitingForParent: WeakMap<AnyActorRef, () => void> = new WeakMap();
