import { saveRecording } from '../export/recording.ts';
import type { Recording } from '../page/recording.ts';
import { session } from '../page/session.ts';
import { figure } from '../text/number.ts';
import { size } from '../text/time.ts';

const KINDS: Record<string, string> = {
  opening: 'is being opened',
  live: 'runs now',
  waiting: 'is waited for',
  whole: '',
  failed: 'could not be read to its end',
};

/** The recordings and programs that are open: each can be saved and closed. */
export function Opened() {
  session.arrived.value;
  const recordings = session.recordings.value;
  return (
    <ul class="opened" aria-label="Open recordings">
      {recordings.map((recording) => (
        <One key={recording} recording={recording} />
      ))}
    </ul>
  );
}

function One({ recording }: { recording: Recording }) {
  const { title, store, status } = recording;
  const { kind = 'opening', text = '' } = status.value ?? {};
  const told = [KINDS[kind], text].filter(Boolean).join(': ');
  const held = `${figure(store.end - store.first)} events, ${size(store.bytes)}`;
  return (
    <li class={`source ${kind}`} aria-current={session.recording.value === recording}>
      <button
        type="button"
        class="flat title"
        title={`Show ${title}${told ? ` (${told})` : ''}: ${held}${store.dropped ? `, ${figure(store.dropped)} oldest dropped` : ''}`}
        onClick={() => session.show(recording)}
      >
        <i />
        <span>{title}</span>
        <small>{store.runs.length === 1 ? '1 run' : `${figure(store.runs.length)} runs`}</small>
      </button>
      <button
        type="button"
        class="flat"
        disabled={!store.end}
        aria-label={`Save ${title}`}
        title="Save this recording"
        onClick={() => void saveRecording(recording)}
      >
        ⤓
      </button>
      <button
        type="button"
        class="flat"
        aria-label={`Close ${title}`}
        title={recording.source.send ? 'Close it; its run goes on' : 'Close it'}
        onClick={() => session.close(recording)}
      >
        ✕
      </button>
    </li>
  );
}
