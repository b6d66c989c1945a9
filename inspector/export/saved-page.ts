import { mostZipped, savedPage } from '../../src/inspect/saved-page.ts';
import { needsLayout } from '../drawing/chart-pictures.ts';
import { layoutScript } from '../drawing/layout-worker.ts';
import { size } from '../text/time.ts';
import { saveFile } from './download.ts';
import { template } from './page-template.ts';
import { type Held, nameOf, type Part, recordingFile } from './recording.ts';

/** Bytes become base64 so many at a time: a multiple of three, which are four signs. */
const PORTION = 3 * (1 << 19);

/** A recording that is saved in a page, under a name that no other there has. */
export interface Named extends Held {
  name: string;
}

/**
 * Saves this page with recordings in it, as one file that needs no server and no network. It holds the lines that this page
 * was told, and nothing that was asked for beyond them.
 * @param recordings the first is the one that is shown
 * @param view the words of a link: how that page looks at it when it is opened
 * @throws Error where it cannot be made
 */
export async function savePage(recordings: readonly Named[], view: string, part: Part = null): Promise<void> {
  const [page, ...zipped] = await Promise.all([
    template(),
    ...recordings.map(({ store, contexts }) => recordingFile(store, contexts, part)),
  ]);
  const bytes = zipped.reduce((sum, blob) => sum + blob.size, 0);
  if (bytes > mostZipped) {
    throw new Error(`expected at most ${size(mostZipped)} gzipped, got ${size(bytes)}; select a part of the time`);
  }
  const others = recordings.some(({ store }) => [...store.charts.values()].some(needsLayout));
  const layout = others ? await layoutScript() : undefined;
  const held = recordings.map(async ({ name }, at) => ({ name, base64: await base64Of(zipped[at]!) }));
  const pieces = savedPage(page, {
    recordings: await Promise.all(held),
    view,
    ...(layout && { layout: await base64Of(layout) }),
  });
  saveFile(`${nameOf(recordings[0]!.store)}.html`, 'text/html', pieces);
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
