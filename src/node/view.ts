import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { MisconfigurationError } from '../data/errors.ts';
import { refuse } from './answer.ts';
import { checkHost, freshToken, type Guard } from './guard.ts';
import { openPage } from './open.ts';
import { builtPage, pathOf } from './page.ts';
import { findRecordings } from './recording/directory.ts';
import { openRecording } from './recording/file.ts';
import { pageText } from './recording/text.ts';
import { notFound, type Site, serveSite } from './site.ts';

export interface ViewOptions {
  port?: number;
  open?: boolean;
}

/** So many pages are sent the file at a time: each has it open. */
const mostReaders = 16;

/** The page with recordings in it, served. */
export interface ViewSite extends Site {
  /** What lies in a directory that was given, looks like a recording and is none: why, in a line for each. */
  passedOver: string[];
}

/**
 * Serves the page with recordings in it, until it is closed: those at the paths, and of a directory all that lie in it.
 * Nothing can be sent to a recording, nothing is uploaded.
 * @throws LoopError for a file that is no recording and a directory without any, before anything is served
 */
export async function view(
  paths: string | readonly string[],
  options: ViewOptions = {},
  page?: string,
): Promise<ViewSite> {
  const port = checkPort(options.port ?? 0);
  const { files, passedOver } = await findRecordings(typeof paths === 'string' ? [paths] : paths);
  const token = freshToken();
  const served = new ServedFiles(files, token);
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
  const url = `${site.url}#${served.paths.map((path) => `file=${path}`).join('&')}`;
  if (options.open === true) openPage(url);
  return { ...site, url, passedOver };
}

/** Recordings beside the page. Where they lie is known to whoever has the link. */
class ServedFiles {
  readonly #token: string;
  /** By the names that they have there. */
  readonly #files = new Map<string, string>();
  #readers = 0;

  constructor(files: readonly string[], token: string) {
    this.#token = token;
    for (const file of files) this.#files.set(this.#freeName(file), file);
  }

  /** Relative to the page. */
  get paths(): string[] {
    return [...this.#files.keys()].map((name) => `recording/${this.#token}/${name}`);
  }

  #freeName(file: string): string {
    const own = basename(file)
      .replace(/\.gz$/, '')
      .replaceAll(/[^\w.-]+/g, '-');
    // In an address, dots alone lead elsewhere.
    const name = /^\.*$/.test(own) ? 'recording' : own;
    if (!this.#files.has(name)) return name;
    // Of another directory, or of one name but for signs that an address cannot have.
    for (let count = 2; ; count++) {
      const other = name.replace(/(\.[^.]*)?$/, `-${count}$1`);
      if (!this.#files.has(other)) return other;
    }
  }

  /** @returns false for what is asked for elsewhere */
  answer(request: IncomingMessage, response: ServerResponse, guard: Guard): boolean {
    const [, place, token, name, ...rest] = pathOf(request).split('/');
    if (place !== 'recording') return false;
    const file = rest.length === 0 && name !== undefined ? this.#files.get(name) : undefined;
    if (!guard.knows(token) || file === undefined) refuse(response, notFound(request));
    else void this.#send(file, response, request.method === 'HEAD');
    return true;
  }

  /** @param isHead whether its text is left out */
  async #send(path: string, response: ServerResponse, isHead: boolean): Promise<void> {
    if (this.#readers >= mostReaders)
      return refuse(response, { status: 503, text: `Expected at most ${mostReaders} pages at a time. Load it again.` });
    this.#readers++;
    try {
      const file = await openRecording(path);
      try {
        // A page takes its time with what has come.
        response.socket?.setTimeout(0);
        response.writeHead(200, ndjson);
        if (isHead) {
          response.end();
          return;
        }
        const text = Readable.from(pageText(file, basename(path)));
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
