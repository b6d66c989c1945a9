import type { Commit } from '../chart/context.ts';
import type { Result } from '../chart/journal.ts';
import type { Within } from '../step/async-context.ts';
import type { AskedRun } from '../step/pending.ts';
import type { Runner, SharedByRun } from '../step/runner.ts';
import type { Unit } from '../step/unit.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import type { Handover } from './handover.ts';
import type { Left } from './held.ts';

/** What the loops of one run share, as one without an actor sees it. */
export interface LightSession extends SharedByRun {
  /** Whether nobody looks at the run, and nobody waits for a boundary. */
  readonly isQuiet: boolean;
  /** Called after so many steps of innermost loops. */
  readonly due: ((steps: number) => void) | undefined;
  /** Steps that are under way, and nobody has been told of. */
  claimed: number;
  /** How many of them there may be until somebody wants something. */
  stepsUntilDue(): number;
  /** How often the run has begun to go on for a while, after which others have their turn. */
  slices: number;
}

/** A run of a loop, as what calls its hooks while it has no actor sees it; see `Running`. */
export interface LightRunner extends Runner {
  readonly session: LightSession;
  readonly parent: LightRunner | undefined;
  readonly hasActor: boolean;
  /** Whether a stop was asked for: what begins after that takes no step. */
  readonly stops: boolean;
  readonly unit: Unit | undefined;
  /** Whether a step may be saved in its middle: then what models are is noted before each. */
  readonly savesWithin: boolean;
  noteAssets(): void;
  within: Within;
  handover: Handover | undefined;
  begin(hook: string, mayRunChildren: boolean): Unit;
  settle(): Promise<void> | undefined;
  commit(): Commit;
  commitIfPlain(): Commit | undefined;
  hold(): void;
  holdIfPlain(): void;
  holdWithin(hook: string): void;
  leftBy(child: AnyLoop): Left;
  noteGiven(what: AskedRun, given: Result, left?: Left): void;
  abandonChildren(reason: unknown): void;
  failUnit(): void;
  finished(): void;
  gone(): void;
}

let allowed = true;

/** For tests, which compare: whether runs may begin without an actor. */
export function allowLight(on: boolean): void {
  allowed = on;
}

/** Whether runs may begin without an actor. */
export function isLightAllowed(): boolean {
  return allowed;
}

/** Whether it is the root of a run that nobody can ever look at. */
export function isUnseen({ parent, session }: LightRunner): boolean {
  return parent === undefined && !session.keeps;
}

/** Whether what a run does need not be told now: nobody looks, and nobody waits for a boundary. */
export function isQuiet(running: {
  session: LightSession;
  hasActor: boolean;
  context: { pace: number | null };
}): boolean {
  return allowed && running.session.isQuiet && (!running.hasActor || running.context.pace === null);
}
