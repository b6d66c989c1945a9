import { figure } from '../text/number.ts';
import { embeddedRecordings } from './embedded.ts';
import { FileParts } from './file-parts.ts';
import { type Reading, readLines } from './jsonl.ts';
import type { Source, Status, Taken } from './source.ts';
import { unzipped } from './unzip.ts';

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

/** A recording somewhere. */
interface Where {
  title: string;
  /** Its bytes from one of them on; from another than the first only where that costs nothing. */
  open(from: number): Promise<ReadableStream<Uint8Array>>;
  /** Whether it can be opened in its middle: not where it is zipped. */
  canSeek(): Promise<boolean>;
  link?: Source['link'];
  parts: FileParts;
}

/** @param which of the recordings that lie in the file one behind the other, counted from 1 */
function sourceOf(where: Where, which = 1, from?: number): Source {
  const { title: file, link, parts } = where;
  const title = which === 1 ? file : `${file}, recording ${which}`;
  return {
    title,
    which,
    recording: (other) => sourceOf(where, other),
    // A link leads to the first.
    ...(link && which === 1 && { link }),
    ...(which === 1 && { parts, ...(from !== undefined && { from }), partFrom: (mark) => sourceOf(where, 1, mark) }),
    start(onLines, onStatus) {
      const stop = new AbortController();
      onStatus({ kind: 'opening', text: `Reading ${title}` });
      const mark = parts.marks[from ?? 0]!;
      const head = encoder.encode(mark.text);
      const before = mark.text.split('\n').length - 1;
      let taken = 0;
      const take = (lines: Taken[], bytes: number, upTo: number) => {
        taken += lines.length;
        onLines(lines, bytes, { line: mark.line + taken - before, offset: mark.offset + upTo - head.length });
      };
      const wanted = {
        which,
        together: parts.every,
        ...(from !== undefined && { most: before + parts.linesOf(from) }),
      };
      bytesFrom(where, mark.offset, head)
        .then((bytes) => readLines(bytes, take, stop.signal, wanted))
        .then((reading) => {
          if (stop.signal.aborted) return;
          if (!reading.more) parts.isWhole = true;
          onStatus(verdict(title, reading));
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

const encoder = new TextEncoder();

/** The file from a place on, unzipped, with something before it. */
async function bytesFrom(where: Where, offset: number, head: Uint8Array): Promise<ReadableStream<Uint8Array>> {
  if (offset === 0) return await where.open(0);
  const seeks = await where.canSeek();
  const reader = (seeks ? await where.open(offset) : await unzipped(await where.open(0))).getReader();
  let ahead = seeks ? 0 : offset;
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(head),
    async pull(controller) {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        const kept = value.subarray(Math.min(ahead, value.length));
        ahead -= value.length - kept.length;
        if (kept.length > 0) return controller.enqueue(kept);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** A recording that was dropped or chosen. Nothing is uploaded: the page reads it itself. */
export function fileSource(file: File, parts: FileParts = new FileParts()): Source {
  return sourceOf({
    title: file.name,
    open: async (from) => file.slice(from).stream(),
    canSeek: async () => new Uint8Array(await file.slice(0, 2).arrayBuffer()).join() !== '31,139',
    parts,
  });
}

/** The recordings that lie in the page itself, where it was saved with some. A link leads to all of them. */
export function insideSources(): Source[] {
  return embeddedRecordings().map(({ name, bytes }) =>
    sourceOf({
      title: name,
      open: async () => bytes(),
      canSeek: async () => false,
      link: {},
      parts: new FileParts(),
    }),
  );
}

/** The name of a file without where it lies. */
const nameIn = (path: string) => path.slice(path.lastIndexOf('/') + 1) || path;

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
  return sourceOf({
    title: nameIn(name),
    open,
    canSeek: async () => false,
    link: { file: name },
    parts: new FileParts(),
  });
}
