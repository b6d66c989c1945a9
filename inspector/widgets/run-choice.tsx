import { labelsOf, runsOf } from '../page/run-labels.ts';
import { session } from '../page/session.ts';

/** Of more than so many the list of runs is the better place to choose. */
const MANY = 200;

/** Chooses the run that all views show, where there is more than one. */
export function RunChoice() {
  session.arrived.value;
  const recordings = session.recordings.value;
  const shown = session.run.value;
  const count = recordings.reduce((sum, { store }) => sum + store.runs.length, 0);
  if (!shown || count < 2 || count > MANY) return null;
  const labels = labelsOf(recordings);
  const runs = [...runsOf(recordings)];
  return (
    <span class={`run-choice hue${session.hues.of(shown)}`}>
      <i class="swatch" />
      <select
        aria-label="Run"
        title={`One of ${count} runs: the tab Runs lists them`}
        value={runs.findIndex(({ run }) => run === shown)}
        onChange={(event) => {
          const chosen = runs[Number(event.currentTarget.value)];
          if (chosen) session.lookAt(chosen.recording, chosen.run);
        }}
      >
        {runs.map(({ run }, at) => (
          <option key={labels.get(run)} value={at}>
            {labels.get(run)}
          </option>
        ))}
      </select>
    </span>
  );
}
