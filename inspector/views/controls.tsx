import { useSignal } from '@preact/signals';
import { canFork, openFork } from '../page/forking.ts';
import { asking, goingRuns, type Press, pressRun, runIs, stepCount, type Target, target } from '../page/run-control.ts';
import { clearRefusal, refusal, setSpeed, settings } from '../page/run-settings.ts';
import { session } from '../page/session.ts';
import { figure } from '../text/number.ts';
import { Modal } from '../widgets/modal.tsx';
import { Breakpoints, nameOf } from './breakpoints.tsx';
import { ControlTarget } from './control-target.tsx';

const SPEEDS = [null, 1, 2, 5, 10, 50, 200];

/** Pause, step, run on, stop: what can be asked of a run. */
export function Controls() {
  session.version.value;
  session.status.value;
  const state = runIs();
  if (session.source.value && !session.source.value.send)
    return (
      <fieldset class="controls" aria-label="Recording">
        <span class="dim mode">recording</span>
        {session.store.roots.length ? <Breakpoints /> : null}
      </fieldset>
    );
  if (!session.source.value) return null;
  if (!session.controllable) return <span class="dim mode">read only</span>;
  const isLive = session.status.value?.kind === 'live';
  const off = state === 'over' || state === 'none' || !isLive;
  const aim = target();
  // Where there are several, each button says which it is about.
  const several = aim !== undefined && goingRuns().length > 1;
  const about = (what: string) => (several ? { 'aria-label': `${what} ${aim.name}` } : {});
  const looked = session.run.value?.root;
  return (
    <fieldset class="controls" aria-label="Run">
      <ControlTarget off={off} />
      <button
        type="button"
        disabled={off}
        class={`toggle ${state === 'paused' ? 'primary' : ''}`}
        title="Pause, resume (p)"
        onClick={() => pressRun('toggle')}
      >
        {state === 'paused' ? 'Resume' : 'Pause'}
        {several ? ` ${aim.name}` : ''}
      </button>
      <span class="joined">
        <button
          type="button"
          disabled={off}
          {...about('Step')}
          title="Take one step (n)"
          onClick={() => pressRun('step')}
        >
          Step
        </button>
        <button
          type="button"
          disabled={off}
          title="Take so many steps, then pause (Shift N)"
          onClick={() => pressRun('step', stepCount.value)}
        >
          × n
        </button>
        <input
          type="number"
          min="1"
          aria-label="How many steps"
          value={stepCount.value}
          onInput={(e) => {
            stepCount.value = Math.max(1, Math.floor(Number(e.currentTarget.value)) || 1);
          }}
        />
      </span>
      <button
        type="button"
        disabled={off || aim?.id === 'all'}
        title="Run on until the selected loop ends, then pause (e)"
        onClick={() => pressRun('end')}
      >
        To end of loop
      </button>
      <select
        aria-label="Speed"
        title="Steps a second"
        disabled={off}
        value={String(settings.value.perSec)}
        onChange={(e) => {
          setSpeed(e.currentTarget.value === 'null' ? null : Number(e.currentTarget.value));
        }}
      >
        {speeds().map((perSec) => (
          <option key={perSec} value={String(perSec)}>
            {perSec === null ? 'full speed' : `${perSec} steps/s`}
          </option>
        ))}
      </select>
      <Breakpoints />
      {looked && canFork(looked) ? (
        <button
          type="button"
          disabled={!isLive}
          title={`Begin another run from where ${looked.path.run.name} stands, with a changed state (f)`}
          onClick={() => openFork(looked)}
        >
          Fork…
        </button>
      ) : null}
      <button
        type="button"
        disabled={off}
        {...about('Stop')}
        title="Stop after this step, with a reason (x)"
        onClick={() => pressRun('stop')}
      >
        Stop
      </button>
      <button
        type="button"
        disabled={off}
        {...about('Abort')}
        class="danger"
        title="End at once; nothing more runs (Shift X)"
        onClick={() => pressRun('abort')}
      >
        Abort
      </button>
      <Hits />
      <Refusal />
      {asking.value ? <Reason kind={asking.value.press} target={asking.value.target} /> : null}
    </fieldset>
  );
}

/** Those to choose from, and whatever the program was set to. */
function speeds(): (number | null)[] {
  const { perSec } = settings.value;
  if (SPEEDS.includes(perSec)) return SPEEDS;
  return [...SPEEDS, perSec].sort((a, b) => (a ?? 0) - (b ?? 0));
}

/** Says at which breakpoint the run waits. */
function Hits() {
  const { store } = session;
  // Told before the line at which it was met.
  session.version.value;
  return (
    <>
      {settings.value.hits.map(({ id, seq, point }) => (
        <p class="hit" role="status" key={id}>
          <span title={`${id}: ${nameOf(point)}`}>
            Paused at <code>{nameOf(point)}</code> of {id}
          </span>
          <button
            type="button"
            class="flat"
            title="Go to the moment at which it was met"
            disabled={!store.end || seq > store.seq(store.last)}
            onClick={() => {
              session.jump(store.rowOfSeq(seq));
              session.select(id);
            }}
          >
            {figure(seq)}
          </button>
        </p>
      ))}
    </>
  );
}

/** Says what the program would not do. */
function Refusal() {
  const said = refusal.value;
  if (!said) return null;
  return (
    <p class="refused" role="alert">
      <span title={said.reason}>
        Refused{said.count > 1 ? ` ${said.count} times` : ''}: {said.reason}
      </span>
      <button type="button" class="flat" aria-label="Dismiss" onClick={clearRefusal}>
        ✕
      </button>
    </p>
  );
}

/** Asks why: the run's outcome will say it. */
function Reason({ kind, target: { id, name } }: { kind: Extract<Press, 'stop' | 'abort'>; target: Target }) {
  const reason = useSignal('');
  const what = id === 'all' ? name : session.store.runs.length > 1 ? name : 'the run';
  const title = `${kind === 'stop' ? 'Stop' : 'Abort'} ${what}`;
  const close = () => {
    asking.value = null;
  };
  return (
    <Modal label={title} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          session.control(
            id,
            kind === 'stop' ? 'loop.stop' : 'loop.abort',
            reason.value ? { reason: reason.value } : {},
          );
          close();
        }}
      >
        <h2>{title}</h2>
        <p>
          {kind === 'stop'
            ? 'Every loop finishes the step it is in, then ends as usual.'
            : 'Nothing more runs. The last checkpoint stays good.'}
        </p>
        <input
          type="text"
          aria-label="Reason"
          placeholder="Reason (kept with the run)"
          value={reason.value}
          onInput={(e) => {
            reason.value = e.currentTarget.value;
          }}
        />
        <div class="buttons">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class={kind === 'abort' ? 'danger' : 'primary'}>
            {kind === 'stop' ? 'Stop' : 'Abort'}
          </button>
        </div>
      </form>
    </Modal>
  );
}
