import { aroundRecording, mostZipped } from '../../src/inspect/saved-page.ts';
import { needsLayout } from '../drawing/chart-pictures.ts';
import { layoutScript } from '../drawing/layout-worker.ts';
import { size } from '../text/time.ts';
import { saveFile } from './download.ts';
import { template } from './page-template.ts';
import { type Held, nameOf, type Part, recordingFile } from './recording.ts';

/** Bytes become base64 so many at a time: a multiple of three, which are four signs. */
const PORTION = 3 * (1 << 19);

/**
 * Saves this page with the recording in it, as one file that needs no server and no network. It holds the lines that this
 * page was told, and nothing that was asked for beyond them.
 * @param view the words of a link: how that page looks at it when it is opened
 * @throws Error where it cannot be made
 */
export async function savePage(held: Held, view: string, part: Part = null): Promise<void> {
  const { store, contexts } = held;
  // Before anything is waited for: rows that are let go meanwhile would be missing.
  const recording = recordingFile(store, contexts, part);
  const [page, zipped] = await Promise.all([template(), recording]);
  if (zipped.size > mostZipped) {
    throw new Error(
      `expected at most ${size(mostZipped)} gzipped, got ${size(zipped.size)}; select a part of the time`,
    );
  }
  const name = nameOf(store);
  const layout = [...store.charts.values()].some(needsLayout) ? await layoutScript() : undefined;
  const [before, behind] = aroundRecording(page, {
    name: `${name}.jsonl`,
    view,
    ...(layout && { layout: (await base64Of(layout)).join('') }),
  });
  saveFile(`${name}.html`, 'text/html', [before, ...(await base64Of(zipped)), behind]);
}

async function base64Of(blob: Blob): Promise<string[]> {
  const pieces: string[] = [];
  for (let at = 0; at < blob.size; at += PORTION) pieces.push(await signsOf(blob.slice(at, at + PORTION)));
  return pieces;
}

function signsOf(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve((reader.result as string).slice((reader.result as string).indexOf(',') + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
