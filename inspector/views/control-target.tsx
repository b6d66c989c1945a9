import { goingRuns, target, toggleAll } from '../page/run-control.ts';
import { figure } from '../text/number.ts';

/** Whether the controls act on all runs that go on, or on the one that is looked at. Where there is one, it needs no saying. */
export function ControlTarget({ off }: { off: boolean }) {
  const runs = goingRuns();
  const aim = target();
  if (!aim || runs.length < 2) return null;
  const isAll = aim.id === 'all';
  return (
    <button
      type="button"
      class="aim"
      disabled={off}
      aria-pressed={isAll}
      title={
        isAll ? 'The controls act on all runs that go on' : `The controls act on ${aim.name}: have them act on all`
      }
      onClick={toggleAll}
    >
      All {figure(runs.length)} runs
    </button>
  );
}
