import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LoopError } from '../data/errors.ts';
import { hangUp, headersFor, quoted, type Refusal, refuse } from './answer.ts';
import { bracketed, checkFrame, Guard, type GuardOptions, hasPort } from './guard.ts';
import { answerFile, pathOf, readPage } from './page.ts';

export interface SiteOptions extends Omit<GuardOptions, 'port'> {
  /** 0: any that is free. */
  port: number;
  /** Origins and schemes whose pages may show this one in a frame. Default: none. */
  frames?: readonly string[];
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

/** Anybody on this machine, and any page in a browser on it, can connect without the token: so many at a time, and so long. */
const mostConnections = 128;
const times = {
  /** Milliseconds within which the head of a request has to come, and all of it. */
  headersTimeout: 5000,
  requestTimeout: 10_000,
  /** How often that is looked at. */
  connectionsCheckingInterval: 1000,
};
/** Milliseconds in which nothing is sent or taken in, after which a connection ends. WebSockets may be silent for longer. */
const silence = 30_000;
/** A WebSocket's other end is looked for after so many milliseconds of silence: a machine may go away without a word. */
const lookAfter = 30_000;

/**
 * Serves the page to this machine, from memory. Whatever comes in is answered once or hung up on, and nothing is thrown
 * into the process, which has a run to go on with.
 * @throws LoopError where the page cannot be read, or nothing can listen there
 */
export async function serveSite({ page, keep, answer, upgrade, frames = [], ...options }: SiteOptions): Promise<Site> {
  const headers = headersFor(frames.map(checkFrame));
  const files = await readPage(page);
  const guardAt = (port: number) => new Guard({ ...options, port });
  let guard = guardAt(options.port);
  const server = createServer(times, (request, response) => {
    response.on('error', ignore);
    respond(response, () => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      const refusal = guard.request(request);
      if (refusal !== undefined) return refuse(response, refusal);
      if (answer?.(request, response, guard) || answerFile(files, request, response)) return;
      refuse(response, notFound(request));
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    try {
      if (upgrade === undefined) hangUp(socket, nothingToConnectTo);
      else upgrade(request, socket, head, guard);
    } catch {
      hangUp(socket, { status: 400, text: `Expected a path such as \`/ws\`, got ${quoted(request.url ?? '')}.` });
    }
  });
  server.on('clientError', (error, socket) => hangUpOnBroken(socket as Socket, error));
  server.maxConnections = mostConnections;
  server.timeout = silence;
  const close = closeOf(server, keep);
  await listening(server, options.host, options.port);
  // Such as no descriptor left for who would connect.
  server.on('error', ignore);
  const { port } = server.address() as AddressInfo;
  guard = guardAt(port);
  const everywhere = ['0.0.0.0', '::'].includes(options.host);
  const name = everywhere ? (options.hosts[0] ?? '127.0.0.1') : bracketed(options.host);
  return { url: `http://${hasPort(name) ? name : `${name}:${port}`}/`, port, close };
}

export const nothingToConnectTo: Refusal = {
  status: 400,
  text: 'Expected a WebSocket to `/ws` or `/xstate-inspect`, got another path. Open the address that was printed.',
};

export function notFound(request: IncomingMessage): Refusal {
  const path = quoted(pathOf(request));
  return {
    status: 404,
    text: `Expected the path of a file of this page, got ${path}. Open the address that was printed.`,
  };
}

function respond(response: ServerResponse, work: () => void): void {
  try {
    work();
  } catch {
    refuse(response, { status: 500, text: 'The answer failed. What is inspected goes on; ask again.' });
  }
}

/** What Node could not read as a request, or what did not come in time. */
function hangUpOnBroken(socket: Socket, { code, message }: NodeJS.ErrnoException): void {
  // In the middle of an answer, another would pass for its rest.
  if (socket.bytesWritten > 0) socket.destroy();
  else if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    hangUp(socket, { status: 408, text: `Expected the head of a request within ${times.headersTimeout / 1000} s.` });
  else if (code === 'HPE_HEADER_OVERFLOW')
    hangUp(socket, { status: 431, text: 'Expected an address and headers of at most 16 KiB, got more.' });
  else hangUp(socket, { status: 400, text: `Expected an HTTP request, got something else: ${quoted(message)}.` });
}

/** Keeps watch over the sockets of a server, WebSockets included. @returns what ends all of them and the server */
function closeOf(server: Server, keep: boolean): () => Promise<void> {
  const sockets = new Set<Socket>();
  if (!keep) server.unref();
  server.on('connection', (socket: Socket) => {
    // Whoever takes the socket over listens as well; between the two nobody would.
    socket.on('error', ignore);
    socket.setKeepAlive(true, lookAfter);
    if (!keep) socket.unref();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? 'it is in use. Give another `port`, or 0 for any that is free'
          : `it cannot be listened on: ${cause.message}. Give another \`port\` or \`host\``;
      const message = `Expected ${bracketed(host)}:${port} to be free, but ${why}.`;
      reject(new LoopError('MISCONFIGURATION', message, '', { cause }));
    });
    server.listen({ host, port, exclusive: true }, resolve);
  });
}

function ignore(): void {}
