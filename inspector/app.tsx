import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { FIELD, openFiles } from './page/open-file.ts';
import { paneSizeStyle } from './page/pane-sizes.ts';
import { PANES, type Pane } from './page/selection.ts';
import { session } from './page/session.ts';
import { Chart } from './views/chart.tsx';
import { Compare } from './views/compare.tsx';
import { Empty } from './views/empty.tsx';
import { ForkDialog } from './views/fork.tsx';
import { Header } from './views/header.tsx';
import { Help } from './views/help.tsx';
import { Log } from './views/log.tsx';
import { NestView } from './views/nest.tsx';
import { Notices } from './views/notices.tsx';
import { Plots } from './views/plots.tsx';
import { Runs } from './views/runs.tsx';
import { Scrubber } from './views/scrubber.tsx';
import { Sequence } from './views/sequence.tsx';
import { State } from './views/state.tsx';
import { TimeTable } from './views/time-table.tsx';
import { Timeline } from './views/timeline.tsx';
import { Tree } from './views/tree.tsx';
import { VerdictLine } from './views/verdict.tsx';
import { Guarded } from './widgets/guarded.tsx';

const VIEWS = {
  nest: NestView,
  chart: Chart,
  plots: Plots,
  time: TimeTable,
  sequence: Sequence,
  runs: Runs,
  compare: Compare,
  log: Log,
  state: State,
};

/** Where there is room, log and state always show, and only the others share a place. Of several runs, the list comes first. */
function tabsNow(): readonly Pane[] {
  session.arrived.value;
  const recordings = session.recordings.value;
  const several = recordings.length > 1 || recordings.some(({ store }) => store.runs.length > 1);
  const isThere = (pane: Pane) => {
    if (pane === 'log' || pane === 'state') return session.narrow.value;
    return pane !== 'compare' || session.compared.value.length > 1;
  };
  const tabs = PANES.filter(isThere);
  return several ? ['runs', ...tabs.filter((pane) => pane !== 'runs')] : tabs;
}

export function App() {
  const over = useSignal(false);
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
      openFiles(event.dataTransfer?.files);
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
  const some = session.store.roots.length > 0 || session.store.apps.size > 0;
  const { parted } = session;
  return (
    <div class={`app ${parted ? 'parted' : ''}`}>
      <input
        id={FIELD}
        type="file"
        hidden
        multiple
        aria-label="Recordings"
        accept=".jsonl,.ndjson,.gz"
        onChange={(event) => {
          openFiles(event.currentTarget.files);
          // The same file can be chosen again.
          event.currentTarget.value = '';
        }}
      />
      <Guarded name="header">
        <Header />
      </Guarded>
      <Guarded name="verdict">
        <VerdictLine />
      </Guarded>
      <Guarded name="notices">
        <Notices />
      </Guarded>
      {some ? (
        <Guarded name="views">
          <Views />
        </Guarded>
      ) : (
        <main>
          <Guarded name="start">
            <Empty />
          </Guarded>
        </main>
      )}
      <Guarded name="fork">
        <ForkDialog />
      </Guarded>
      {over.value ? <div class="over">Drop recordings to open them</div> : null}
      {session.help.value ? (
        <Guarded name="help">
          <Help />
        </Guarded>
      ) : null}
    </div>
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
  const tabs = tabsNow();
  const shown = tabs.includes(pane) ? pane : 'nest';
  const View = VIEWS[shown];
  return (
    <main class={narrow ? 'narrow' : 'wide'} style={paneSizeStyle()}>
      <div class="when">
        <Guarded name="timeline">
          <Timeline />
        </Guarded>
        <Guarded name="scrubber">
          <Scrubber />
        </Guarded>
      </div>
      <Guarded name="tree">
        <Tree />
      </Guarded>
      <div class={`middle tabs${tabs.length}`}>
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
