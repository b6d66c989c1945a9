import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { MisconfigurationError } from '../data/errors.ts';
import { quoted, type Refusal } from './answer.ts';

export interface GuardOptions {
  host: string;
  port: number;
  token: string;
  /** More names under which the server may be asked for; without a port, under its own. */
  hosts: readonly string[];
  /** More origins whose pages may connect. */
  origins: readonly string[];
}

/** Browsers leave a port out of `Host` and of an origin where it is that of the scheme. */
const schemes = { ':80': 'http', ':443': 'https' };

/** Who may come in. */
export class Guard {
  readonly #hosts = new Set<string>();
  readonly #origins: Set<string>;
  readonly #token: Buffer;

  constructor({ host, port, token, hosts, origins }: GuardOptions) {
    this.#token = digest(token);
    this.#origins = new Set(origins.map(checkOrigin));
    for (const name of ['127.0.0.1', 'localhost', '[::1]', bracketed(host), ...hosts.map(checkName)]) {
      this.#add((hasPort(name) ? name : `${name}:${port}`).toLowerCase());
    }
  }

  #add(address: string): void {
    this.#hosts.add(address);
    this.#origins.add(`http://${address}`);
    for (const [port, scheme] of Object.entries(schemes)) {
      if (!address.endsWith(port)) continue;
      const short = address.slice(0, -port.length);
      this.#hosts.add(short);
      this.#origins.add(`${scheme}://${short}`);
    }
  }

  /** Against other names that lead here: a page of another site whose name was bound to this address (DNS rebinding). */
  request({ headers, method = '', url = '' }: IncomingMessage): Refusal | undefined {
    const { host = '' } = headers;
    if (!this.#hosts.has(host.toLowerCase())) {
      const text = `Expected to be asked for under the address that was printed, got ${quoted(host)}. \`inspector({ hosts })\` takes more names.`;
      return { status: 403, text };
    }
    if (method !== 'GET' && method !== 'HEAD')
      return { status: 405, text: `Expected GET or HEAD, got ${quoted(method)}.` };
    if (!url.startsWith('/'))
      return { status: 400, text: `Expected a path that begins with \`/\`, got ${quoted(url)}.` };
    return undefined;
  }

  /** A socket is for pages of our own, which have the token. A browser always tells the origin. */
  upgrade(request: IncomingMessage, token: string | undefined): Refusal | undefined {
    const refusal = this.request(request);
    if (refusal !== undefined) return refusal;
    const { origin } = request.headers;
    if (origin === undefined || !this.#origins.has(origin)) {
      const got = origin === undefined ? 'none' : quoted(origin);
      const text = `Expected the \`Origin\` of a page from here, got ${got}. \`inspector({ origins })\` takes more.`;
      return { status: 403, text };
    }
    if (this.knows(token)) return undefined;
    const got = token === undefined ? 'none' : 'another';
    return {
      status: 401,
      text: `Expected the token of this inspector, got ${got}. Open the address that was printed.`,
    };
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

/** @throws MisconfigurationError for what no `Host` can be */
function checkName(name: string): string {
  if (!/^(\[[\da-f:.]+\]|[^\s/:@[\]?#\\]+)(:\d+)?$/i.test(name))
    throw new MisconfigurationError(
      `Expected \`hosts\` to be names such as \`box.example\` or \`box.example:8080\`, got ${quoted(name)}.`,
    );
  return name;
}

/** As browsers tell it. @throws MisconfigurationError for what is no origin */
function checkOrigin(origin: string): string {
  try {
    const { origin: told, pathname } = new URL(origin);
    if (told !== 'null' && pathname === '/') return told;
    // Of a browser's extension or an editor: these have schemes of their own.
    if (told === 'null' && /^[a-z][\w+.-]*:\/\/[^/]+$/i.test(origin)) return origin;
  } catch {
    // Told below.
  }
  throw new MisconfigurationError(
    `Expected \`origins\` to be origins such as \`https://box.example:8080\`, got ${quoted(origin)}.`,
  );
}

/** An origin, or all of a scheme that is not of the web. @throws MisconfigurationError for what is none */
export function checkFrame(source: string): string {
  const isPlain = /^([a-z][\w+.-]*:)(\/\/[\w.-]+(:\d+)?)?$/i.exec(source);
  const ofWeb = /^https?:$/i.test(isPlain?.[1] ?? '');
  if (
    isPlain &&
    (isPlain[2] !== undefined || !ofWeb) &&
    !/^(data|blob|filesystem|javascript|about|file):/i.test(source)
  )
    return source;
  throw new MisconfigurationError(
    `Expected \`frames\` to be origins such as \`https://docs.example\`, or schemes such as \`vscode-webview:\`, got ${quoted(source)}.`,
  );
}

export function hasPort(name: string): boolean {
  return /:\d+$/.test(name) && isIP(name) !== 6;
}

export function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
