import type { Source, Status } from '../source.ts';
import { type Reading, readLines } from './reader.ts';

const plural = (count: number, word: string) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

/** What to tell people about a file that has been read. */
function verdict(reading: Reading): Status {
  const bad = reading.bad ? `${plural(reading.bad, 'line')} could not be read (${reading.firstFault})` : '';
  if (!reading.lines) {
    const why = bad || (reading.torn ? 'its only line is not JSON' : 'it is empty');
    return {
      kind: 'failed',
      text: `This is not a recording of loopchart: ${why}. Open a .jsonl or .jsonl.gz file made by record().`,
    };
  }
  const torn = reading.broken
    ? `the file ends too early (${reading.broken.replace(/\.$/, '')})`
    : 'the last line was cut off';
  const notes = [bad, reading.torn ? torn : ''].filter(Boolean);
  return { kind: 'whole', text: notes.join('; ') };
}

type Open = () => Promise<ReadableStream<Uint8Array>>;

function sourceOf(title: string, open: Open, link?: Source['link']): Source {
  return {
    title,
    ...(link && { link }),
    start(onLines, onStatus) {
      const stop = new AbortController();
      onStatus({ kind: 'opening', text: `Reading ${title}` });
      open()
        .then((bytes) => readLines(bytes, onLines, stop.signal))
        .then((reading) => {
          if (!stop.signal.aborted) onStatus(verdict(reading));
        })
        .catch((error: unknown) => {
          if (!stop.signal.aborted) onStatus({ kind: 'failed', text: `${title} could not be read: ${String(error)}` });
        });
      return () => stop.abort();
    },
  };
}

/** A recording that was dropped or chosen. Nothing is uploaded: the page reads it itself. */
export function fileSource(file: File): Source {
  return sourceOf(file.name, async () => file.stream());
}

/** A recording that lies beside the page, for a static site: `#file=run.jsonl.gz`. No other origin is asked. */
export function besideSource(name: string): Source {
  const open = async () => {
    const url = new URL(name, location.href);
    if (url.origin !== location.origin) throw new Error('only a file of this site can be opened by a link');
    const response = await fetch(url);
    if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
    return response.body;
  };
  return sourceOf(name, open, { file: name });
}
