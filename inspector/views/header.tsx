import { useSignal } from '@preact/signals';
import { copyText } from '../export/clipboard.ts';
import { saveFile } from '../export/download.ts';
import { mermaid } from '../export/mermaid.ts';
import { nameOf, type Part, saveRecording } from '../export/recording.ts';
import { savePage } from '../export/saved-page.ts';
import { svgText } from '../export/svg.ts';
import { chromeTrace } from '../export/trace.ts';
import { linkable, linkHere } from '../page/link.ts';
import { chooseFile } from '../page/open-file.ts';
import { session } from '../page/session.ts';
import { dark, toggleTheme } from '../page/theme.ts';
import { pageToSave } from '../page/to-save.ts';
import { whyMissing } from '../text/describe.ts';
import { figure } from '../text/number.ts';
import { size } from '../text/time.ts';
import { Menu } from '../widgets/menu.tsx';
import { chartNow } from './chart.tsx';
import { Controls } from './controls.tsx';

/** What is shown, whether it is all, and what can be done with it. */
export function Header() {
  const { store } = session;
  session.version.value;
  const status = session.status.value;
  const source = session.source.value;
  const { parted } = session;
  const kind = parted ? 'whole' : (status?.kind ?? 'none');
  return (
    <header class="top">
      <h1>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <path d="M13.5 8a5.5 5.5 0 1 1-2-4.2M11.6 1v3.2H8.4" />
        </svg>
        loopchart
      </h1>
      {source ? (
        <span class={`source ${kind}`} title={(!parted && status?.text) || source.title}>
          <i />
          {source.title}
        </span>
      ) : null}
      <Controls />
      <span class="grow" />
      <Limits />
      {source ? (
        <span class="dim held" title={`Held by this page: ${size(store.bytes)}`}>
          {figure(store.end - store.first)} events
        </span>
      ) : null}
      <button type="button" class="flat" title="Open a recording (o)" onClick={chooseFile}>
        Open
      </button>
      <Save />
      <button
        type="button"
        class="flat icon"
        aria-label={dark.value ? 'Light' : 'Dark'}
        title="Light, dark (t)"
        onClick={toggleTheme}
      >
        {dark.value ? '☀' : '☾'}
      </button>
      <button
        type="button"
        class="flat icon"
        aria-label="Keys"
        title="Keys (?)"
        onClick={() => {
          session.help.value = true;
        }}
      >
        ?
      </button>
    </header>
  );
}

/** What is not shown, counted. Nothing is left out in silence. */
function Limits() {
  const { store } = session;
  // Its own: a component is not drawn again because the one around it is.
  session.version.value;
  const hello = session.status.value?.hello;
  const missing = [
    store.unseen && !session.source.value?.from ? `${figure(store.unseen)} events before the first were not seen` : '',
    hello?.gap && !store.unseen && !store.lagged.has('dropped') ? 'some events were not seen' : '',
    ...[...store.lagged].map(([why, count]) => `${figure(count)} ${whyMissing(why)}`),
    store.dropped ? `${figure(store.dropped)} oldest dropped` : '',
    store.unreadable ? `${figure(store.unreadable)} could not be read` : '',
  ].filter(Boolean);
  return missing.length ? (
    <span class="limits" role="status" title={missing.join(' · ')}>
      {missing.join(' · ')}
    </span>
  ) : null;
}

function Save() {
  const busy = useSignal(false);
  const copied = useSignal(false);
  const onlyRange = useSignal(false);
  const copy = async () => {
    const link = linkHere();
    copied.value = await copyText(link);
    if (copied.value) setTimeout(() => (copied.value = false), 2000);
    else session.trouble.value = `The browser does not let this page copy. The link is ${link}`;
  };
  return (
    <Menu label={busy.value ? 'Saving…' : copied.value ? 'Copied' : 'Save'}>
      {(close) => {
        const doing = (save: () => void | Promise<void>) => async () => {
          close();
          busy.value = true;
          try {
            await save();
          } catch (error) {
            session.trouble.value = `This could not be saved: ${(error as Error).message}. What is shown stays; try again.`;
          } finally {
            busy.value = false;
          }
        };
        // Asked when the menu opens: before that nothing may have come in, and no chart been drawn.
        const some = session.store.end > 0;
        const part = onlyRange.value ? session.range.value : null;
        const inPage = some ? pageToSave(part !== null).recordings.length : 0;
        const name = nameOf(session.store);
        const drawing = document.querySelector<SVGSVGElement>('#statechart');
        return (
          <div class="sheet actions">
            {session.range.value ? (
              <label class="check">
                <input
                  type="checkbox"
                  checked={onlyRange.value}
                  onChange={(event) => {
                    onlyRange.value = event.currentTarget.checked;
                  }}
                />
                only the selected time
              </label>
            ) : null}
            <button type="button" disabled={!some} onClick={doing(() => saveRecording(session, part))}>
              Recording <small>.jsonl.gz</small>
            </button>
            <button
              type="button"
              disabled={!some}
              title="This page with the recording in it: one file that opens here, without a network"
              onClick={doing(() => saveThisPage(part))}
            >
              Page <small>{inPage > 1 ? `with ${inPage} recordings ` : ''}.html</small>
            </button>
            <button
              type="button"
              disabled={!drawing}
              title={drawing ? undefined : 'Show the chart to save it'}
              onClick={doing(() => saveFile(`${name}-chart.svg`, 'image/svg+xml', [svgText(drawing!)]))}
            >
              Chart <small>.svg</small>
            </button>
            <button
              type="button"
              disabled={!chartNow()}
              onClick={doing(() => saveFile(`${name}-chart.mmd`, 'text/plain', [mermaid(chartNow()!.root)]))}
            >
              Chart for Mermaid <small>.mmd</small>
            </button>
            <button
              type="button"
              disabled={!some}
              onClick={doing(() => saveFile(`${name}-trace.json`, 'application/json', [chromeTrace(session.store)]))}
            >
              Timeline for Perfetto <small>.json</small>
            </button>
            <button type="button" disabled={!linkable()} onClick={doing(copy)}>
              Copy link <small>to this moment</small>
            </button>
            <p class="note">
              A recording holds what the loops held, secrets too.
              {linkable() && session.source.value?.token ? ` ${whoMay()}` : null}
            </p>
          </div>
        );
      }}
    </Menu>
  );
}

/** Saves this page with what it shows. */
async function saveThisPage(part: Part): Promise<void> {
  const { recordings, view } = pageToSave(part !== null);
  const named = recordings.map(({ recording: { store, contexts }, name }) => ({ store, contexts, name }));
  await savePage(named, view, part);
}

/** What is given away with a link. */
function whoMay(): string {
  const may = session.status.value?.hello?.readonly ? 'watch the run' : 'watch and stop the run';
  return `The link holds the token: whoever has it can ${may}.`;
}
