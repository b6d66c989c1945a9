import { aimAt, goingRuns, target } from '../page/run-control.ts';
import { figure } from '../text/number.ts';

/** So many runs can be chosen from; others are chosen by looking at them. */
const MOST = 100;

/** Which run the controls act on, or whether on all of them. Where there is one, it needs no saying. */
export function ControlTarget({ off }: { off: boolean }) {
  const runs = goingRuns();
  const aim = target();
  if (!aim || runs.length < 2) return null;
  return (
    <select
      class="aim"
      aria-label="Run that the controls act on"
      title={`The controls act on ${aim.name}`}
      disabled={off}
      value={aim.id}
      onChange={(event) => aimAt(event.currentTarget.value)}
    >
      {runs.slice(0, MOST).map(({ root, name }) => (
        <option key={root.id} value={root.id}>
          {name}
        </option>
      ))}
      {runs.slice(MOST).some(({ root }) => root.id === aim.id) ? <option value={aim.id}>{aim.name}</option> : null}
      <option value="all">all {figure(runs.length)} runs</option>
    </select>
  );
}
