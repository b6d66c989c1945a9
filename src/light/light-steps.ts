import { refuseIterator } from '../data/returned.ts';
import { type Begun, Burst, type StepHook } from '../step/burst.ts';
import { isAwaited } from '../step/is-awaited.ts';
import { Stride } from '../step/stride.ts';
import { now } from '../time/clock.ts';
import { mustGiveTurn, slice, turn, waitsSoFar } from '../time/turn.ts';
import { overrides } from '../tree/any-loop.ts';
import { hasChildren } from '../tree/tree.ts';
import { isUnseen, type LightRunner } from './light-runner.ts';
import type { Place } from './place.ts';
import { PlainCheck } from './plain-check.ts';

/** So many steps are taken before the first look at the clock. */
const stepsBeforeLook = 8;
/** So many steps may be taken between two looks at what others want. */
const burstLimit = 8192;
/** Keeping the state may take this share of the time; where it is large, it is kept less often. */
const keepingShare = 1 / 20;

/** The steps of a run without an actor. */
export class LightSteps {
  /** Steps that others have been told of. */
  counted = 0;

  readonly #running: LightRunner;
  readonly #place: Place;
  readonly #burst: Burst;
  /** When the event loop is to have its turn. */
  #deadline = 0;
  /** See `mustGiveTurn`. */
  #waits = 0;
  /** Of steps that are awaited. */
  readonly #stride = new Stride();
  /** Of a root that nobody can look at. */
  readonly #check: PlainCheck | undefined;
  #lastKept = 0;
  #keepEvery = slice;
  /** How long the last one took. */
  #keptIn = 0;

  constructor(running: LightRunner, place: Place) {
    this.#running = running;
    this.#place = place;
    this.#burst = new Burst(running);
    this.#check = isUnseen(running) ? new PlainCheck(running) : undefined;
  }

  /** The same for another run of the loop, after one that has ended. */
  renew(): void {
    this.counted = 0;
    this.#deadline = 0;
    this.#keepEvery = slice;
    this.#keptIn = 0;
    this.#burst.renew();
  }

  /** No further step is taken. */
  halt(): void {
    this.#burst.stopped = true;
    this.#burst.attention = true;
  }

  /** Takes steps until there are no more, or the run is left. @returns what there is to wait for */
  take(): Promise<void> | undefined {
    if (hasChildren(this.#running.loop)) return this.#withChildren();
    this.#running.begin('advance', false);
    const slow = this.#sprint();
    if (slow !== undefined || !this.#burst.done) return this.#more(slow);
    if (!this.#place.isOver()) this.#over();
    return undefined;
  }

  /** There are no more. */
  #over(): void {
    this.#place.done = true;
    this.#place.boundary('ending');
    this.#count(this.#running.uncommitted - this.counted);
  }

  /** A step has broken off. Of a loop without children, those before it may not have been counted. */
  brokenOff(): void {
    if (!hasChildren(this.#running.loop)) this.#count(this.#running.uncommitted - this.counted);
  }

  /** Others may want something after so many steps. */
  #count(steps: number): void {
    this.counted += steps;
    if (steps > 0) this.#running.session.due?.(steps);
  }

  /** Steps of a loop without children, as long as no hook returns a promise. @returns the hook that did */
  #sprint(): Begun | undefined {
    const place = this.#place;
    place.enter();
    place.step = undefined;
    const { savesWithin } = this.#running;
    if (savesWithin) this.#running.noteAssets();
    const { session } = this.#running;
    const limit = savesWithin ? 1 : Math.max(1, Math.min(burstLimit, session.stepsUntilDue() - session.claimed));
    const slow = this.#deadline === 0 ? this.#firstSprint(limit) : this.#burst.sprint(limit, this.#deadline);
    place.step = slow?.hook;
    place.result = slow?.result;
    if (slow === undefined) place.doneRead = this.#burst.done;
    return slow;
  }

  /** At first the clock is not looked at, for most children are short. */
  #firstSprint(limit: number): Begun | undefined {
    const burst = this.#burst;
    const slow = burst.sprint(Math.min(stepsBeforeLook, limit), Infinity);
    if (slow !== undefined || burst.done || burst.attention) return slow;
    this.#lastKept = this.#beginSlice();
    return limit > stepsBeforeLook ? burst.sprint(limit - stepsBeforeLook, this.#deadline) : undefined;
  }

  /** @returns when */
  #beginSlice(): number {
    const begun = now();
    this.#running.session.slices++;
    this.#deadline = begun + slice;
    this.#waits = waitsSoFar();
    return begun;
  }

  /** Steps of a loop without children that are more than could be taken at once, or slow. */
  async #more(first: Begun | undefined): Promise<void> {
    const [running, place, burst] = [this.#running, this.#place, this.#burst];
    let slow = first;
    let walks = false;
    if (this.#deadline === 0) this.#lastKept = this.#beginSlice();
    for (;;) {
      // Somebody may have looked from within the hook.
      if (slow !== undefined && !running.hasActor) {
        walks = true;
        const begun = slow;
        await this.#awaiting(() => burst.finish(begun));
      }
      if (place.isOver()) return;
      if (burst.done) {
        this.#over();
        return;
      }
      this.#count(running.uncommitted - this.counted);
      if (place.isLeft()) return;
      const seen = now();
      if (running.savesWithin) this.#boundaryBetween();
      else if (running.session.keeps && (walks || seen >= this.#deadline)) this.#keep(seen, walks);
      if (seen >= this.#deadline) {
        this.#check?.nowAndThen();
        if (mustGiveTurn(this.#waits) && (await this.#isLeftAfter(turn()))) return;
        this.#beginSlice();
      }
      slow = undefined;
      if (walks) {
        place.enter();
        if (running.savesWithin) running.noteAssets();
        await this.#awaiting(this.#walk);
      } else {
        slow = this.#sprint();
      }
    }
  }

  /** Where nobody can look, nobody need be told of the state before each step. */
  readonly #walk = async (): Promise<void> => {
    if (this.#running.session.keeps) return this.#burst.walk(1, Infinity);
    const began = now();
    await this.#burst.walk(this.#stride.size, this.#deadline);
    this.#stride.took(now() - began);
  };

  /** A step is awaited, to its end or to where it is left in a hook. */
  async #awaiting(step: () => Promise<void>): Promise<void> {
    const [place, burst] = [this.#place, this.#burst];
    const { session } = this.#running;
    session.claimed++;
    try {
      await step();
    } finally {
      session.claimed--;
    }
    place.step = burst.hook;
    place.result = undefined;
    if (burst.hook === undefined) place.doneRead = burst.done;
  }

  /** Others have their turn. Whether the run has been left meanwhile. */
  async #isLeftAfter(others: Promise<void>): Promise<boolean> {
    const place = this.#place;
    place.enter();
    place.step = undefined;
    place.result = undefined;
    place.doneRead = false;
    await others;
    return place.isOver();
  }

  #boundaryBetween(): void {
    this.#place.done = false;
    this.#place.boundary('advancing');
  }

  /**
   * A boundary in the middle of the steps. Before each step that may linger there is one: a checkpoint that is taken
   * beside it has all whole steps then.
   */
  #keep(seen: number, lingers: boolean): void {
    const isDue = seen - this.#lastKept >= this.#keepEvery;
    if (!isDue && !(lingers && this.#keepEvery <= 5 * slice)) return;
    this.#boundaryBetween();
    this.#lastKept = now();
    // Twice in a row: one that took long may have been held up by something else.
    const took = this.#lastKept - seen;
    this.#keepEvery = Math.max(slice, Math.min(took, this.#keptIn) / keepingShare);
    this.#keptIn = took;
  }

  /** Steps of a loop with children: the state before each of its hooks is kept, so that it can be run again from there. */
  #withChildren(): Promise<void> {
    const { loop } = this.#running;
    const onlyAdvances = !overrides(loop, 'onAdvanceStart') && !overrides(loop, 'onAdvanceEnd');
    return onlyAdvances ? this.#advances() : this.#withAllHooks();
  }

  /** The steps that most loops take: of one hook. An async function costs by what it keeps over an `await`: this one, little. */
  async #advances(): Promise<void> {
    const place = this.#place;
    for (;;) {
      this.#running.begin('advance', true);
      const result = this.#call('advance');
      place.result = result === undefined ? undefined : await result;
      const left = this.#called('advance');
      if (left !== undefined) await left;
      if (place.isOver()) return;
      const wait = this.#whole();
      if (wait === true || (wait !== undefined && (await wait))) return;
    }
  }

  async #withAllHooks(): Promise<void> {
    const [running, place] = [this.#running, this.#place];
    const hooks: StepHook[] = ['advance'];
    if (overrides(running.loop, 'onAdvanceStart')) hooks.unshift('onAdvanceStart');
    if (overrides(running.loop, 'onAdvanceEnd')) hooks.push('onAdvanceEnd');
    for (;;) {
      const unit = running.begin('advance', true);
      for (const hook of hooks) {
        unit.hook = hook;
        const result = this.#call(hook);
        place.result = result === undefined ? undefined : await result;
        const left = this.#called(hook);
        if (left !== undefined) await left;
        if (place.isOver()) return;
        unit.endWaits();
        if (hook !== hooks.at(-1)) running.holdWithin(hook);
      }
      const wait = this.#whole();
      if (wait === true || (wait !== undefined && (await wait))) return;
    }
  }

  /** Calls a hook. @returns a promise to wait for, if there is one */
  #call(hook: StepHook): PromiseLike<unknown> | undefined {
    const place = this.#place;
    place.enter();
    place.step = hook;
    const result = this.#burst.call(hook);
    return result !== undefined && isAwaited(this.#running, hook, result) ? result : undefined;
  }

  /** A hook has returned. @returns what there is to wait for */
  #called(hook: StepHook): Promise<void> | undefined {
    const [running, { result }] = [this.#running, this.#place];
    if (result !== undefined) refuseIterator(running.loop, hook, result);
    // Its actor, if it has got one, sees to the children that the hook has not awaited itself.
    return running.ended || running.hasActor ? undefined : running.settle();
  }

  /** A step is over. @returns whether there is no other; what there is to wait for, where that is yet to be seen */
  #whole(): Promise<boolean> | true | undefined {
    const [running, place, burst] = [this.#running, this.#place, this.#burst];
    const { unit, session } = running;
    unit!.endWaits();
    if (burst.first) burst.wholeIteration();
    running.uncommitted++;
    place.readDone();
    if (place.isOver()) return true;
    place.boundary(place.done ? 'ending' : 'advancing');
    // A step in which children ran is made of theirs.
    this.#count(unit!.ran ? 0 : 1);
    if (place.done || place.isLeft()) return true;
    this.#check?.nowAndThen();
    const others = session.turnIfDue();
    return others === undefined ? undefined : this.#isLeftAfter(others);
  }
}
