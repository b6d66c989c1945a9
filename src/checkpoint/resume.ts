import { freshContext, type LoopContext, type LoopStateValue } from '../chart/context.ts';
import { persistedSnapshot } from '../chart/xstate-inner.ts';
import { LoopError } from '../data/errors.ts';
import { type AnyLoop, overrides, restartingSlot } from '../tree/any-loop.ts';

import { notePutBack, putBackAssets } from '../tree/assets.ts';
import { loopsIn } from '../tree/loops-in.ts';
import { type LoopDict, loadStateDict, unflatten } from '../tree/state-dict.ts';
import { walk } from '../tree/tree.ts';
import { checkClasses } from './changed-classes.ts';
import { shapeOf } from './checkpoint.ts';
import { checkCheckpoint, checkKind, refused } from './checkpoint-check.ts';
import { checkSeal, decoded } from './checkpoint-json.ts';
import type { Checkpoint, Phase } from './contents.ts';
import { checkArgs } from './same-args.ts';
import { checkStale, placesIn } from './stale-fields.ts';
import { phaseWithoutChanges } from './without-changes.ts';

/** Which hook's actor each state invokes. */
const invoked: Partial<Record<LoopStateValue, string>> = {
  entering: 'skip',
  skipped: 'onSkip',
  resetting: 'reset',
  starting: 'onRunStart',
  advancing: 'advance',
  ending: 'onRunEnd',
};

/**
 * Loads a checkpoint into the tree and gives the snapshot that its machine goes on from.
 * @param paused whether the innermost loops wait before their next step
 * @param args of the run that goes on, in place of those that it had
 * @param migrate brings the checkpoint forward before it is looked at
 * @throws LoopError `CHECKPOINT_MISMATCH`, `CHECKPOINT_UNREADABLE`; then nothing was loaded, unless loops make their
 * children in `onLoadCheckpoint`
 */
export function loadCheckpoint(
  loop: AnyLoop,
  from: Checkpoint,
  paused: boolean,
  args: unknown[] | undefined,
  migrate?: (checkpoint: Checkpoint) => Checkpoint,
): { snapshot: any; checkpoint: Checkpoint } {
  const growing = growingIn(loop);
  if (migrate !== undefined) looking(loop, () => checkSeal(loop, from));
  const given = migrate === undefined ? from : migrate(from);
  const checkpoint = looking(loop, () => {
    checkKind(loop, given);
    const check = (one: Checkpoint) => checkCheckpoint(loop, one, shapeOf(loop), { growing, loaded: false });
    // As it is, where it can be: in a copy, an instance of a class looks like plain data.
    if (given.encoded === undefined) check(given);
    const own = decoded(loop, given);
    if (given.encoded !== undefined) check(own);
    if (migrate !== undefined) return { ...own, phase: phaseWithoutChanges(own.phase) };
    checkSeal(loop, given);
    return own;
  });
  checkArgs(loop, checkpoint, args);
  const places = placesIn(walk(loop));
  loadStateDict(loop, checkpoint.stateDict);
  checkStale(walk(loop), places);
  // Now all children are there.
  if (growing.length > 0) checkCheckpoint(loop, checkpoint, shapeOf(loop), { growing: [], loaded: true });
  checkClasses(loop, checkpoint.classes);
  const restarting = new Set(checkpoint.restarting);
  // Loops that run take it from their phase.
  for (const one of loopsIn(loop)) one.loop[restartingSlot] = restarting.has(one.name);
  putBackAssets(loop, checkpoint.assets);
  const { classes } = checkpoint;
  const root = snapshotOf(checkpoint.phase, unflatten(loop, checkpoint.stateDict), paused, false);
  const snapshot = notePutBack(classes === undefined ? root : { ...root, classes });
  return { snapshot, checkpoint };
}

/** Looks at what somebody has given, which may be anything. @throws LoopError */
function looking<T>(loop: AnyLoop, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof LoopError) throw error;
    const what =
      'Expected a checkpoint, got something that cannot be read: it throws at whoever looks at it, or goes on for ever. Nothing was loaded.';
    throw refused(loop, what, { cause: error });
  }
}

/** The prefixes in the state dict of loops that may make children when they are given their state. */
function growingIn(root: AnyLoop): string[] {
  return loopsIn(root)
    .filter(({ loop }) => overrides(loop, 'onLoadCheckpoint'))
    .map(({ name }) => (name === '' ? '' : `${name}.`));
}

/** What a context has, and nothing else that may stand in a checkpoint. */
function knownTo(saved: LoopContext): LoopContext {
  const fresh = freshContext(undefined);
  const known = Object.keys(fresh).filter((name) => Object.hasOwn(saved, name)) as (keyof LoopContext)[];
  const given = saved.given === undefined ? {} : { given: saved.given };
  return { ...fresh, ...Object.fromEntries(known.map((name) => [name, saved[name]])), ...given };
}

/** @param isChild whether it is below another: the step of that one, which is run again, runs it */
function snapshotOf(phase: Phase, dict: LoopDict, paused: boolean, isChild: boolean): object {
  const { before, ...saved } = phase.context as unknown as LoopContext & { before: Record<string, LoopDict | null> };
  const names = Object.keys(phase.children);
  const innermost = names.length === 0;
  let { value } = phase;
  // A pause is of the process that asked for it; a checkpoint says where to go on.
  if (value === 'paused') value = saved.done || saved.stop !== null ? 'ending' : 'advancing';
  if (value === 'advancing' && innermost && paused) value = 'paused';
  const children: Record<string, { src: string; snapshot: object }> = {};
  const states = { ...dict.children };
  for (const name of names) {
    children[name] = { src: name, snapshot: snapshotOf(phase.children[name]!, dict.children[name]!, paused, true) };
  }
  for (const [name, state] of Object.entries(before)) if (state !== null) states[name] = state;
  const hook = invoked[value];
  if (hook !== undefined)
    children[hook] = { src: hook, snapshot: { status: 'active', output: undefined, error: undefined } };
  // A child that has yet to begin does so with whatever the step makes of it. All others have been given their states.
  const hasBegun = !isChild || value !== 'entering';
  const given = { state: dict.state, progress: dict.progress, children: states };
  return persistedSnapshot({
    status: value === 'finished' ? 'done' : 'active',
    output: phase.output,
    value,
    context: {
      ...knownTo(saved),
      begun: hasBegun,
      ...(hasBegun ? given : {}),
      running: names,
      pace: paused ? 0 : null,
    },
    children,
  });
}
