import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { LoopError } from '../errors.ts';
import { bracketed, Guard, type GuardOptions, type Refusal, refuse, securityHeaders } from './guard.ts';

export interface SiteOptions extends Omit<GuardOptions, 'port'> {
  /** 0: any that is free. */
  port: number;
  /** Where the page's files lie. */
  page: string;
  /** Whether the server alone keeps the process. */
  keep: boolean;
  /** Answers what is not a file of the page. */
  answer?: (request: IncomingMessage, response: ServerResponse, guard: Guard) => boolean;
  upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer, guard: Guard) => void;
}

/** A server that is up. */
export interface Site {
  /** Ends with a slash. */
  url: string;
  port: number;
  close(): Promise<void>;
}

/** Where the page was built, from the source or from the package. @throws LoopError where it was not */
export function builtPage(): string {
  for (const place of ['../inspector/', '../../dist/inspector/']) {
    const path = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(`${path}index.html`)) return path;
  }
  throw new LoopError(
    'MISCONFIGURATION',
    'The inspector’s page is not there. In a clone, build it with `npx vite build`.',
  );
}

/** Serves the page to this machine. */
export async function serveSite({ page, keep, answer, upgrade, ...options }: SiteOptions): Promise<Site> {
  const files = sirv(page, { dev: false, etag: true });
  let guard: Guard;
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const refusal = guard.request(request);
    if (refusal !== undefined) return refuse(response, refusal);
    try {
      if (answer?.(request, response, guard)) return;
      files(request, response, () => void response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found.'));
    } catch {
      refuse(response, { status: 400, text: 'That was no request.' });
    }
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {});
    try {
      if (upgrade === undefined) hangUp(socket, { status: 400, text: 'Nothing to connect to.' });
      else upgrade(request, socket, head, guard);
    } catch {
      hangUp(socket, { status: 400, text: 'That was no request.' });
    }
  });
  server.on('clientError', (_, socket) => hangUp(socket, { status: 400, text: 'That was no request.' }));
  if (!keep) server.on('connection', (socket) => socket.unref());
  await listening(server, options.host, options.port);
  if (!keep) server.unref();
  server.on('error', () => {});
  const { port } = server.address() as AddressInfo;
  guard = new Guard({ ...options, port });
  const name = ['0.0.0.0', '::'].includes(options.host) ? (options.hosts[0] ?? '127.0.0.1') : bracketed(options.host);
  return {
    url: `http://${name}:${port}/`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const reasons = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 405: 'Method Not Allowed' } as const;

/** Answers a socket that does not become one. */
export function hangUp(socket: Duplex, { status, text }: Refusal): void {
  const headers = Object.entries({ ...securityHeaders, 'content-type': 'text/plain', connection: 'close' });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\n${lines}content-length: ${text.length}\r\n\r\n${text}`);
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new LoopError('MISCONFIGURATION', `The inspector could not listen on ${host}:${port}: ${cause.message}.`, '', {
          cause,
        }),
      ),
    );
    server.listen({ host, port, exclusive: true }, resolve);
  });
}
