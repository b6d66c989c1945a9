import type { AnyActorRef } from 'xstate';
import type { LoopContext } from '../chart/context.ts';
import { isLoopActor } from '../chart/loop-actor.ts';
import { leaves } from '../chart/tree-state.ts';
import { later, now, soon } from '../time/clock.ts';
import { turn } from '../time/turn.ts';
import { Patience } from './patience.ts';
import { UntilSaved } from './until-saved.ts';

/** The steps of one loop, as far as the barrier has to do with them. */
interface Steps {
  /** Set where the loop is to come to a boundary after the step in flight. */
  attention: boolean;
  /** The actor of the loop. */
  readonly actor: AnyActorRef | undefined;
  /** Whole steps that the context does not know of yet. */
  readonly uncommitted: number;
}

/** Loops stand, and wait for those that do not come: since when, and what ends their waiting. */
interface Try {
  readonly since: number;
  cancel: () => void;
}

/** One loop that stands. It is told whether the checkpoint was taken; if not, it takes a step and comes again. */
type Release = (taken: boolean) => void;

/**
 * Where the loops of a run stand while a checkpoint is taken.
 *
 * A checkpoint wants every innermost running loop at a boundary at the same time, so that nothing half-done is captured.
 * Loops that arrive early stand and wait for the others; then all is captured in one go.
 *
 * A loop that is still in a step may wait for something that one that stands has yet to do. So nobody stands for ever:
 *
 *     all stand                          -> it is taken
 *     some stand, their patience is out  -> those take a step and stand again, for longer
 *     that was tried often enough        -> it is taken as the contexts are, and the step in flight is one that a resume
 *                                           runs again; unless it may have an asset (a model) half changed
 *
 * Some wait in the middle of a step until what it has got is saved. They have no step to take: they stand all the while.
 * Where it cannot be taken, they go on without (`UntilSaved`).
 *
 * Longer than other classes: who stands, for how long, and who is let go is decided from one and the same look at the loops.
 */
export class Barrier {
  readonly root: AnyActorRef;
  /** Called after everything that may have changed where the run stands. */
  changed: (() => void) | undefined;
  /** Whether the steps that these loops are in cannot have half changed a `Stateful` object, which a checkpoint would hold. */
  harmless: ((inStep: AnyActorRef[]) => boolean) | undefined;
  /** Told once of a checkpoint that has been wanted for very long, and for which loops it waits. */
  late: ((inStep: AnyActorRef[]) => void) | undefined;
  /** Told of a loop whose step goes on with what is not saved, and for which loops it has waited in vain. */
  unsaved: ((actor: AnyActorRef, inStep: AnyActorRef[]) => void) | undefined;
  /** What the last step took that a loop stood or paused after, in milliseconds; without the time that others stood. */
  readonly lastStep: WeakMap<AnyActorRef, number> = new WeakMap();
  /** How long loops have stood, in milliseconds. */
  stood = 0;

  readonly #loops = new Set<Steps>();
  readonly #standing = new Map<AnyActorRef, Release>();
  readonly #patience = new Patience();
  readonly #untilSaved = new UntilSaved({
    mayBeTaken: () => this.#capturing || this.#isHarmless(this.#inStep().inStep),
    lastSteps: () => this.#longest(this.#inStep().inStep),
    gaveUp: (actor, waited) => this.#goesOnUnsaved(actor, waited),
  });
  #capture: (() => Promise<void> | undefined) | undefined;
  #capturing = false;
  /** The run had been told to pause when the checkpoint was wanted. */
  #hasPaused = false;
  #poked = false;
  /** The try that is under way. */
  #try: Try | undefined;
  /** See {@link #laggard}. */
  #lag: AnyActorRef | undefined;

  constructor(root: AnyActorRef) {
    this.root = root;
  }

  /**
   * Whether loops that come to a boundary have to stand there: for a checkpoint, and while it is saved if the run waits
   * for that. For a suspend they pause instead, unless somebody has them go on.
   */
  get wanted(): boolean {
    if (this.#capturing || this.#capture === undefined) return this.#capturing;
    return !this.#patience.suspends || (this.#hasPaused && !this.#isPausing);
  }

  get #isPausing(): boolean {
    return (this.root.getSnapshot() as { context: LoopContext }).context.pace === 0;
  }

  joinSteps(steps: Steps): void {
    if (this.wanted) steps.attention = true;
    this.#loops.add(steps);
  }

  leaveSteps(steps: Steps): void {
    this.#loops.delete(steps);
  }

  /** Has `capture` called once a checkpoint can be taken. While the promise it may return is pending, loops stand where they are. */
  want(capture: () => Promise<void> | undefined): void {
    if (this.#capture === undefined) this.#patience.begin(now());
    this.#capture = capture;
    this.#hasPaused = this.#isPausing;
    for (const steps of this.#loops) steps.attention = true;
    this.poke();
  }

  /** Whether what is wanted is for a suspend: the loops have been told to pause. */
  set suspends(suspends: boolean) {
    this.#patience.suspends = suspends;
    if (this.wanted) for (const steps of this.#loops) steps.attention = true;
  }

  /** The run has ended: nothing is wanted any more. */
  close(): void {
    this.#capture = undefined;
    this.#endTry();
    this.#untilSaved.close();
  }

  /**
   * Waits until the checkpoint that is wanted is saved: in the middle of a step, or outside of all steps.
   * @param actor whose step it is, if any
   * @returns whether it is saved; not so where it cannot be taken for long
   */
  standUntilSaved(actor?: AnyActorRef): Promise<boolean> {
    // Beside what is no loop, nothing can be saved.
    if (actor !== undefined && !this.#capturing && !isLoopActor(this.#laggard() ?? actor)) {
      this.#complain();
      return Promise.resolve(false);
    }
    const saved = this.#untilSaved.wait(actor);
    this.poke();
    return saved;
  }

  /** Stands at a boundary. Resolves with whether the checkpoint was taken; else the loop takes a step and comes again. */
  stand(actor: AnyActorRef): Promise<boolean> {
    // What is no loop cannot be told to stand, so nobody stands for it.
    if (!this.#capturing && !isLoopActor(this.#laggard() ?? actor)) {
      this.#complain();
      return Promise.resolve(false);
    }
    const standing = new Promise<boolean>((resolve) => this.#standing.set(actor, resolve));
    this.poke();
    return standing;
  }

  /**
   * Whether a loop waits at a boundary, for a checkpoint or because it is paused; or in the middle of a step that may be
   * run again from where it was, for somebody to give it something.
   */
  stands(leaf: AnyActorRef): boolean {
    if (this.#standing.has(leaf) || this.#untilSaved.has(leaf)) return true;
    if (!isLoopActor(leaf)) return false;
    return leaf.getSnapshot().value === 'paused' || (this.onlyWaits(leaf) && this.#isHarmless([leaf]));
  }

  /** The innermost running loops, and those of them that do not stand. */
  #inStep(): { running: AnyActorRef[]; inStep: AnyActorRef[] } {
    return this.whileLooking(() => {
      const running = leaves(this.root);
      return { running, inStep: running.filter((leaf) => !this.stands(leaf)) };
    });
  }

  /** Looks at many actors: what there is to be seen is shown once, and not for each. */
  protected whileLooking<T>(look: () => T): T {
    return look();
  }

  /** Whether the step of a loop waits for a value or a time, and for nothing else. */
  protected onlyWaits(_leaf: AnyActorRef): boolean {
    return false;
  }

  /** Looks again whether all stand, and whether all are paused. */
  poke(): void {
    if (this.#ready()) {
      if (!this.#poked) {
        this.#poked = true;
        // Not within the call that began the last loop: the step that made it may go on to begin another beside it.
        soon(() => {
          this.#poked = false;
          if (this.#ready()) this.#takeAligned();
        });
      }
    } else if (this.#waiting && this.#try === undefined) {
      if (this.#patience.isLeaving || this.#someStand()) this.#beginTry();
    }
    this.changed?.();
  }

  get #waiting(): boolean {
    return this.#capture !== undefined && !this.#capturing;
  }

  #ready(): boolean {
    return this.#waiting && this.#laggard() === undefined;
  }

  /**
   * Who is in a step while a checkpoint is wanted: what is no loop, or else the last of the loops. It is kept, so that where
   * thousands come to stand one after another, not all are looked at for each.
   */
  #laggard(): AnyActorRef | undefined {
    return this.whileLooking(() => {
      const known = this.#lag;
      if (known !== undefined && isInnermost(known) && !this.stands(known)) return known;
      const inStep = leaves(this.root).filter((leaf) => !this.stands(leaf));
      this.#lag = inStep.find((leaf) => !isLoopActor(leaf)) ?? inStep.at(-1);
      return this.#lag;
    });
  }

  #someStand(): boolean {
    return this.#untilSaved.size > 0 || this.whileLooking(() => leaves(this.root).some((leaf) => this.stands(leaf)));
  }

  #beginTry(): void {
    this.#try = { since: now(), cancel: () => {} };
    this.#tryFor(this.#patience.next(now()), this.#try);
  }

  #tryFor(ms: number, one: Try): void {
    one.cancel = later(ms, () => {
      // What was ready before this was gets its turn: it may be what all wait for.
      void turn().then(() => {
        if (this.#try === one && this.#waiting) this.#outOfPatience(one);
      });
    });
  }

  /** @returns how long it was, in milliseconds */
  #endTry(): number {
    const ended = this.#try;
    if (ended === undefined) return 0;
    this.#try = undefined;
    ended.cancel();
    const stood = now() - ended.since;
    this.stood += stood;
    return stood;
  }

  #outOfPatience(one: Try): void {
    const { running, inStep } = this.#inStep();
    if (inStep.length === 0) return;
    const harmless = this.#isHarmless(inStep);
    const noneStands = inStep.length === running.length && this.#untilSaved.size === 0;
    // Those that wait until something is saved take no step that would bring the others here, and have a patience of their own.
    const noneSteps = running.every((leaf) => inStep.includes(leaf) || this.#untilSaved.has(leaf));
    if (harmless ? noneStands && !this.#patience.isLeaving : noneSteps) {
      // Whoever stood has ended since: nobody waits for the step but the checkpoint.
      this.#endTry();
      return;
    }
    this.#complain();
    const more = noneStands
      ? this.#patience.untilEnd(now())
      : this.#patience.more(
          now(),
          now() - one.since,
          this.#longest(running.filter((leaf) => this.stands(leaf))),
          harmless,
        );
    if (more > 0) {
      this.#tryFor(more, one);
      return;
    }
    const stood = this.#endTry();
    if (harmless && this.#patience.isEnough(now())) {
      this.#patience.gaveUp();
      this.#take();
      return;
    }
    this.#patience.failed(stood, harmless);
    this.#letGo();
    // Loops that a person paused are not let go: for them there is another try only if it may end in a checkpoint.
    if (harmless) this.poke();
  }

  /** Whether a checkpoint may be taken while these are in a step: then it has all whole steps, and nothing half changed. */
  #isHarmless(inStep: AnyActorRef[]): boolean {
    if (!inStep.every(isLoopActor) || this.harmless?.(inStep) !== true) return false;
    return ![...this.#loops].some(({ actor, uncommitted }) => uncommitted > 0 && inStep.includes(actor!));
  }

  /** How long the longest of the last steps of these took. */
  #longest(of: AnyActorRef[]): number {
    return Math.max(0, ...of.map((leaf) => this.lastStep.get(leaf) ?? 0));
  }

  /** @param waited in milliseconds */
  #goesOnUnsaved(actor: AnyActorRef | undefined, waited: number): void {
    if (actor === undefined) return;
    this.stood += waited;
    const waitedFor = this.#inStep().inStep.filter((one) => one !== actor);
    this.unsaved?.(actor, waitedFor);
  }

  /** Those that stand take a step each. */
  #letGo(): void {
    this.#release(false);
    // Paused ones as well where all are paused for a suspend.
    if (this.#patience.suspends) this.root.send({ type: 'loop.step', n: 1 });
  }

  #takeAligned(): void {
    if (this.#try !== undefined) this.#patience.succeeded(this.#endTry());
    this.#take();
  }

  #take(): void {
    const capture = this.#capture!;
    this.#capture = undefined;
    this.#capturing = true;
    // Whoever begins to wait while it is saved is not in it.
    const tellSaved = this.#untilSaved.captured();
    const saved = capture();
    if (saved === undefined) this.#taken(tellSaved);
    else void saved.finally(() => this.#taken(tellSaved));
  }

  #taken(tellSaved: () => void): void {
    this.#capturing = false;
    tellSaved();
    this.#release(true);
    // Another was asked for while this one was saved. Those that stood for it have just been let go: they are to stand again.
    if (this.#capture === undefined) return;
    for (const steps of this.#loops) steps.attention = true;
    this.poke();
  }

  #release(taken: boolean): void {
    const released = [...this.#standing.values()];
    this.#standing.clear();
    for (const release of released) release(taken);
  }

  #complain(): void {
    if (this.#waiting && this.#patience.isTooLong(now())) this.late?.(this.#inStep().inStep);
  }
}

/** Whether an actor runs, and no loop below it. */
function isInnermost(actor: AnyActorRef): boolean {
  const { status, context } = actor.getSnapshot();
  return status === 'active' && (!isLoopActor(actor) || context.running.length === 0);
}
