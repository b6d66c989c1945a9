import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import { embedded } from '../sources/embedded.ts';

/*
 * The layout of a large chart takes a second: it is done in a worker. Its script is a file beside the page, because the
 * page's policy allows no other; a page that was saved as one file has it inside, where its recording needs it.
 */

const url = () => new URL(workerUrl, location.href);

/** @throws Error where there is no script for it */
export async function startLayoutWorker(): Promise<Worker> {
  if (!embedded('recording')) return new Worker(url());
  const script = embedded('layout');
  if (!script) throw new Error('this page was saved without what lays out charts');
  return new Worker(URL.createObjectURL(new Blob([await unzipped(script.bytes())], { type: 'text/javascript' })));
}

/** The script, gzipped, for a page that is saved; nothing where it cannot be had: then the chart is the one thing that is missing. */
export async function layoutScript(): Promise<Blob | undefined> {
  const inside = embedded('layout');
  if (inside) return new Response(inside.bytes() as BodyInit).blob();
  try {
    const { ok, body } = await fetch(url());
    return ok && body ? await new Response(body.pipeThrough(new CompressionStream('gzip'))).blob() : undefined;
  } catch {
    return undefined;
  }
}

const unzipped = (bytes: ReadableStream<Uint8Array>): Promise<Blob> =>
  new Response(bytes.pipeThrough(new DecompressionStream('gzip') as any) as ReadableStream).blob();
