import type { AnyActorRef } from 'xstate';
import type { Session } from '../actors/session.ts';
import type { LoopStateValue } from '../chart/context.ts';
import { standOf } from '../chart/loop-actor.ts';
import { leaves } from '../chart/tree-state.ts';
import { parentActor } from '../chart/xstate-inner.ts';
import type { Json } from '../data/json.ts';

/** Where a loop stands. */
export interface LoopStanding<State = Json> {
  /** Such as `fit.epoch.batches`. */
  path: string;
  /** The state of its chart. */
  value: LoopStateValue;
  /** Whole steps of this run of it. */
  steps: number;
  /** Its state at its last boundary; null before the first. */
  state: State | null;
}

/** Where a run stands. @typeParam State what the loop that was started saves */
export interface RunProgress<State = Json> {
  /** Steps of innermost loops since the run began, including those before a resume. */
  steps: number;
  /** The running loops, parents first: that which was started, and those below it. */
  loops: [root: LoopStanding<State>, ...below: LoopStanding[]];
}

/** Where the loops of a run stand, parents first. @param path of the root */
export function loopsOf<State>(root: AnyActorRef, path: string): RunProgress<State>['loops'] {
  const loops: LoopStanding[] = [];
  const visit = (actor: AnyActorRef, at: string): void => {
    // A stranger in the place of a loop has no state of its own.
    const stand = standOf(actor);
    if (stand === undefined) return;
    const { value, context } = stand;
    loops.push({ path: at, value, steps: context.steps, state: context.state });
    const { children } = actor.getSnapshot();
    for (const name of context.running) if (children[name] !== undefined) visit(children[name], `${at}.${name}`);
  };
  visit(root, path);
  // The root is a loop's, and has begun: it is the first.
  return loops as RunProgress<any>['loops'];
}

/** Which loop it is, and its state: `fit.batches (advancing)`. */
export function standsAt(actor: AnyActorRef): string {
  return `${actorPath(actor)} (${(actor.getSnapshot() as { value?: string }).value ?? 'running'})`;
}

/** The loops whose hook or step is in flight, and what those that wait wait for. */
export function waitingIn(root: AnyActorRef, session: Session): string[] {
  const waits = new Map(session.waits().map(({ actor, names }) => [actor, names]));
  const inFlight = leaves(root).filter((leaf) => !session.stands(leaf) || waits.has(leaf));
  return [...new Set([...waits.keys(), ...inFlight])].map((actor) => {
    const names = waits.get(actor);
    return names === undefined ? standsAt(actor) : `${standsAt(actor)}: ${names.join(', ')}`;
  });
}

/** The loops whose hook or step is in flight and does not wait for somebody to give it something. */
export function hooksInFlight(root: AnyActorRef, session: Session): string[] {
  const waiting = new Set(session.waits().map(({ actor }) => actor));
  return leaves(root)
    .filter((leaf) => !session.stands(leaf) && !waiting.has(leaf))
    .map(standsAt);
}

export function lateness(runId: string, waitingFor: string[]): string {
  return (
    `A checkpoint of the run ${runId} has been wanted for a minute. It waits for a step of ${waitingFor.join(', ')}, ` +
    'which runs beside other loops and may be changing a Stateful object. The run goes on, and is saved when that step is over.'
  );
}

/** A step has got what is not saved. @param waitedFor the loops whose steps were waited for in vain */
export function unsavedOnce(runId: string, step: string, waitedFor: string[]): string {
  return (
    `What a \`once\` in the step of ${step} has come to could not be saved before the step got it, in the run ${runId}. It would ` +
    `have had to wait for a step of ${waitedFor.join(', ')}, which may be changing a Stateful object, and may be waiting for ` +
    'that very step. It is saved with the next checkpoint; if the process is killed before that, the function is called once ' +
    'more. Where it happens again in this run, it is not said again.'
  );
}

/** What was given to a run is not saved. */
export function unsavedGift(key: string, waitingFor: string[]): string {
  return (
    `Expected what was given for receive('${key}') to be saved within a minute. The run has it, but cannot be saved now: it ` +
    `waits for a step of ${waitingFor.join(', ')}, which may be changing a Stateful object. It is saved with the next ` +
    'checkpoint; if the process is killed before that, it is lost. Do not give it again in this process: it would be there twice.'
  );
}

/** Says it where warnings go: of the process, or of the browser's console. */
export function warn(message: string): void {
  const { process } = globalThis as { process?: { emitWarning?(message: string, type: string): void } };
  if (process?.emitWarning !== undefined) process.emitWarning(message, 'LoopchartWarning');
  // biome-ignore lint/suspicious/noConsole: there is nobody else to tell
  else console.warn(message);
}

function actorPath(actor: AnyActorRef): string {
  const name = actor.getSnapshot()?.context?.name;
  const above = parentActor(actor);
  return name === null || above === undefined ? actor.id : `${actorPath(above)}.${actor.id}`;
}
