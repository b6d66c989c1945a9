import type { LoopStateValue } from '../chart/context.ts';
import type { Json } from '../data/json.ts';
import { readDone } from '../data/returned.ts';
import { asyncContext } from '../step/async-context.ts';
import type { StepHook } from '../step/burst.ts';
import { Handover, type HookEnd } from './handover.ts';
import { isUnseen, type LightRunner } from './light-runner.ts';

/**
 * Where a run without an actor stands: in which state of the chart it would be, and in which hook. Whoever calls its hooks
 * looks here after each of them whether to go on:
 *
 *     place.enter()                    a hook is called, and perhaps awaited
 *          |        seated()           meanwhile somebody looks, and the run gets an actor
 *     place.result = …                 what came of the hook
 *     if (place.isOver()) return       … is given to that actor, which goes on from there
 */
export class Place {
  /** The state of the chart that it would be in. */
  value: LoopStateValue = 'entering';
  /** What `done` said last. */
  done: boolean | null = null;
  /** `end` was thrown for it. */
  ended: { reason: Json } | undefined = undefined;
  /** It has come to its first boundary; before, its actor begins it. */
  hasBegun = false;
  /** What the last hook returned. */
  result: unknown = undefined;
  /** Which hook of a step that is, if it is one. */
  step: StepHook | undefined = undefined;
  /** What `done` said after it, if it has been read. */
  doneRead: boolean | undefined = undefined;

  readonly #running: LightRunner;
  /** A hook is about to be called, called, or awaited. */
  #inHook = true;
  /** What has come since the last boundary is not kept yet, and is if somebody looks now. */
  #isBehind = false;
  /** What the actor waits for. */
  #handover: Handover | undefined = undefined;

  constructor(running: LightRunner) {
    this.#running = running;
  }

  /** The same for another run of the loop, after one that has ended. */
  renew(): void {
    this.value = 'entering';
    this.done = null;
    this.ended = undefined;
    this.hasBegun = false;
    this.result = undefined;
    this.step = undefined;
    this.doneRead = undefined;
    this.#inHook = true;
    this.#isBehind = false;
  }

  /** The run has got an actor, which is about to be told where it stands. */
  seated(): void {
    if (this.#isBehind) {
      this.#running.holdIfPlain();
      this.hasBegun = true;
    }
    if (!this.#inHook) return;
    this.#handover = new Handover();
    this.#running.handover = this.#handover;
  }

  /** A hook is called, or others have their turn. */
  enter(): void {
    this.#inHook = true;
  }

  /** All that came before is over: a resume would go on from here. */
  boundary(value: LoopStateValue): void {
    const before = this.value;
    this.value = value;
    const running = this.#running;
    if (running.session.keeps) running.hold();
    // Nothing is kept, but that it could be is looked at: see `PlainCheck`.
    else if (value !== before && isUnseen(running)) running.commit();
    this.hasBegun = true;
  }

  /** Reads `done` for the first time. That belongs to `onRunStart`, be it the loop's own or not. */
  readFirst(): void {
    this.#isBehind = true;
    this.value = 'starting';
    this.readDone();
    this.#isBehind = false;
  }

  /** Reads `done`, which belongs to the hook before it. */
  readDone(): void {
    this.enter();
    this.step = undefined;
    this.result = undefined;
    this.done = readDone(this.#running.loop);
    this.doneRead = this.done;
  }

  /** A hook is over. Whether the run is left: then its actor, if it has got one meanwhile, is given what came of the hook. */
  isOver(): boolean {
    const { result: value, doneRead: done } = this;
    this.doneRead = undefined;
    this.#inHook = false;
    if (this.#handover === undefined) return this.isLeft();
    return this.handsOver(done === undefined ? { value } : { value, done });
  }

  /** Whether there is an actor that waits for the hook. */
  handsOver(end: HookEnd): boolean {
    this.#inHook = false;
    const handover = this.#handover;
    if (handover === undefined) return false;
    this.#handover = undefined;
    this.#running.within = asyncContext();
    handover.over(this.step, end);
    return true;
  }

  /** Whether it goes on here no more: its actor goes on with it, or nobody does. */
  isLeft(): boolean {
    const running = this.#running;
    if (running.hasActor) return true;
    if (running.ended) running.gone();
    return running.ended;
  }
}
