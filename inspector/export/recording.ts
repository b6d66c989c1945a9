import { asItCame } from '../lines/whole-line.ts';
import type { Contexts } from '../run/contexts.ts';
import { standingBefore } from '../run/standing-before.ts';
import type { Store } from '../run/store.ts';
import { saveFile } from './download.ts';

/** Lines are turned to text so many at a time, so that the page stays awake. */
const PORTION = 2000;

/** A part of time, in milliseconds since 1970. */
export type Part = { from: number; to: number } | null;

/** The rows of a part of time, all that are held for none. */
function rowsOf(store: Store, part: Part): { first: number; end: number } {
  if (!part) return { first: store.first, end: store.end };
  const rows = { first: store.rowFromTime(part.from), end: store.rowOfTime(part.to) + 1 };
  // The nearest event before that time does not lie in it.
  if (rows.first < rows.end && store.t(rows.first) <= part.to) return rows;
  throw new Error('expected an event in the selected time, found none; select more of it');
}

/**
 * The recording as this page holds it, or a part of its time. Where its first lines are not in it, each loop that still
 * matters begins with a line of how it stood then, marked late, so that the file can be opened by itself.
 * @throws Error where no event lies in that time
 */
export async function* recordingLines(store: Store, contexts: Contexts, part: Part = null): AsyncGenerator<string> {
  if (!store.end) return;
  const { first, end } = rowsOf(store, part);
  if (store.line(first).type !== 'recording') {
    for (const line of standingBefore(store, contexts, { first, end })) yield `${store.textOf(line)}\n`;
  }
  for (let row = first; row < end; ) {
    let text = '';
    for (const until = Math.min(end, row + PORTION); row < until; row++)
      text += `${store.textOf(asItCame(store.line(row)))}\n`;
    yield text;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** The same, gzipped, as a file's content. */
export async function recordingFile(store: Store, contexts: Contexts, part: Part = null): Promise<Blob> {
  const lines = recordingLines(store, contexts, part);
  const text = new ReadableStream<string>({
    async pull(controller) {
      const { done, value } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const zipped = text.pipeThrough(new TextEncoderStream() as any).pipeThrough(new CompressionStream('gzip') as any);
  return new Response(zipped as ReadableStream).blob();
}

/** What a run is called in the names of files. */
export const nameOf = (store: Store): string =>
  (store.runId || 'run').replace(/\.jsonl$/, '').replace(/[^\w.-]+/g, '-');

/** What is saved. */
export interface Held {
  store: Store;
  contexts: Contexts;
}

/** Downloads it. */
export async function saveRecording({ store, contexts }: Held, part: Part = null): Promise<void> {
  saveFile(`${nameOf(store)}.jsonl.gz`, 'application/gzip', [await recordingFile(store, contexts, part)]);
}
