import type { LoopStateValue } from '../chart/context.ts';
import { plainReason } from '../chart/journal.ts';
import type { Json } from '../data/json.ts';
import { isEndLoop } from '../errors.ts';
import { Loop } from '../loop.ts';
import { childrenOf } from '../tree/tree.ts';
import { fail } from './hooks.ts';
import { enterHook, leaveHook } from './in-hook.ts';
import { machineLoops } from './machines.ts';
import { isPending, readDone } from './returned.ts';
import type { Running } from './running.ts';

/**
 * Whether a run may run ahead of its machine: a child run that nobody watches, of a loop without children, while nobody
 * waits for a boundary. Its hooks up to the first whole step, and to the end if that was the only one, then cost one
 * event in place of five. The order of the hooks is the same; so is all that the machine says.
 */
export function mayRunAhead(running: Running): boolean {
  const { loop, actor, parent, session } = running;
  if (parent === undefined || session.watched || session.stepsUntilDue() < Infinity) return false;
  // What `once` gives is saved before it returns: the machine has to be where the hook is.
  if (session.saveNow !== undefined) return false;
  // A machine that `provide()` was called on has other actors than the loop's hooks.
  return (
    !asked(running) &&
    childrenOf(loop).length === 0 &&
    machineLoops.get((actor as unknown as { logic: object }).logic) === loop
  );
}

/** Whether somebody wants something before the next hook. */
function asked({ context, session, ended }: Running): boolean {
  return ended || session.wanted || context.pace !== null || context.stop !== null;
}

type Hook = 'reset' | 'onRunStart' | 'onAdvanceStart' | 'advance' | 'onAdvanceEnd' | 'onRunEnd';

/** Runs hooks one after another as long as they return no promise, then tells the machine where that has led. */
export function runAhead(running: Running): void {
  const { loop, args, session } = running;
  const shown = showing(running);
  let hook: Hook = 'reset';
  let commit = running.commit();
  let done: boolean | null = null;
  let steps = 0;
  let ended: { reason: Json } | undefined;
  let output: unknown;
  try {
    try {
      if (call('resetting', 'reset') || stopsAt('starting')) return;
      if (loop.onRunStart !== Loop.prototype.onRunStart && call('starting', 'onRunStart')) return;
      shown.value = 'starting';
      done = readDone(loop);
      if (!done) {
        if (stopsAt('advancing')) return;
        running.begin('advance', false);
        if (loop.onAdvanceStart !== Loop.prototype.onAdvanceStart && call('advancing', 'onAdvanceStart')) return;
        if (call('advancing', 'advance')) return;
        if (loop.onAdvanceEnd !== Loop.prototype.onAdvanceEnd && call('advancing', 'onAdvanceEnd')) return;
        if (loop.restarting) loop.restarting = false;
        done = readDone(loop);
        steps = 1;
      }
    } catch (error) {
      if (!isEndLoop(error, loop)) throw error;
      ended = { reason: plainReason(error.reason) };
    }
    if (running.ended) return;
    if (steps > 0) session.due?.(steps);
    if (stopsAt(done || ended !== undefined ? 'ending' : 'advancing')) return;
    if (!done && ended === undefined) {
      forward('advancing');
      return;
    }
    if (loop.restarting) loop.restarting = false;
    if (call('ending', 'onRunEnd')) return;
    forward('finished');
  } catch (error) {
    shown.over();
    running.untold = undefined;
    if (!running.ended) fail(running, hook, error);
  }

  /** Calls a hook. True if there is no more to do here: it goes on in its state, or the run has been aborted. */
  function call(value: LoopStateValue, next: Hook): boolean {
    hook = next;
    shown.value = value;
    // Within a step the loop is not at a boundary: the state to go on from is the one before it.
    if (value !== 'advancing') running.begin(hook, true);
    running.untold = [];
    const before = enterHook(running);
    let result: unknown;
    try {
      result = loop[hook](...args);
    } finally {
      leaveHook(before);
    }
    if (running.ended) return true;
    // It has a promise, or children that it has not awaited.
    if (isPending(loop, next, result) || running.untold.some(({ type }) => type === 'loop.run')) {
      running.handover = { hook, result: Promise.resolve(result) };
      forward(value);
      return true;
    }
    if (hook === 'onRunEnd') {
      if (session.strict) running.checkOutput(result, 'what onRunEnd returned');
      output = result;
    }
    if (value !== 'advancing') commit = running.commit();
    return false;
  }

  /** At a boundary. True if somebody waits for it. */
  function stopsAt(to: LoopStateValue): boolean {
    commit = running.commit();
    if (!asked(running)) return false;
    if (!running.ended) forward(to);
    return true;
  }

  function forward(to: LoopStateValue): void {
    shown.over();
    const untold = running.untold ?? [];
    running.untold = undefined;
    const within = running.handover !== undefined;
    if (!within) running.unit = undefined;
    running.tell({
      type: 'loop.forwarded',
      to,
      steps,
      commit,
      done,
      ...(ended === undefined ? {} : { ended }),
      ...(output === undefined ? {} : { output }),
    });
    // Of a hook that has completed nothing need be remembered.
    if (within) for (const event of untold) running.tell(event);
  }
}

/** While hooks run ahead, whoever asks the actor where the loop is gets the state that the hook belongs to. */
function showing({ actor }: Running): { value: LoopStateValue; over(): void } {
  const ask = actor.getSnapshot;
  const shown = {
    value: 'entering' as LoopStateValue,
    over: () => {
      actor.getSnapshot = ask;
    },
  };
  actor.getSnapshot = () => {
    const snapshot = ask.call(actor);
    return Object.assign(Object.create(Object.getPrototypeOf(snapshot)), snapshot, { value: shown.value });
  };
  return shown;
}
