import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { LoopError, MisconfigurationError } from '../../data/errors.ts';
import { mostZipped, type SavedRecording, savedPage } from '../../inspect/saved-page.ts';
import { chartLine } from '../../inspect/wire.ts';
import { quoted } from '../answer.ts';
import { builtPage, pageRemedy } from '../page.ts';
import { checkRecording } from './check.ts';
import { openRecording } from './file.ts';
import { shownPath } from './path.ts';
import { pageText } from './text.ts';

/**
 * Writes the inspector's page with recordings in it: one file that opens from a disk, without a server or a network. It shows
 * the first. What lies at that path is replaced when all of it is written, and not before.
 * @returns how many bytes it has
 * @throws LoopError for a file that is no recording, is too large for a page, or where the page cannot be written
 */
export async function writePage(files: readonly string[], path: string, page: string = builtPage()): Promise<number> {
  if (!/\.html?$/i.test(path)) {
    const got = quoted(path);
    throw new MisconfigurationError(`Expected \`--html\` to be the path of a file that ends in .html, got ${got}.`);
  }
  for (const file of files) await checkRecording(file);
  const template = await templateIn(page);
  const recordings: SavedRecording[] = [];
  let others = false;
  let room = mostZipped;
  for (const file of files) {
    const { base64, bytes, hasOtherChart } = await packed(file, room);
    room -= bytes;
    others ||= hasOtherChart;
    recordings.push({ name: nameIn(file, recordings), base64 });
  }
  const layout = others ? { layout: [await layoutIn(page)] } : {};
  await replace(path, savedPage(template, { recordings, view: '', ...layout }));
  return (await stat(path)).size;
}

/** What a recording is called in a page: as its file is, and where another is called so too, with a number. */
function nameIn(file: string, others: readonly SavedRecording[]): string {
  const own = basename(file).replace(/\.gz$/, '');
  let name = own;
  for (let n = 2; others.some((other) => other.name === name); n++) name = own.replace(/(\.jsonl)?$/, ` (${n})$1`);
  return name;
}

async function templateIn(page: string): Promise<string> {
  try {
    return await readFile(join(page, 'single.html'), 'utf8');
  } catch (cause) {
    const message = `Expected the inspector’s page in one file, single.html, in ${page}, found none (${(cause as Error).message}). ${pageRemedy}`;
    throw new LoopError('MISCONFIGURATION', message, '', { cause });
  }
}

/** The script that lays out charts, as a page has it inside. */
async function layoutIn(page: string): Promise<string> {
  const names = await readdir(join(page, 'assets'));
  const script = names.find((name) => name.startsWith('elk-worker'));
  if (script === undefined)
    throw new MisconfigurationError(`Expected what lays out charts in ${join(page, 'assets')}, found none.`);
  return gzipSync(await readFile(join(page, 'assets', script))).toString('base64');
}

/** What is in the page of a recording. */
interface Packed {
  base64: string[];
  bytes: number;
  hasOtherChart: boolean;
}

/** A recording as the page reads it, gzipped, as pieces of base64. @param room for so many bytes */
async function packed(path: string, room: number): Promise<Packed> {
  const file = await openRecording(path);
  try {
    let hasOtherChart = false;
    const looked = async function* () {
      for await (const portion of pageText(file, basename(path).replace(/\.gz$/, ''))) {
        hasOtherChart ||= holdsOtherChart(portion);
        yield portion;
      }
    };
    const text = Readable.from(looked());
    const gzip = createGzip();
    text.on('error', (error) => gzip.destroy(error));
    const base64: string[] = [];
    let size = 0;
    // Three bytes are four signs: what is left over waits for the next piece.
    let rest = Buffer.alloc(0);
    for await (const piece of text.pipe(gzip)) {
      size += piece.length;
      if (size > room) throw tooLarge(path);
      const bytes = Buffer.concat([rest, piece]);
      const whole = bytes.length - (bytes.length % 3);
      base64.push(bytes.toString('base64', 0, whole));
      rest = bytes.subarray(whole);
    }
    return { base64: [...base64, rest.toString('base64')], bytes: size, hasOtherChart };
  } finally {
    await file.close();
  }
}

function tooLarge(path: string): LoopError {
  const most = `${mostZipped / 1024 / 1024} MiB`;
  return new LoopError(
    'STORE',
    `Expected recordings of at most ${most} gzipped, got more with ${shownPath(path)}. Open it with \`loopchart view\`, select a part of its time there, and save that as a page.`,
  );
}

const ownChart = JSON.stringify(chartLine(0, 0).root);
const sign = '"type":"chart"';

/** Whether one of some whole lines is a chart that the page has no picture of. */
function holdsOtherChart(lines: Buffer): boolean {
  if (!lines.includes(sign)) return false;
  return lines
    .toString()
    .split('\n')
    .some((line) => {
      if (!line.includes(sign)) return false;
      try {
        const { type, root } = JSON.parse(line);
        return type === 'chart' && JSON.stringify(root) !== ownChart;
      } catch {
        // No line: the page tells so.
        return false;
      }
    });
}

/** Puts text at a path, in one go: whoever reads there finds all of it, or what was there before. */
async function replace(path: string, pieces: readonly string[]): Promise<void> {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const stream = createWriteStream(unfinished, { flags: 'wx' });
    const done = finished(stream);
    done.catch(() => {});
    for (const piece of pieces) if (!stream.write(piece)) await Promise.race([once(stream, 'drain'), done]);
    stream.end();
    await done;
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw new LoopError(
      'STORE',
      `Expected to write the page to ${shownPath(path)}, but could not: ${(cause as Error).message}. Give another path.`,
      '',
      { cause },
    );
  }
}
