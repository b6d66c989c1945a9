import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { MisconfigurationError } from '../errors.ts';
import { checkHost, freshToken } from './guard.ts';
import { openPage } from './open.ts';
import { looksGzipped, pageText } from './recording.ts';
import { builtPage, type Site, serveSite } from './site.ts';

export interface ViewOptions {
  port?: number;
  open?: boolean;
}

/** Serves the page with a recording in it, until it is closed. Nothing can be sent to the recording, nothing is uploaded. */
export async function view(file: string, options: ViewOptions = {}, page: string = builtPage()): Promise<Site> {
  await looksGzipped(file);
  const token = freshToken();
  // The page asks for a file beside it. Where that lies is known to whoever has the link.
  const name = basename(file)
    .replace(/\.gz$/, '')
    .replaceAll(/[^\w.-]+/g, '-');
  const site = await serveSite({
    host: checkHost('127.0.0.1', false),
    port: checkPort(options.port ?? 0),
    token,
    hosts: [],
    origins: [],
    page,
    keep: true,
    answer(request, response, guard) {
      const [, place, asked, ...rest] = (request.url ?? '').split('?')[0]!.split('/');
      if (place !== 'recording') return false;
      if (!guard.knows(asked) || rest.length !== 1 || rest[0] !== name) {
        response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found.');
        return true;
      }
      response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' });
      if (request.method === 'HEAD') response.end();
      else {
        const text = Readable.from(pageText(file));
        // The file was there a moment ago. A page that sees its end missing says so.
        text.on('error', () => response.destroy());
        response.on('close', () => text.destroy());
        text.pipe(response);
      }
      return true;
    },
  });
  const url = `${site.url}#file=recording/${token}/${name}`;
  if (options.open === true) openPage(url);
  return { ...site, url };
}

function checkPort(port: number): number {
  if (!(Number.isInteger(port) && port >= 0 && port < 65_536))
    throw new MisconfigurationError(`Expected the port to be a whole number from 0 to 65535, got \`${port}\`.`);
  return port;
}
