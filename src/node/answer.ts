import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** What every answer says: nothing from elsewhere, into nobody's frame. */
const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The same, where pages of some origins may show this one in a frame. */
export function headersFor(frames: readonly string[]): Readonly<Record<string, string>> {
  if (frames.length === 0) return securityHeaders;
  const name = 'content-security-policy';
  const policy = securityHeaders[name]!.replace("frame-ancestors 'none'", `frame-ancestors ${frames.join(' ')}`);
  return { ...securityHeaders, [name]: policy };
}

const reasons = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

/** Why a request is not answered as it wished: what was expected, what came, what to do. */
export interface Refusal {
  status: keyof typeof reasons;
  text: string;
}

/** Milliseconds that whoever is hung up on has to take the answer in. */
const patience = 2000;

/** Answers a request with a refusal, and ends the connection. One that has been answered in part is broken off. */
export function refuse(response: ServerResponse, { status, text }: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const headers = { ...securityHeaders, ...plainText(text), ...(status === 405 && { allow: 'GET, HEAD' }) };
  response.writeHead(status, headers).end(text);
}

/** Answers a socket on which there is no request that Node could read, or which was to become a WebSocket. */
export function hangUp(socket: Duplex, { status, text }: Refusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const headers = Object.entries({ ...securityHeaders, ...plainText(text) });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\n${lines}\r\n${text}`);
  // What else it sends goes nowhere. One that keeps its end open is not waited for.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), patience).unref();
  socket.once('close', () => clearTimeout(timer));
}

function plainText(text: string): Record<string, string> {
  return {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    connection: 'close',
  };
}

/** Something that came from outside, for a message: short, in one line, between backticks. */
export function quoted(text: string, most = 60): string {
  const line = text.slice(0, most).replaceAll(/\p{Cc}|\p{Cf}|\u2028|\u2029/gu, '\ufffd');
  return `\`${line}${text.length > most ? '…' : ''}\``;
}

/** Why a page was hung up on: fits into the frame that closes a WebSocket. */
export const notCommands = 'Expected commands, got too many other messages. Load the page anew.';
export const notText = 'Expected text, got bytes.';
