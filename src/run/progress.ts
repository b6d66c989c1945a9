import type { AnyActorRef } from 'xstate';
import type { LoopStateValue } from '../chart/context.ts';
import { standOf } from '../chart/loop-actor.ts';
import { parentActor } from '../chart/xstate-inner.ts';
import type { Json } from '../data/json.ts';

/** Where a run stands. */
export interface RunProgress {
  /** Steps of innermost loops since the run began, including those before a resume. */
  steps: number;
  /** The running loops, parents first. */
  loops: { path: string; value: LoopStateValue; steps: number; state: Json }[];
}

/** Where the loops of a run stand, parents first. @param path of the root */
export function loopsOf(root: AnyActorRef, path: string): RunProgress['loops'] {
  const loops: RunProgress['loops'] = [];
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
  return loops;
}

/** Which loop it is, and its state: `fit.batches (advancing)`. */
export function standsAt(actor: AnyActorRef): string {
  return `${actorPath(actor)} (${(actor.getSnapshot() as { value?: string }).value ?? 'running'})`;
}

export function lateness(runId: string, waitingFor: string[]): string {
  return (
    `A checkpoint of the run ${runId} has been wanted for a minute. It waits for a step of ${waitingFor.join(', ')}, ` +
    'which runs beside other loops and may be changing a Stateful object. The run goes on, and is saved when that step is over.'
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
