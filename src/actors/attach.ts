import type { AnyActorRef } from 'xstate';
import type { LoopContext } from '../chart/context.ts';
import { optionsOf, parentActor } from '../chart/xstate-inner.ts';
import { noteBegin } from '../checkpoint/changed-classes.ts';
import { putBack } from '../checkpoint/persisted.ts';
import { LoopError, MisconfigurationError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import { shown } from '../data/shown.ts';
import { hookOnStack } from '../step/in-hook.ts';
import { waitingForParent } from '../step/restored-children.ts';
import type { Runner } from '../step/runner.ts';
import { alreadyRunning } from '../tree/already-running.ts';
import { type AnyLoop, host } from '../tree/any-loop.ts';
import { join } from '../tree/boundary-parts.ts';
import { checkTree } from '../tree/strays.ts';
import { childNamed, childrenOf, parentOf, pathOf, walk } from '../tree/tree.ts';
import { notInOnRestart, rebuilding } from './rebuilding.ts';
import { Running, runningLoops } from './running.ts';
import { sessionOf } from './session.ts';

const runnings = new WeakMap<AnyActorRef, Running>();

/** The run that an actor of a loop's machine belongs to, if it is attached to one. */
export function runningOf(actor: AnyActorRef): Running | undefined {
  return runnings.get(actor);
}

/**
 * The run that an actor of a loop's machine belongs to, made when its first hook asks for it.
 * A child that came out of a snapshot waits for its parent's step to ask for it; then `ready` is called later.
 */
export function attach(loop: AnyLoop, actor: AnyActorRef, ready: (running: Running) => void): void {
  const known = runnings.get(actor);
  if (known !== undefined) {
    ready(known);
    return;
  }
  const { name, args } = actor.getSnapshot().context as LoopContext;
  const above = parentActor(actor);
  const isBelowLoop = Array.isArray(above?.getSnapshot()?.context?.running);
  if (!isBelowLoop) checkInput(loop, actor);
  if (name === null) {
    if (loop[host]?.busy) throw alreadyRunning(loop);
    // Fields may have been set since the machine was asked for.
    const loops = checkTree(loop);
    const session = sessionOf(actor);
    const running = remembering(actor, new Running(loop, actor, undefined, liveArgs(loop, actor, session.args, args)));
    // After the states: what `onLoadCheckpoint` makes has assets as well.
    putBack(loop, actor);
    noteBegin(loop, running.restored ? walk(loop) : loops, actor);
    ready(running);
    return;
  }
  if (above === undefined || !isBelowLoop) {
    throw new LoopError(
      'CHECKPOINT_MISMATCH',
      `Expected the snapshot of a run, got that of the child \`${name}\` alone. Persist the actor of the topmost loop.`,
      pathOf(loop),
    );
  }
  const parent = runnings.get(above);
  const run = parent?.childRun(name);
  if (parent === undefined || run === undefined) {
    waitingForParent.set(actor, () => attach(loop, actor, ready));
    return;
  }
  waitingForParent.delete(actor);
  run.attached = true;
  let running = run.running as Running | undefined;
  if (running === undefined) {
    running = new Running(loop, actor, parent, run.args);
    run.running = running;
  } else {
    running.sit(actor);
  }
  ready(remembering(actor, running));
}

function remembering(actor: AnyActorRef, running: Running): Running {
  runnings.set(actor, running);
  return running;
}

/** @throws MisconfigurationError for an input that is no list: XState users may give an object */
function checkInput(loop: AnyLoop, actor: AnyActorRef): void {
  const { input, snapshot } = optionsOf(actor);
  if (snapshot !== undefined || input === undefined || input === null || Array.isArray(input)) return;
  throw new MisconfigurationError(
    `Expected the input of the machine to be the list of the hooks' arguments, as in \`input: [rows]\`; got \`${shown(input)}\`.`,
    pathOf(loop),
  );
}

function liveArgs(loop: AnyLoop, actor: AnyActorRef, given: unknown[] | undefined, saved: Json[] | null): unknown[] {
  if (given !== undefined) return given;
  const { input, snapshot } = optionsOf(actor);
  // XState, too, goes by the snapshot where it is given both.
  if (snapshot === undefined && Array.isArray(input)) return input;
  if (saved !== null) return saved;
  if (Array.isArray(input)) return input;
  throw new LoopError(
    'RESUME_MISMATCH',
    'The arguments of the run are not plain data and are not in the snapshot. Give them again: start({ from, args }).',
    pathOf(loop),
  );
}

/**
 * The running parent in whose hook a loop's `run` was called, if any.
 * @throws MisconfigurationError where the hook of another loop runs it, as far as that can be told
 */
export function callerOf(loop: AnyLoop): { parent: Running; name: string } | undefined {
  const caller = parentInHook(loop);
  const hook = hookOnStack();
  // A loop that runs already is refused for that.
  if (hook !== undefined && !isAround(caller?.parent, hook) && !loop.running) throw notItsChild(loop, hook);
  return caller;
}

/** Whether a run is this one, or one further up. */
function isAround(running: Runner | undefined, inner: Runner): boolean {
  for (let up: Runner | undefined = inner; up !== undefined; up = up.parent) if (up === running) return true;
  return false;
}

function notItsChild(loop: AnyLoop, running: Runner): MisconfigurationError {
  const { loop: outer, path, unit } = running;
  const isRebuilding = rebuilding.has(running);
  const place = isRebuilding ? childrenOf(outer).find(([, child]) => child === loop) : undefined;
  if (place !== undefined) return childInOnRestart(running, place[0]);
  // Steps of a loop without children are taken in one go: which of its three hooks it is, nobody has noted.
  const inStep = unit === undefined || /advance/i.test(unit.hook);
  const hook = isRebuilding ? 'onRestart' : inStep ? 'A step' : unit.hook;
  return new MisconfigurationError(
    `${hook} of ${outer.constructor.name} runs a ${loop.constructor.name} (${pathOf(loop)}) that is no child of it: ` +
      'it would not be seen, paused or captured. Put it in a field, or begin a run of its own with start().',
    path,
  );
}

function childInOnRestart({ path }: Runner, name: string): MisconfigurationError {
  return notInOnRestart(
    `runs the child \`${name}\``,
    'Open what is live by functions of your own, or run the child in a step that needs it.',
    path,
  );
}

function parentInHook(loop: AnyLoop): { parent: Running; name: string } | undefined {
  const link = parentOf(loop);
  if (link !== undefined) {
    const parent = link.loop[host] as Running | undefined;
    if (parent?.busy === false) {
      throw new LoopError(
        'RUN_ENDED',
        `The run of ${pathOf(link.loop)} has ended, and code that it has left behind must begin nothing. ` +
          'To run this loop by itself after that, call start().',
        pathOf(loop),
      );
    }
    if (parent?.unit !== undefined) return { parent, name: link.name };
    if (parent !== undefined && rebuilding.has(parent)) throw childInOnRestart(parent, link.name);
    return undefined;
  }
  for (const parent of runningLoops()) {
    const found = parent.unit && childrenOf(parent.loop).find(([, child]) => child === loop);
    if (found === undefined) continue;
    // A field that was assigned after the tree was walked.
    join(loop, parent.loop, found[0]);
    if (childNamed(parent.loop, found[0]) === loop) return { parent, name: found[0] };
  }
  return undefined;
}
