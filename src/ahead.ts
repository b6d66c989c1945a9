import { EndLoop } from './errors.ts';
import { fail, isThenable } from './hooks.ts';
import { Loop } from './loop.ts';
import { type LoopStateValue, plainReason } from './machine.ts';
import { machineLoops, type Running } from './running.ts';
import type { Session } from './session.ts';
import { childrenOf } from './tree.ts';

/**
 * Whether a run may run ahead of its machine: a child run that nobody watches, of a loop without children, while nobody
 * waits for a boundary. Its hooks up to the first whole step, and to the end if that was the only one, then cost one
 * event in place of five. The order of the hooks is the same; so is all that the machine says once it is at rest.
 */
export function mayRunAhead(running: Running): boolean {
  const { loop, actor, parent, session } = running;
  if (parent === undefined || session.watched || asked(session) || childrenOf(loop).length > 0) return false;
  const { pace, stop } = running.context;
  // A machine that `provide()` was called on has other actors than the loop's hooks.
  return pace === null && stop === null && machineLoops.get((actor as unknown as { logic: object }).logic) === loop;
}

/** Whether somebody waits for a boundary. */
function asked(session: Session): boolean {
  return session.hurry || session.halted || session.wanted;
}

/** Runs hooks one after another as long as they return no promise, then tells the machine where that has led. */
export function runAhead(running: Running): void {
  const { loop, args, session } = running;
  let at: LoopStateValue = 'resetting';
  let hook: 'reset' | 'onRunStart' | 'onAdvanceStart' | 'advance' | 'onAdvanceEnd' | 'onRunEnd' = 'reset';
  let commit = running.commit();
  let done: boolean | null = null;
  let steps = 0;
  let ended: { reason: any } | undefined;
  try {
    try {
      running.begin(hook, true);
      if (handsOver(loop.reset(...args))) return;
      if (asked(session)) {
        commit = running.commit();
        forward('starting');
        return;
      }
      if (loop.onRunStart !== Loop.prototype.onRunStart) {
        commit = running.commit();
        [at, hook] = ['starting', 'onRunStart'];
        running.begin(hook, true);
        if (handsOver(loop.onRunStart(...args))) return;
      } else {
        at = 'starting';
      }
      done = loop.done;
      commit = running.commit();
      if (!done && !asked(session)) {
        at = 'advancing';
        running.begin('advance', false);
        hook = 'onAdvanceStart';
        if (loop.onAdvanceStart !== Loop.prototype.onAdvanceStart && handsOver(loop.onAdvanceStart(...args))) return;
        if (session.halted) return;
        hook = 'advance';
        if (handsOver(loop.advance(...args))) return;
        if (session.halted) return;
        hook = 'onAdvanceEnd';
        if (loop.onAdvanceEnd !== Loop.prototype.onAdvanceEnd && handsOver(loop.onAdvanceEnd(...args))) return;
        if (session.halted) return;
        if (loop.restarting) loop.restarting = false;
        steps = 1;
        running.uncommitted = 1;
        done = loop.done;
        commit = running.commit();
      }
    } catch (error) {
      if (!(error instanceof EndLoop) || error.loop !== loop) throw error;
      ended = { reason: plainReason(error.reason) };
      commit = running.commit();
    }
    running.uncommitted = 0;
    if (steps > 0) session.due?.(steps);
    const over = done === true || ended !== undefined;
    if (!over || asked(session)) {
      forward(over ? 'ending' : 'advancing');
      return;
    }
    [at, hook] = ['ending', 'onRunEnd'];
    if (loop.restarting) loop.restarting = false;
    running.begin(hook, true);
    const output: unknown = loop.onRunEnd(...args);
    if (handsOver(output)) return;
    if (session.strict) running.checkOutput(output, 'what onRunEnd returned');
    commit = running.commit();
    forward('finished', output);
  } catch (error) {
    fail(running, hook === 'onAdvanceStart' || hook === 'advance' || hook === 'onAdvanceEnd' ? 'a step' : hook, error);
  }

  /** A hook that takes its time: the state that it belongs to goes on with what it returned. */
  function handsOver(result: unknown): boolean {
    if (!isThenable(result)) return false;
    running.handover = { hook, result };
    forward(at);
    return true;
  }

  function forward(to: LoopStateValue, output?: unknown): void {
    if (running.handover === undefined) running.unit = undefined;
    running.tell({
      type: 'loop.forwarded',
      to,
      steps,
      commit,
      done,
      ...(ended === undefined ? {} : { ended }),
      ...(output === undefined ? {} : { output }),
    });
  }
}
