import type { AnyActorRef } from 'xstate';
import type { LoopContext } from '../chart/context.ts';
import { childrenRun, givenIn, type InFlight } from '../chart/journal.ts';
import { dictOf } from '../chart/tree-state.ts';
import { LoopError } from '../data/errors.ts';
import { isPlain, type Json } from '../data/json.ts';
import { opaqueInWords } from '../data/opaque.ts';
import { changedModels } from '../step/models-as-they-were.ts';
import { sealOfArgs, withChanges } from '../step/what-changed.ts';
import { type AnyLoop, host, restartingSlot } from '../tree/any-loop.ts';

import { assetsOf, takeAssets } from '../tree/assets.ts';
import { checkStates } from '../tree/check-states.ts';
import { loopsIn } from '../tree/loops-in.ts';
import { capture, flatten, keysOf } from '../tree/state-dict.ts';
import { childNamed, pathOf } from '../tree/tree.ts';
import { namedNow } from './changed-classes.ts';
import { jsonable } from './checkpoint-json.ts';
import type { Checkpoint, Phase } from './contents.ts';

/**
 * Takes a checkpoint of a run in which every innermost loop stands at a boundary, or that has finished.
 * @param assetsBefore what `Stateful` fields returned before a step that is in flight, for that is run again from its start
 */
export function takeCheckpoint(
  loop: AnyLoop,
  actor: AnyActorRef,
  runId: string,
  steps: number,
  assetsBefore: Iterable<ReadonlyMap<object, unknown>> = [],
): Checkpoint {
  checkStates(loop);
  const loops: Record<string, number> = {};
  const notes = new Map([...assetsBefore].flatMap((one) => [...one]));
  const models = () => changedModels(loop, notes);
  const phase = phaseOf(loop, actor, { loops, models: notes.size === 0 ? undefined : models });
  // Before its first boundary a run has no state yet: that of the loops is what it begins with.
  const { begun } = actor.getSnapshot().context as LoopContext;
  const dict = flatten(loop, begun ? dictOf(actor) : capture(loop));
  const assets = takeAssets(loop, notes);
  const shape = shapeOf(loop);
  const classes = namedNow(actor);
  return jsonable({
    format: 1,
    loop: loop.constructor.name,
    shape,
    runId,
    position: { steps, loops },
    phase,
    restarting: loopsIn(loop).flatMap(({ loop: one, name }) => (one[restartingSlot] ? [name] : [])),
    ...(classes === undefined ? {} : { classes }),
    stateDict: dict,
    assets,
  });
}

/** The keys of the state dict and of the assets, sorted. */
export function shapeOf(loop: AnyLoop): string[] {
  return [...keysOf(loop), ...assetsOf(loop).map(([path]) => `${path} (asset)`)].sort();
}

/** What is found out about all loops of a tree. */
interface Found {
  /** Steps by path. */
  readonly loops: Record<string, number>;
  /** What the models that were noted before a step have come to since. */
  readonly models: (() => { [path: string]: string }) | undefined;
}

function phaseOf(loop: AnyLoop, actor: AnyActorRef, found: Found): Phase {
  const snapshot = actor.getSnapshot();
  // The pace is for the process that asked for it.
  const { state, progress, children, running, pace: _, ...rest } = snapshot.context as LoopContext;
  checkRemembered(loop, rest.inFlight);
  found.loops[pathOf(loop)] = rest.steps;
  const models = running.length === 0 && rest.inFlight !== null ? found.models?.() : undefined;
  const inFlight = withChanges(loop, rest.inFlight, { state, progress, children }, loop[host]?.stepInFlight, models);
  const usedArgs = rest.name === null && snapshot.status === 'active' ? usedArgsOf(loop, rest.args) : {};
  // What a child was before the step in flight ran it: the step may look at it before it asks for the child again.
  const touched = new Set([...running, ...childrenRun(rest.inFlight)]);
  const before = Object.fromEntries([...touched].map((name) => [name, children[name] ?? null]));
  const phase: Phase = {
    value: snapshot.value,
    context: { ...rest, ...usedArgs, inFlight, before } as unknown as Phase['context'],
    children: {},
  };
  if (snapshot.status === 'done' && snapshot.output !== undefined) phase.output = outputOf(loop, snapshot.output);
  for (const name of running) {
    phase.children[name] = phaseOf(childNamed(loop, name) as AnyLoop, snapshot.children[name], found);
  }
  return phase;
}

/** The arguments that the run was begun with, where they are no longer what they were. */
function usedArgsOf(loop: AnyLoop, before: Json[] | null): { changedArgs?: string } {
  const seal = before === null ? undefined : sealOfArgs(before, loop[host]?.args ?? before);
  return seal === undefined ? {} : { changedArgs: seal };
}

function outputOf(loop: AnyLoop, output: unknown): Json {
  if (isPlain(output)) return output;
  throw new LoopError(
    'NOT_PLAIN_DATA',
    `Expected the output to be plain data, so that a checkpoint can keep it; got ${opaqueInWords(output)}. ` +
      'Return what identifies it, and keep the rest in a field.',
    pathOf(loop),
  );
}

/** @throws LoopError `NOT_PLAIN_DATA` if a step in flight has got what cannot be kept */
export function checkRemembered(loop: AnyLoop, inFlight: InFlight | null): void {
  for (const got of givenIn(inFlight)) {
    if ('opaque' in got)
      throw opaque(loop, got.run === undefined ? `once('${got.once}')` : `a run of ${got.run}`, got.opaque);
  }
}

function opaque(loop: AnyLoop, what: string, kind: string): LoopError {
  return new LoopError(
    'NOT_PLAIN_DATA',
    `Expected what ${what} gave to the step in flight to be plain data, so that a checkpoint can keep it; got a ${kind}. ` +
      'Return what identifies it, and keep the rest in a field.',
    pathOf(loop),
  );
}
