import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { FIELD, openFile } from './open.ts';
import { saveRecording } from './save/recording.ts';
import { type Pane, session } from './session.ts';
import { Chart } from './views/chart.tsx';
import { Empty } from './views/empty.tsx';
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
  const status = session.status.value;
  const some = session.store.end > 0;
  // What a broken connection or a torn file has to say stands over the views, which stay.
  const notice = some && status?.text && ['waiting', 'failed', 'whole'].includes(status.kind);
  return (
    <div class="app">
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
      {notice ? (
        <p class={`notice ${status.kind}`} role="status">
          {status.text}
        </p>
      ) : null}
      <Before />
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

/** Says that another run has taken the place of the one that was shown. */
function Before() {
  const before = session.before.value;
  if (!before) return null;
  return (
    <p class="notice" role="status">
      Another run has taken this address, and is shown now.{' '}
      <button type="button" onClick={() => void saveRecording(before)}>
        Save the one before
      </button>{' '}
      <button
        type="button"
        class="flat"
        aria-label="Dismiss"
        onClick={() => {
          session.before.value = undefined;
        }}
      >
        ✕
      </button>
    </p>
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
    <main class={narrow ? 'narrow' : 'wide'}>
      <div class="when">
        <Timeline />
        <Scrubber />
      </div>
      <Tree />
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
          {stage > 2 ? <View /> : null}
        </div>
        {narrow || stage < 2 ? null : <Log />}
      </div>
      {narrow || stage < 4 ? null : <State />}
    </main>
  );
}
