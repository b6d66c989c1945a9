import { type Signal, signal } from '@preact/signals';
import { type Actor, isOver, type Run } from '../run/actor.ts';
import { standing } from '../run/standing.ts';
import { clearRefusal, isOpen, setBreakpoints, settings } from './run-settings.ts';
import { session } from './session.ts';

export type Press = 'toggle' | 'step' | 'end' | 'stop' | 'abort';

/** What the controls act on: one run, by the id of its outermost loop and by its name, or all that go on. */
export interface Target {
  id: string | 'all';
  name: string;
}

/** The question that is open: why the run is stopped or aborted. It stays about that run, whatever is looked at meanwhile. */
export const asking: Signal<{ press: 'stop' | 'abort'; target: Target } | null> = signal(null);
export const stepCount: Signal<number> = signal(10);
/** Whether somebody wants the controls to act on all runs. */
const wantsAll: Signal<boolean> = signal(false);

/** The runs that go on. */
export function goingRuns(): Run[] {
  session.version.value;
  const { store } = session;
  return store.runs.filter(({ root }) => {
    const here = root.ended ? undefined : standing(store, root, store.last);
    return here !== undefined && !isOver(here.phase);
  });
}

/** What the controls act on: the run that is looked at, unless it is all of them that somebody wants. */
export function target(): Target | undefined {
  const going = wantsAll.value ? goingRuns().length : 0;
  if (going > 1) return { id: 'all', name: `all ${going} runs` };
  const { root } = session;
  return root && { id: root.id, name: root.path.run.name };
}

/** Has the controls act on all runs, or on the one that is looked at again. */
export function toggleAll(): void {
  wantsAll.value = !wantsAll.value;
}

/** Whether a run waits, has ended, or goes on: of what is newest, not of the moment that is shown. All together wait if each of them does. */
export function runIs(): 'none' | 'running' | 'paused' | 'over' {
  session.version.value;
  if (target()?.id !== 'all') return session.root ? standsAs(session.root) : 'none';
  return goingRuns().every(({ root }) => standsAs(root) === 'paused') ? 'paused' : 'running';
}

/** How one run stands. */
export function standsAs(root: Actor): 'none' | 'running' | 'paused' | 'over' {
  const { store } = session;
  const here = standing(store, root, store.last);
  if (!here) return 'none';
  if (isOver(here.phase)) return 'over';
  // At so many steps a second it is paused between two of them, and goes on all the same.
  const { perSec, going } = settings.value;
  if (perSec !== null && going.includes(root.id)) return 'running';
  // The innermost loop is the one that waits; those above it are in the middle of their step.
  for (const path of root.path.run.paths.values()) {
    const actor = path.actors.at(-1);
    if (actor && !actor.ended && standing(store, actor, store.last)?.phase === 'paused') return 'paused';
  }
  return 'running';
}

export function pressRun(press: Press, n = 1): void {
  const aim = target();
  if (!aim || !session.controllable || runIs() === 'over') return;
  clearRefusal();
  switch (press) {
    case 'toggle':
      session.control(aim.id, runIs() === 'paused' ? 'loop.resume' : 'loop.pause');
      break;
    case 'step':
      session.control(aim.id, 'loop.step', { n });
      break;
    case 'end': {
      const actor = session.actor.value;
      // It is a loop of one run.
      if (!actor || actor.root.id !== aim.id) return;
      const others = settings.value.points.filter((point) => isOpen(point) && point.id !== actor.id);
      setBreakpoints([...others, { id: actor.id, state: 'ending' }]);
      session.control(aim.id, 'loop.resume');
      break;
    }
    case 'stop':
    case 'abort':
      asking.value = { press, target: aim };
  }
}
