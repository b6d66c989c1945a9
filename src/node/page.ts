import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LoopError } from '../data/errors.ts';

interface PageFile {
  bytes: Buffer;
  type: string;
  /** Names the content: a browser that has it already is not sent it again. */
  etag: string;
}

/** The files of the page, by the paths under which they are asked for. */
export type Page = ReadonlyMap<string, PageFile>;

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** Where the page was built, for the source or for the package. @throws LoopError where it was not */
export function builtPage(): string {
  // A bundle of CommonJS does not know where it lies.
  const here: string | undefined = import.meta.url;
  const places = here === undefined ? [] : ['../inspector/', '../../dist/inspector/'];
  const paths = places.map((place) => fileURLToPath(new URL(place, here)));
  const built = paths.find((path) => existsSync(`${path}index.html`));
  if (built === undefined) throw missing(paths[0]);
  return built;
}

/**
 * Reads the page into memory, all of it, once: it is small. From then on no request opens a file, and the files may go,
 * as when the package is installed anew beside a long run.
 * @throws LoopError where it is not there or cannot be read
 */
export async function readPage(directory: string): Promise<Page> {
  const page = new Map<string, PageFile>();
  try {
    for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
      // Neither hidden files nor links, which may lead anywhere.
      if (!entry.isFile() || entry.name.startsWith('.')) continue;
      const file = join(entry.parentPath, entry.name);
      const path = `/${encodeURI(relative(directory, file).replaceAll(sep, '/'))}`;
      page.set(path, fileOf(await readFile(file), types[extname(file)] ?? 'application/octet-stream'));
    }
  } catch (cause) {
    throw missing(directory, cause);
  }
  const index = page.get('/index.html');
  if (index === undefined) throw missing(directory);
  return page.set('/', index);
}

/** Answers with a file of the page. @returns false where there is none at that path */
export function answerFile(page: Page, request: IncomingMessage, response: ServerResponse): boolean {
  const file = page.get(pathOf(request));
  if (file === undefined) return false;
  const { bytes, type, etag } = file;
  // A browser keeps a file, and asks each time whether it is still the same. Parts of a file (`Range`) are not given.
  const headers = { 'cache-control': 'no-cache', etag, 'content-type': type };
  if (request.method === 'GET' && request.headers['if-none-match'] === etag) response.writeHead(304, headers).end();
  else {
    response.writeHead(200, { ...headers, 'content-length': bytes.length });
    // The bytes are shared by all answers: one that waits to be taken in costs no copy.
    response.end(request.method === 'HEAD' ? undefined : bytes);
  }
  return true;
}

/** What is asked for, without the query. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

function fileOf(bytes: Buffer, type: string): PageFile {
  return { bytes, type, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"` };
}

/** What to do where the page is not. A bundler takes the code of this package along, and not its page. */
export const pageRemedy: string =
  'In a clone, build it with `npm run build`; in a program that was bundled, keep loopchart out of the bundle, as with `--external:loopchart` of esbuild; else install the package anew.';

function missing(directory?: string, cause?: unknown): LoopError {
  const where = directory === undefined ? 'beside the package' : `in ${directory}`;
  const why = cause instanceof Error ? ` (${cause.message})` : '';
  return new LoopError(
    'MISCONFIGURATION',
    `Expected the inspector’s page ${where}, found none${why}. ${pageRemedy}`,
    '',
    { cause },
  );
}
