import { figure } from '../text/number.ts';
import { embedded } from './embedded.ts';
import { type Reading, readLines } from './jsonl.ts';
import type { Source, Status } from './source.ts';

/** So many of something, and what is the case with them. */
const some = (count: number, one: string, many: string) => (count === 1 ? one : `${figure(count)} ${many}`);

/** What to tell people about a file that has been read. */
function verdict(title: string, reading: Reading): Status {
  const { lines, recordings, missing, misplaced, bad, torn, broken } = reading;
  if (!lines) return { kind: 'failed', text: notOurs(title, reading) };
  const notes = [
    missing && `${some(missing, 'One line is', 'lines are')} missing: what stood there is not shown.`,
    bad &&
      `${some(bad, 'One line', 'lines')} could not be read, and ${bad === 1 ? 'is' : 'are'} left out (${reading.firstFault}).`,
    misplaced &&
      `${some(misplaced, 'One line is', 'lines are')} there twice or out of order, and left out (${
        misplaced === 1 ? '' : 'the first is '
      }line ${reading.firstMisplaced}).`,
    torn && (broken ? tooEarly(broken) : 'The last line was cut off: nothing that came after is known.'),
  ];
  return { kind: 'whole', text: notes.filter(Boolean).join(' '), recordings };
}

function notOurs(title: string, { bad, firstFault, torn }: Reading): string {
  const got = bad ? `none of its lines is one (${firstFault})` : torn ? 'its only line is not JSON' : 'it is empty';
  return `Expected ${title} to be a recording of loopchart, but ${got}. Open a .jsonl or .jsonl.gz file that record() has made or this page has saved.`;
}

/** @param broken what the browser says of a gzipped file that it could not unzip to its end */
function tooEarly(broken: string): string {
  return /junk|trailing|unexpected input/i.test(broken)
    ? 'Behind the end of the recording the file goes on, perhaps with another gzipped one: unzip it to see all of it.'
    : `The file ends too early or is damaged (${broken.replace(/\.$/, '')}): nothing that came after is known.`;
}

type Open = () => Promise<ReadableStream<Uint8Array>>;

/** @param which of the recordings that lie in the file one behind the other, counted from 1 */
function sourceOf(file: string, open: Open, link?: Source['link'], which = 1): Source {
  const title = which === 1 ? file : `${file}, recording ${which}`;
  return {
    title,
    which,
    recording: (other) => sourceOf(file, open, link, other),
    // A link leads to the first.
    ...(link && which === 1 && { link }),
    start(onLines, onStatus) {
      const stop = new AbortController();
      onStatus({ kind: 'opening', text: `Reading ${title}` });
      open()
        .then((bytes) => readLines(bytes, onLines, stop.signal, which))
        .then((reading) => {
          if (!stop.signal.aborted) onStatus(verdict(title, reading));
        })
        .catch((error: unknown) => {
          if (stop.signal.aborted) return;
          const why = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
          onStatus({
            kind: 'failed',
            text: `${title} could not be read: ${why}. Open it again, or another recording.`,
          });
        });
      return () => stop.abort();
    },
  };
}

/** A recording that was dropped or chosen. Nothing is uploaded: the page reads it itself. */
export function fileSource(file: File): Source {
  return sourceOf(file.name, async () => file.stream());
}

/** The recording that lies in the page itself, where it was saved with one. */
export function insideSource(): Source | undefined {
  const inside = embedded('recording');
  return inside && sourceOf(inside.name, async () => inside.bytes(), {});
}

/** A recording that lies beside the page, for a static site: `#file=run.jsonl.gz`. No other origin is asked. */
export function besideSource(name: string): Source {
  const open = async () => {
    const url = new URL(name, location.href);
    if (url.origin !== location.origin)
      throw new Error(`a link opens files of this site only, and this is one of ${url.origin}`);
    const response = await fetch(url);
    if (!response.ok || !response.body) throw new Error(`expected the server to answer 200, got ${response.status}`);
    return response.body;
  };
  // Where it lies is a matter of the address, what it is called of its last part.
  return sourceOf(name.slice(name.lastIndexOf('/') + 1), open, { file: name });
}
