import type { AnyActorRef } from 'xstate';
import type { Commit, LoopContext, LoopReportEvent, LoopStateValue } from '../chart/context.ts';
import { type Asked, type Result, resultOf } from '../chart/journal.ts';
import { Held, type Left } from '../light/held.ts';
import type { LightRun } from '../light/light-run.ts';
import { enterHook, leaveHook } from '../step/in-hook.ts';
import type { AskedOnce } from '../step/runner.ts';
import type { Unit } from '../step/unit.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import type { Keys } from '../tree/part-of-state.ts';
import { captureBoundary } from '../tree/state-dict.ts';
import type { Seat } from './seat.ts';
import type { Session } from './session.ts';

/**
 * What a running loop tells its machine, and what it keeps back: while nobody looks, the machine is told nothing, and
 * whoever looks has it told all first.
 */
export abstract class Reporting {
  readonly loop: AnyLoop;
  readonly session: Session;
  /** The hook or the step in flight. */
  unit: Unit | undefined = undefined;
  /** It was begun without an actor. */
  light: LightRun | undefined = undefined;
  /** Whole steps that the context does not know of yet. */
  uncommitted = 0;
  /** Of those, how many others have been told of. */
  counted = 0;
  /** The actor of the hook that runs, as the source of what it sends. */
  hookActor: AnyActorRef | undefined = undefined;
  /** What the machine has not been told. */
  held: Held | undefined = undefined;

  protected seat: Seat | undefined = undefined;
  /** Values of the mailbox that a step has got after steps that the machine does not know of. */
  #received: string[] | undefined = undefined;

  constructor(loop: AnyLoop, session: Session) {
    this.loop = loop;
    this.session = session;
  }

  get hasActor(): boolean {
    return this.seat !== undefined;
  }

  /** The actor of its machine. Only where it has one. */
  get actor(): AnyActorRef {
    return this.seat!.actor;
  }

  /** What the machine says, whoever else is told something newer. */
  get snapshot(): { value: LoopStateValue; context: LoopContext; status: string; output: unknown; children: any } {
    return this.seat!.snapshot();
  }

  get context(): LoopContext {
    return this.snapshot.context;
  }

  /** Whole steps that are over. */
  get steps(): number {
    return (this.seat === undefined ? 0 : this.context.steps) + this.uncommitted;
  }

  /** Sends an event to the loop's machine, as the hook that runs; before it, what the machine has not been told. */
  tell(event: LoopReportEvent): void {
    this.flush();
    this.#tell(event);
  }

  #tell(event: LoopReportEvent): void {
    // Observers and the app's own machines hear of it within this call: they are no part of the hook.
    const before = enterHook(undefined);
    try {
      this.seat!.take(event, this.hookActor);
    } finally {
      leaveHook(before);
    }
  }

  /** Tells the machine what it has not been told, if it has an actor. */
  flush(): void {
    const { held } = this;
    if (held === undefined || held.isEmpty || this.seat === undefined) return;
    // Somebody has stopped the actor, and looks.
    if (this.snapshot.status !== 'active') return;
    const { commit, steps } = held;
    const inFlight = held.journal(this.context.inFlight);
    held.clear();
    this.uncommitted -= steps;
    this.counted = Math.max(0, this.counted - steps);
    this.#tell({ type: 'loop.shown', steps, ...(commit === undefined ? {} : { commit }), inFlight });
  }

  /** It has come to a boundary of which the machine is not told now. */
  hold(): void {
    this.#hold().boundary(this.loop, this.uncommitted);
    this.#held();
  }

  /** The same; but where the state is no plain data, it is taken to be what it was at the last boundary. */
  holdIfPlain(): void {
    try {
      this.hold();
    } catch {
      if (this.held?.hasBoundary !== true) return;
      this.held.boundaryAgain(this.uncommitted);
      this.#held();
    }
  }

  #held(): void {
    // What models were before the step that is over is of no use any more.
    const { assetsBefore } = this.session;
    if (assetsBefore.size > 0) assetsBefore.delete(this);
    this.stepOver();
  }

  /** A hook of a step is over. */
  holdWithin(hook: string): void {
    // The next hook begins with nothing.
    this.unit!.recall = undefined;
    if (!this.session.keeps) return;
    const told = this.seat === undefined ? null : this.context.inFlight;
    this.#hold().hooked(this.loop, hook, this.unit!.ran, told);
  }

  /** As it stands at a throw, so that the context says where it failed; the last boundary, if the state itself is what failed. */
  commitIfPlain(): Commit | undefined {
    try {
      return this.commit();
    } catch {
      return this.held?.commit;
    }
  }

  /** Tells the machine, which has just been spawned, where the run stands. */
  forward(): void {
    const { value, done, ended } = this.light!.place;
    const held = this.held!;
    const { commit, steps } = held;
    const inFlight = held.journal(null);
    held.clear();
    this.uncommitted -= steps;
    this.counted = Math.max(0, this.light!.counted - steps);
    const event = { type: 'loop.forwarded', to: value, steps, commit: commit!, done, inFlight } as const;
    this.#tell(ended === undefined ? event : { ...event, ended });
  }

  /** A child has begun without an actor. */
  noteAsked(what: Omit<Asked, 'at'>): void {
    if (this.session.keeps) this.#hold().asked(what);
  }

  /** How the run of a child has left it, which has ended without an actor. @throws LoopError `NOT_PLAIN_DATA` */
  leftBy(child: AnyLoop): Left {
    return this.#hold().leftBy(child);
  }

  /** What came of it. */
  noteGiven(what: Omit<Asked, 'at'>, given: Result, left?: Left): void {
    this.#hold().given(what, given, left);
  }

  #hold(): Held {
    this.held ??= new Held();
    return this.held;
  }

  commit(): Commit {
    return captureBoundary(this.loop);
  }

  /** `once` has called a function that takes time. @param step the steps before it */
  onceAsked(what: AskedOnce, step: number): void {
    const { once: key, ...within } = what;
    if (this.seat !== undefined) this.tell({ type: 'loop.asked', key, step, ...within });
    else if (step === this.#heldSteps) this.noteAsked(what);
  }

  /** What it has come to. */
  onceGiven(
    what: Omit<Asked, 'at'> & { once: string },
    step: number,
    how: { output?: unknown; part?: Keys } | { error: unknown },
  ): void {
    const { once: key, ...within } = what;
    if (this.seat !== undefined) this.tell({ type: 'loop.once', key, step, ...within, ...how });
    else if (this.session.keeps && step === this.#heldSteps) this.noteGiven(what, resultOf(how));
  }

  /**
   * A step has got a value of the mailbox. Where the journal has it, the root need not keep it any more; else it does until
   * the step is over.
   * @param step the steps before it
   */
  received(key: string, step: number): void {
    const isInJournal = step === (this.seat === undefined ? this.#heldSteps : this.context.steps);
    if (isInJournal) this.session.mailbox!.settle(key);
    else this.#received = [...(this.#received ?? []), key];
  }

  /** A step is over, or the run is: what it has got is in the state now. */
  protected stepOver(): void {
    this.unit?.endWaits();
    const received = this.#received;
    if (received === undefined) return;
    this.#received = undefined;
    for (const key of received) this.session.mailbox!.settle(key);
  }

  /** What a step has got does not belong to an older boundary. */
  get #heldSteps(): number {
    return this.held?.steps ?? 0;
  }
}
