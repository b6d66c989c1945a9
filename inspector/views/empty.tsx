import { chooseFile } from '../page/open-file.ts';
import { session } from '../page/session.ts';

/** Nothing to show yet, or nothing that can be: what to do about it. */
export function Empty() {
  const status = session.status.value;
  const source = session.source.value;
  const none = status?.kind === 'whole';
  if (source && status?.kind !== 'failed' && !none) {
    return (
      <div class="empty" role="status">
        <p class="large">{status?.text ?? 'Opening'}…</p>
        {status?.kind === 'live' ? <p>No loop has begun yet. It appears here as soon as one does.</p> : null}
      </div>
    );
  }
  return (
    <div class="empty">
      {status?.kind === 'failed' ? (
        <p class="large bad" role="alert">
          {status.text}
        </p>
      ) : none ? (
        <p class="large bad" role="alert">
          Expected {source?.title} to hold a loop, but it holds none. {status.text} Record a run from its beginning, or
          open another recording.
        </p>
      ) : (
        <p class="large">Watch a run of loops, pause it, go back in time.</p>
      )}
      <button type="button" class="drop" onClick={chooseFile}>
        Drop a recording here, or choose one
        <small>.jsonl or .jsonl.gz, read by this page alone: nothing is uploaded</small>
      </button>
      <div class="ways">
        <p>To watch a run as it happens, start it with the inspector on and open the address it prints:</p>
        <pre>LOOPCHART_INSPECT=1 node train.js</pre>
        <p>To open a recording from the shell:</p>
        <pre>npx loopchart view run.jsonl.gz</pre>
      </div>
    </div>
  );
}
