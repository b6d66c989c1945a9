import { saveRecording } from '../export/recording.ts';
import { filePart } from '../page/file-part.ts';
import { session } from '../page/session.ts';
import { type Ending, endingOf } from '../run/why-ended.ts';
import { FilePartNotice } from './file-part.tsx';

/** What is to be said of all that is shown stands over the views, which stay. */
export function Notices() {
  session.version.value;
  const { parted, store } = session;
  return (
    <>
      {parted ? <Parted /> : store.roots.length ? <Stands /> : null}
      <Recordings />
      <FilePartNotice />
      <Trouble />
      <Before />
      <Others />
    </>
  );
}

/** What a broken connection or a torn file has to say. */
function Stands() {
  // Whether the run has ended is to be seen only when all has come in.
  session.version.value;
  const status = session.status.value;
  if (!status || !['waiting', 'failed', 'whole'].includes(status.kind)) return null;
  const stops = status.kind === 'whole' && !session.over && filePart()?.later === undefined;
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

/** By how a run ended. */
const OUTCOMES: Partial<Record<Ending['how'], string>> = {
  finished: 'has finished',
  ended: 'was ended',
  stopped: 'was stopped',
  failed: 'has failed',
  aborted: 'was aborted',
};

/** Says that nothing more is to come, and that this page alone holds what was seen. */
function Parted() {
  const { store, contexts } = session;
  const root = store.roots.at(-1);
  const ended = (root && OUTCOMES[endingOf(store, contexts, root).how]) ?? 'has ended';
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

/** Says that another run has taken the place of the one that was shown. */
function Before() {
  const before = session.before.value;
  if (!before) return null;
  return (
    <p class="notice" role="status">
      Another run has taken this address, and is shown now.{' '}
      <button type="button" onClick={() => session.show(before)}>
        Show the one before
      </button>{' '}
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
