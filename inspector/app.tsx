import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { borderStyle } from './borders.ts';
import type { Pane } from './look.ts';
import { FIELD, openFile } from './open.ts';
import { saveRecording } from './save/recording.ts';
import { session } from './session.ts';
import { standing } from './standing.ts';
import { Chart } from './views/chart.tsx';
import { Empty } from './views/empty.tsx';
import { Guarded } from './views/guarded.tsx';
import { Header } from './views/header.tsx';
import { Help } from './views/help.tsx';
import { Log } from './views/log.tsx';
import { Plots } from './views/plots.tsx';
import { Scrubber } from './views/scrubber.tsx';
import { State } from './views/state.tsx';
import { Timeline } from './views/timeline.tsx';
import { Tree } from './views/tree.tsx';

const PANES: readonly Pane[] = ['chart', 'plots', 'log', 'state'];
const VIEWS = { chart: Chart, plots: Plots, log: Log, state: State };
/** Below this there is room for the tree and one view beside it. */
const NARROW = '(max-width: 1099px)';

export function App() {
  const over = useSignal(false);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const fit = () => {
      session.narrow.value = query.matches;
    };
    fit();
    query.addEventListener('change', fit);
    return () => query.removeEventListener('change', fit);
  }, []);
  // On the window, so that a recording can be dropped anywhere.
  useEffect(() => {
    const onOver = (event: DragEvent) => {
      event.preventDefault();
      over.value = true;
    };
    const onLeave = (event: DragEvent) => {
      if (!event.relatedTarget) over.value = false;
    };
    const onDrop = (event: DragEvent) => {
      event.preventDefault();
      over.value = false;
      openFile(event.dataTransfer?.files[0]);
    };
    addEventListener('dragover', onOver);
    addEventListener('dragleave', onLeave);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onOver);
      removeEventListener('dragleave', onLeave);
      removeEventListener('drop', onDrop);
    };
  }, []);
  session.version.value;
  const some = session.store.roots.length > 0;
  const { parted } = session;
  return (
    <div class={`app ${parted ? 'parted' : ''}`}>
      <input
        id={FIELD}
        type="file"
        hidden
        aria-label="Recording"
        accept=".jsonl,.ndjson,.gz"
        onChange={(event) => {
          openFile(event.currentTarget.files?.[0]);
          // The same file can be chosen again.
          event.currentTarget.value = '';
        }}
      />
      <Header />
      {some && !parted ? <Stands /> : null}
      {parted ? <Parted /> : null}
      <Recordings />
      <Trouble />
      <Before />
      <Others />
      {some ? (
        <Views />
      ) : (
        <main>
          <Empty />
        </main>
      )}
      {over.value ? <div class="over">Drop the recording to open it</div> : null}
      {session.help.value ? <Help /> : null}
    </div>
  );
}

/** What a broken connection or a torn file has to say stands over the views, which stay. */
function Stands() {
  // Whether the run has ended is to be seen only when all has come in.
  session.version.value;
  const status = session.status.value;
  if (!status || !['waiting', 'failed', 'whole'].includes(status.kind)) return null;
  const stops = status.kind === 'whole' && !session.over;
  if (!status.text && !stops) return null;
  return (
    <p class={`notice ${status.kind} ${status.text ? '' : 'quiet'}`} role="status">
      {status.text}
      {stops ? ' The recording stops before its run ends: how that went on is not known.' : ''}
    </p>
  );
}

/** Says that the file holds more recordings, one behind the other: what they hold is not mixed. */
function Recordings() {
  const { recordings = 1 } = session.status.value ?? {};
  const { recording, which = 1 } = session.source.value ?? {};
  if (!recording || recordings < 2) return null;
  const next = (which % recordings) + 1;
  return (
    <p class="notice" role="status">
      This file holds {recordings} recordings, one behind the other. Recording {which} is shown.{' '}
      <button type="button" onClick={() => session.open(recording(next))}>
        Show recording {next}
      </button>
    </p>
  );
}

/** By the state that a run ended in. */
const OUTCOMES = new Map([
  ['finished', 'has finished'],
  ['failed', 'has failed'],
  ['aborted', 'was aborted'],
]);

/** Says that nothing more is to come, and that this page alone holds what was seen. */
function Parted() {
  const { store } = session;
  const root = store.roots.at(-1);
  const ended = OUTCOMES.get((root && standing(store, root, store.last)?.value) ?? '') ?? 'has ended';
  return (
    <p class="notice quiet" role="status">
      The run {ended} and {session.status.value?.gone ?? 'its program has ended'}. Save the recording to keep it.{' '}
      <button type="button" onClick={() => void saveRecording(session)}>
        Save the recording
      </button>
    </p>
  );
}

/** Says what could not be opened. What is shown stays. */
function Trouble() {
  const { trouble } = session;
  if (!trouble.value) return null;
  return (
    <p class="notice failed" role="alert">
      {trouble.value}{' '}
      <Dismiss
        onClick={() => {
          trouble.value = '';
        }}
      />
    </p>
  );
}

/** Says that something else has taken the place of what was shown. */
function Before() {
  const before = session.before.value;
  if (!before) return null;
  return (
    <p class="notice" role="status">
      {before.why}{' '}
      {before.from ? (
        <>
          <button type="button" onClick={() => session.goBack()}>
            {before.from.source.send ? 'Go back to the run' : 'Go back'}
          </button>{' '}
        </>
      ) : null}
      <button type="button" onClick={() => void saveRecording(before)}>
        Save the one before
      </button>{' '}
      <Dismiss
        onClick={() => {
          session.before.value = undefined;
        }}
      />
    </p>
  );
}

/** Says that there are more runs where the one that is shown is. */
function Others() {
  const { source, others } = session;
  if (!others.value) return null;
  const more = others.value === 1 ? 'Another run answers' : `${others.value} other runs answer`;
  return (
    <p class="notice quiet" role="status">
      {more} on {source.value?.title}, too.{' '}
      <button type="button" onClick={() => source.value?.turn?.()}>
        Show {others.value === 1 ? 'that one' : 'another'}
      </button>
    </p>
  );
}

function Dismiss({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" class="flat" aria-label="Dismiss" onClick={onClick}>
      ✕
    </button>
  );
}

/**
 * How many of some parts are there yet: one more each frame. To make all views at once takes so long that a page
 * which has just begun to read would not answer meanwhile.
 */
function useStages(count: number): number {
  const stage = useSignal(1);
  useEffect(() => {
    if (stage.value === count) return;
    const frame = requestAnimationFrame(() => {
      stage.value++;
    });
    return () => cancelAnimationFrame(frame);
  }, [stage.value]);
  return stage.value;
}

function Views() {
  const stage = useStages(4);
  const narrow = session.narrow.value;
  const pane = session.pane.value;
  // Where there is room, log and state always show, and only chart and plots share a place.
  const tabs = narrow ? PANES : PANES.slice(0, 2);
  const shown = tabs.includes(pane) ? pane : 'chart';
  const View = VIEWS[shown];
  return (
    <main class={narrow ? 'narrow' : 'wide'} style={borderStyle()}>
      <div class="when">
        <Guarded name="timeline">
          <Timeline />
        </Guarded>
        <Scrubber />
      </div>
      <Guarded name="tree">
        <Tree />
      </Guarded>
      <div class="middle">
        <div class="tabs" role="tablist" aria-label="Views">
          {tabs.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={name === shown}
              aria-controls="pane"
              onClick={() => {
                session.pane.value = name;
              }}
            >
              {name}
            </button>
          ))}
        </div>
        <div id="pane" class="pane" role="tabpanel" aria-labelledby={`tab-${shown}`}>
          {stage > 2 ? (
            <Guarded key={shown} name={shown}>
              <View />
            </Guarded>
          ) : null}
        </div>
        {narrow || stage < 2 ? null : (
          <Guarded name="log">
            <Log />
          </Guarded>
        )}
      </div>
      {narrow || stage < 4 ? null : (
        <Guarded name="state">
          <State />
        </Guarded>
      )}
    </main>
  );
}
