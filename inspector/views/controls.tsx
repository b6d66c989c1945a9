import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { asking, pressRun, runIs, stepCount } from '../control.ts';
import type { Breakpoint } from '../line.ts';
import { session } from '../session.ts';
import {
  breakpoints,
  clearRefusal,
  isOpen,
  refreshSettings,
  refusal,
  setBreakpoints,
  setSpeed,
  speed,
} from '../settings.ts';
import { Menu } from './menu.tsx';

const SPEEDS = [null, 1, 2, 5, 10, 50, 200];

/** Pause, step, run on, stop: what can be asked of a run. */
export function Controls() {
  session.version.value;
  session.status.value;
  const state = runIs();
  if (session.source.value && !session.source.value.send) return <span class="dim mode">recording</span>;
  if (!session.source.value) return null;
  if (!session.controllable) return <span class="dim mode">read only</span>;
  const off = state === 'over' || state === 'none' || session.status.value?.kind !== 'live';
  return (
    <fieldset class="controls" aria-label="Run">
      <button
        type="button"
        disabled={off}
        class={state === 'paused' ? 'primary' : ''}
        title="Pause, resume (p)"
        onClick={() => pressRun('toggle')}
      >
        {state === 'paused' ? 'Resume' : 'Pause'}
      </button>
      <span class="joined">
        <button type="button" disabled={off} title="Take one step (n)" onClick={() => pressRun('step')}>
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
        disabled={off}
        title="Run on until the selected loop ends, then pause (e)"
        onClick={() => pressRun('end')}
      >
        To end of loop
      </button>
      <select
        aria-label="Speed"
        title="Steps a second"
        disabled={off}
        value={String(speed.value)}
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
      <Breakpoints off={off} />
      <button
        type="button"
        disabled={off}
        title="Stop after this step, with a reason (x)"
        onClick={() => pressRun('stop')}
      >
        Stop
      </button>
      <button
        type="button"
        disabled={off}
        class="danger"
        title="End at once; nothing more runs (Shift X)"
        onClick={() => pressRun('abort')}
      >
        Abort
      </button>
      <Refusal />
      {asking.value ? <Reason kind={asking.value} /> : null}
    </fieldset>
  );
}

/** Those to choose from, and whatever the program was set to. */
function speeds(): (number | null)[] {
  if (SPEEDS.includes(speed.value)) return SPEEDS;
  return [...SPEEDS, speed.value].sort((a, b) => (a ?? 0) - (b ?? 0));
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
function Reason({ kind }: { kind: 'stop' | 'abort' }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const reason = useSignal('');
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      aria-label={kind === 'stop' ? 'Stop the run' : 'Abort the run'}
      onClose={() => {
        asking.value = null;
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          session.control(kind === 'stop' ? 'loop.stop' : 'loop.abort', reason.value ? { reason: reason.value } : {});
          dialog.current?.close();
        }}
      >
        <h2>{kind === 'stop' ? 'Stop the run' : 'Abort the run'}</h2>
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
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class={kind === 'abort' ? 'danger' : 'primary'}>
            {kind === 'stop' ? 'Stop' : 'Abort'}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function Breakpoints({ off }: { off: boolean }) {
  const kind = useSignal<'state' | 'event' | 'when'>('state');
  const text = useSignal('');
  const path = useSignal('');
  const points = breakpoints.value.filter(isOpen);
  const count = points.length;
  return (
    <Menu
      label={`Breakpoints${count ? ` (${count})` : ''}`}
      disabled={off}
      onOpen={() => {
        void refreshSettings();
      }}
    >
      <div class="sheet">
        {!count ? <p class="note">The run pauses where a breakpoint is met.</p> : null}
        {points.map((point) => (
          <div class="point" key={JSON.stringify(point)}>
            <span>{point.id ?? point.path ?? 'any loop'}</span>
            <code>{wordsOf(point)}</code>
            <button
              type="button"
              class="flat"
              aria-label="Remove"
              onClick={() => setBreakpoints(points.filter((other) => other !== point))}
            >
              ✕
            </button>
          </div>
        ))}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (!text.value.trim()) return;
            setBreakpoints([...points, { ...(path.value && { path: path.value }), [kind.value]: text.value.trim() }]);
            text.value = '';
          }}
        >
          <select
            aria-label="Loop"
            value={path.value}
            onChange={(e) => {
              path.value = e.currentTarget.value;
            }}
          >
            <option value="">any loop</option>
            {[...session.store.paths.keys()].map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
          <select
            aria-label="Kind"
            value={kind.value}
            onChange={(e) => {
              kind.value = e.currentTarget.value as 'state';
            }}
          >
            <option value="state">in state</option>
            <option value="event">on event</option>
            <option value="when">when</option>
          </select>
          <input
            type="text"
            aria-label="What to wait for"
            placeholder={{ state: 'ending', event: 'loop.failed', when: 'state.loss > 2' }[kind.value]}
            value={text.value}
            onInput={(e) => {
              text.value = e.currentTarget.value;
            }}
          />
          <button type="submit">Add</button>
        </form>
      </div>
    </Menu>
  );
}

/** All that has to be so for a breakpoint to be met. */
function wordsOf({ state, event, when }: Breakpoint): string {
  return [state && `state ${state}`, event && `event ${event}`, when && `when ${when}`].filter(Boolean).join(', ');
}
