import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { MisconfigurationError } from '../errors.ts';

/** What every answer says: nothing from elsewhere, into nobody's frame. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

export interface GuardOptions {
  host: string;
  port: number;
  token: string;
  /** More names under which the server may be asked for, without ports. */
  hosts: readonly string[];
  /** More origins whose pages may connect. */
  origins: readonly string[];
}

export interface Refusal {
  status: 400 | 401 | 403 | 405;
  text: string;
}

/** Who may come in. */
export class Guard {
  readonly #hosts = new Set<string>();
  readonly #origins: Set<string>;
  readonly #token: Buffer;

  constructor({ host, port, token, hosts, origins }: GuardOptions) {
    this.#token = digest(token);
    this.#origins = new Set(origins);
    for (const name of ['127.0.0.1', 'localhost', '[::1]', bracketed(host), ...hosts]) {
      this.#hosts.add(`${name.toLowerCase()}:${port}`);
      this.#origins.add(`http://${name.toLowerCase()}:${port}`);
    }
  }

  /** Against other names that lead here: a page of another site whose name was bound to this address (DNS rebinding). */
  request({ headers, method, url = '' }: IncomingMessage): Refusal | undefined {
    if (!this.#hosts.has(headers.host?.toLowerCase() ?? ''))
      return { status: 403, text: 'This name is not served here.' };
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'GET and HEAD only.' };
    if (!url.startsWith('/')) return { status: 400, text: 'A path was expected.' };
    return undefined;
  }

  /** A socket is for pages of our own, which have the token. A browser always tells the origin. */
  upgrade(request: IncomingMessage, token: string | undefined): Refusal | undefined {
    const refusal = this.request(request);
    if (refusal !== undefined) return refusal;
    const { origin } = request.headers;
    if (origin === undefined || !this.#origins.has(origin))
      return { status: 403, text: 'This origin may not connect.' };
    return this.knows(token) ? undefined : { status: 401, text: 'The token is missing or wrong.' };
  }

  /** Takes as long for any token. */
  knows(token: string | undefined): boolean {
    return token !== undefined && timingSafeEqual(digest(token), this.#token);
  }
}

/** The token among the protocols that a page offers. */
export function tokenOffered(request: IncomingMessage): string | undefined {
  const offered = request.headers['sec-websocket-protocol'] ?? '';
  return /^tok\.([\w-]+)$/.exec(offered.trim())?.[1];
}

export function freshToken(): string {
  return randomBytes(24).toString('base64url');
}

/** @throws MisconfigurationError for a token that is easily guessed or would not go through a URL */
export function checkToken(token: unknown): string {
  if (typeof token !== 'string' || !/^[\w-]{16,200}$/.test(token))
    throw new MisconfigurationError('Expected `token` to be 16 to 200 characters among letters, digits, `_` and `-`.');
  return token;
}

/** @throws MisconfigurationError for an address that others reach, unless that is asked for */
export function checkHost(host: unknown, remote: unknown): string {
  if (typeof host !== 'string' || host === '') throw new MisconfigurationError('Expected `host` to be an address.');
  const local = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  if (!local && remote !== true)
    throw new MisconfigurationError(
      `Expected \`host\` to be a loopback address, got \`${host}\`. Others could watch and stop the run. Pass \`remote: true\` if they may.`,
    );
  return host;
}

export function refuse(response: ServerResponse, { status, text }: Refusal): void {
  if (status === 405) response.setHeader('allow', 'GET, HEAD');
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

export function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
