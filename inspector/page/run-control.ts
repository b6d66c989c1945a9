import { type Signal, signal } from '@preact/signals';
import { isOver } from '../run/actor.ts';
import { standing } from '../run/standing.ts';
import { clearRefusal, isOpen, setBreakpoints, settings } from './run-settings.ts';
import { session } from './session.ts';

export type Press = 'toggle' | 'step' | 'end' | 'stop' | 'abort';

/** The question that is open: why the run is stopped or aborted. */
export const asking: Signal<'stop' | 'abort' | null> = signal(null);
export const stepCount: Signal<number> = signal(10);

/** Whether the run waits, has ended, or goes on: of what is newest, not of the moment that is shown. */
export function runIs(): 'none' | 'running' | 'paused' | 'over' {
  session.version.value;
  const { store, root } = session;
  const here = root && standing(store, root, store.last);
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
  if (!session.controllable || runIs() === 'over') return;
  clearRefusal();
  switch (press) {
    case 'toggle':
      session.control(runIs() === 'paused' ? 'loop.resume' : 'loop.pause');
      break;
    case 'step':
      session.control('loop.step', { n });
      break;
    case 'end': {
      const actor = session.actor.value;
      if (!actor || actor.root !== session.root) return;
      const others = settings.value.points.filter((point) => isOpen(point) && point.id !== actor.id);
      setBreakpoints([...others, { id: actor.id, state: 'ending' }]);
      session.control('loop.resume');
      break;
    }
    case 'stop':
    case 'abort':
      asking.value = press;
  }
}
