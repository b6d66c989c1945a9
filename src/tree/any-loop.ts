import type { Json } from '../data/json.ts';

/*
 * A loop as the library sees it. The class `Loop`, which people extend, stands above everything that runs it; what runs it
 * knows only this.
 */

/** Marks `Loop` and what extends it. */
export const loopMark: unique symbol = Symbol('loopchart.loop');
/** The same of every copy of the library that is in the process: of another version, or bundled with another package. */
export const anyCopyMark: unique symbol = Symbol.for('loopchart.loop');
/** The hooks of `Loop` itself, by which those that a loop has not overridden are known. */
export const ownHooks: unique symbol = Symbol('loopchart.ownHooks');
/** Under which name, and in which loop, a loop was last found. */
export const parentLink: unique symbol = Symbol('loopchart.parent');
/** The trainer that a loop is attached to, if any. */
export const trainerSlot: unique symbol = Symbol('loopchart.trainer');
/** What runs a loop now, if anything does. */
export const host: unique symbol = Symbol('loopchart.host');
/** Whether this loop alone is restarting. */
export const restartingSlot: unique symbol = Symbol('loopchart.restarting');
/** What was found in the fields of a loop; see `partsOf`. */
export const fieldsSlot: unique symbol = Symbol('loopchart.fields');

/** The step that a loop is in, as a checkpoint notes it: see `what-changed.ts`. */
export interface StepOfLoop {
  /** Of one that is run again: whether it has come to what was noted of it when the checkpoint was taken. */
  readonly isAsItWas: boolean;
  /** The arguments of a child that runs, as they are now. */
  argsOf(child: string): readonly unknown[] | undefined;
  /** Whether anybody awaits the run of a child that was asked for and has not ended. */
  isAwaited(child: string): boolean;
  /** Of the arguments of children that have ended, seals of what was changed. */
  readonly usedArgs: { sealOf(child: string, time: number): string | undefined } | undefined;
}

/** What a loop asks of the run that it is in. */
export interface Host {
  /** It runs no more, though code of a hook of it may. */
  readonly ended: boolean;
  /** It runs, or code of it does. */
  readonly busy: boolean;
  readonly signal: AbortSignal;
  /** The arguments of the run, as they are now. */
  readonly args: readonly unknown[];
  readonly stepInFlight: StepOfLoop | undefined;
  once<T>(key: string, fn: () => T | Promise<T>): Promise<T>;
  receive(key: string): Promise<unknown>;
  sleep(key: string, ms: number): Promise<unknown>;
}

/** The hooks that a loop need not have of its own. */
export interface OwnHooks {
  onSkip(...args: any[]): any;
  onRunStart(...args: any[]): void | Promise<void>;
  onAdvanceStart(...args: any[]): void | Promise<void>;
  onAdvanceEnd(...args: any[]): void | Promise<void>;
  onRunEnd(...args: any[]): any;
  onRestart(...args: any[]): void | Promise<void>;
  onSaveCheckpoint(): Json;
  onLoadCheckpoint(state: Json): void;
}

export interface AnyLoop extends OwnHooks {
  readonly init: object | undefined;
  state: object;
  readonly done: boolean;
  readonly skip: boolean;
  reset(...args: any[]): void | Promise<void>;
  advance(...args: any[]): void | Promise<void>;
  trainer: object;
  restarting: boolean;
  readonly path: string;
  readonly running: boolean;
  /** The machine that it is. */
  readonly machine: object;
  readonly [loopMark]: true;
  readonly [ownHooks]: OwnHooks;
  [parentLink]: { loop: AnyLoop; name: string } | undefined;
  [trainerSlot]: object | undefined;
  [host]: Host | undefined;
  [restartingSlot]: boolean | undefined;
  [fieldsSlot]: object | undefined;
}

/** Whether a loop has a hook of its own: to call that of `Loop`, which does nothing, would cost as much as a step. */
export function overrides(loop: AnyLoop, hook: keyof OwnHooks): boolean {
  const own = loop[ownHooks];
  // Asked several times in a run: a member is found in a tenth of the time by a name that stands in the code.
  switch (hook) {
    case 'onRunStart':
      return loop.onRunStart !== own.onRunStart;
    case 'onAdvanceStart':
      return loop.onAdvanceStart !== own.onAdvanceStart;
    case 'onAdvanceEnd':
      return loop.onAdvanceEnd !== own.onAdvanceEnd;
    case 'onRunEnd':
      return loop.onRunEnd !== own.onRunEnd;
    case 'onSaveCheckpoint':
      return loop.onSaveCheckpoint !== own.onSaveCheckpoint;
    default:
      return loop[hook] !== own[hook];
  }
}

/** Whether what is saved of a loop is its `state`, as it is. */
export function savesItsState(loop: AnyLoop): boolean {
  return !overrides(loop, 'onSaveCheckpoint');
}
