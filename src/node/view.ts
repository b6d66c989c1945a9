import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { MisconfigurationError } from '../data/errors.ts';
import { refuse } from './answer.ts';
import { checkHost, freshToken, type Guard } from './guard.ts';
import { openPage } from './open.ts';
import { builtPage, pathOf } from './page.ts';
import { checkRecording } from './recording/check.ts';
import { openRecording } from './recording/file.ts';
import { pageText } from './recording/text.ts';
import { notFound, type Site, serveSite } from './site.ts';

export interface ViewOptions {
  port?: number;
  open?: boolean;
}

/** So many pages are sent the file at a time: each has it open. */
const mostReaders = 16;

/**
 * Serves the page with a recording in it, until it is closed. Nothing can be sent to the recording, nothing is uploaded.
 * @throws LoopError for a file that is no recording, before anything is served
 */
export async function view(file: string, options: ViewOptions = {}, page?: string): Promise<Site> {
  const port = checkPort(options.port ?? 0);
  await checkRecording(file);
  const token = freshToken();
  const served = new ServedFile(file, token);
  const site = await serveSite({
    host: checkHost('127.0.0.1', false),
    port,
    token,
    hosts: [],
    origins: [],
    page: page ?? builtPage(),
    keep: true,
    answer: (request, response, guard) => served.answer(request, response, guard),
  });
  const url = `${site.url}#file=${served.path}`;
  if (options.open === true) openPage(url);
  return { ...site, url };
}

/** A recording beside the page. Where it lies is known to whoever has the link. */
class ServedFile {
  /** Relative to the page. */
  readonly path: string;
  readonly #file: string;
  readonly #name: string;
  #readers = 0;

  constructor(file: string, token: string) {
    this.#file = file;
    this.#name = basename(file)
      .replace(/\.gz$/, '')
      .replaceAll(/[^\w.-]+/g, '-');
    this.path = `recording/${token}/${this.#name}`;
  }

  /** @returns false for what is asked for elsewhere */
  answer(request: IncomingMessage, response: ServerResponse, guard: Guard): boolean {
    const [, place, token, name, ...rest] = pathOf(request).split('/');
    if (place !== 'recording') return false;
    if (!guard.knows(token) || name !== this.#name || rest.length > 0) refuse(response, notFound(request));
    else if (request.method === 'HEAD') response.writeHead(200, ndjson).end();
    else void this.#send(response);
    return true;
  }

  async #send(response: ServerResponse): Promise<void> {
    if (this.#readers >= mostReaders)
      return refuse(response, { status: 503, text: `Expected at most ${mostReaders} pages at a time. Load it again.` });
    this.#readers++;
    try {
      const file = await openRecording(this.#file);
      try {
        // A page takes its time with what has come.
        response.socket?.setTimeout(0);
        response.writeHead(200, ndjson);
        const text = Readable.from(pageText(file, basename(this.#file)));
        await sent(text, response);
      } finally {
        await file.close();
      }
    } catch (error) {
      // The file was there a moment ago. A page that sees its end missing says so.
      refuse(response, { status: 404, text: (error as Error).message });
    } finally {
      this.#readers--;
    }
  }
}

const ndjson = { 'content-type': 'application/x-ndjson; charset=utf-8' };

/** Resolves once all has been sent, or the page has gone. @throws what the text was broken off with */
async function sent(text: Readable, response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    text.once('error', reject);
    response.once('close', resolve);
    text.pipe(response);
  }).finally(() => text.destroy());
}

function checkPort(port: number): number {
  if (!(Number.isInteger(port) && port >= 0 && port < 65_536))
    throw new MisconfigurationError(`Expected the port to be a whole number from 0 to 65535, got \`${port}\`.`);
  return port;
}
