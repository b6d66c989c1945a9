import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Loop } from 'loopchart';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { WebSocket } from 'ws';
import { Inspection } from '../../src/inspect/inspection.ts';
import { type Inspector, type InspectorOptions, serveInspection } from '../../src/node/inspector.ts';

/** What every answer allows a page. */
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Counts to its end, a timer between two steps. */
export class Count extends Loop<number> {
  override state: any = { n: 0 };
  readonly to: number;
  readonly pause: boolean;
  constructor(to: number, pause = false) {
    super();
    this.to = to;
    this.pause = pause;
  }
  get done() {
    return this.state.n >= this.to;
  }
  reset() {
    this.state.n = 0;
  }
  advance(): void | Promise<void> {
    this.state.n++;
    if (this.pause) return new Promise((resolve) => setImmediate(resolve));
  }
  override onRunEnd() {
    return this.state.n;
  }
}

/** Runs another loop in each step. */
export class Epochs extends Loop<number> {
  override state: any = { epoch: 0 };
  inner: Count;
  readonly to: number;
  constructor(to: number, inner: Count) {
    super();
    this.to = to;
    this.inner = inner;
  }
  get done() {
    return this.state.epoch >= this.to;
  }
  reset() {
    this.state.epoch = 0;
  }
  async advance() {
    await this.inner.run();
    this.state.epoch++;
  }
  override onRunEnd() {
    return this.state.epoch;
  }
}

let page: string;
const open: (Inspector | WebSocket)[] = [];

beforeAll(async () => {
  page = await mkdtemp(join(tmpdir(), 'loopchart-server-'));
  await writeFile(join(page, 'index.html'), '<!doctype html><title>page</title>');
});
afterAll(() => rm(page, { recursive: true, force: true }));
afterEach(async () => {
  for (const one of open.splice(0)) one instanceof WebSocket ? one.terminate() : await one.close();
});

/** What the inspector that was served last has printed. */
export let told = '';

/** An inspector, until the test is over. */
export async function serve(options: InspectorOptions = {}): Promise<Inspector> {
  told = '';
  const tell = (text: string) => {
    told += text;
  };
  const served = await serveInspection(new Inspection(options), { tell, ...options }, page);
  open.push(served);
  return served;
}

interface Page {
  lines: any[];
  hello: any;
  /** How runs are driven, as it was told last. */
  settings: any;
  frames: number;
  socket: WebSocket;
  send(command: unknown): void;
  /** Resolves once what has come satisfies. */
  until(test: (lines: any[]) => boolean): Promise<any[]>;
}

/** A page that connects to it. */
export async function visit({ port, token }: Inspector, since = 0, more = ''): Promise<Page> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws?since=${since}${more}`, [`tok.${token}`], {
    origin: `http://127.0.0.1:${port}`,
  });
  open.push(socket);
  const looks = new Set<() => void>();
  const visitor: Page = {
    lines: [],
    hello: undefined,
    settings: undefined,
    frames: 0,
    socket,
    send: (command) => socket.send(typeof command === 'string' ? command : JSON.stringify(command)),
    until: (satisfied) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`not within 8 s: ${JSON.stringify(visitor.lines.slice(-3))}`)),
          8000,
        );
        const look = () => {
          if (!satisfied(visitor.lines)) return;
          clearTimeout(timer);
          looks.delete(look);
          resolve(visitor.lines);
        };
        looks.add(look);
        look();
      }),
  };
  socket.on('message', (data) => {
    visitor.frames++;
    for (const line of JSON.parse(String(data))) {
      if (line.type === 'hello') visitor.hello = line;
      else if (line.type === 'settings') visitor.settings = line;
      else visitor.lines.push(line);
    }
    for (const look of looks) look();
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  await visitor.until(() => visitor.hello !== undefined);
  return visitor;
}

/** Whether a root has ended. */
export const ended = (lines: any[]) => lines.some(({ id, status }) => status === 'done' && !id.includes('.'));
export const eventTypes = (lines: any[]) => lines.filter(({ type }) => type === 'event').map(({ event }) => event.type);

/** How an upgrade is answered. */
export function upgrade(
  port: number,
  headers: Record<string, string>,
  path = '/ws',
  protocols: string[] = [],
): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
    socket.on('error', () => {});
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode!);
      socket.terminate();
    });
    socket.on('open', () => {
      resolve(101);
      socket.terminate();
    });
  });
}

export function get(port: number, options: { path?: string; method?: string; headers?: Record<string, string> } = {}) {
  return new Promise<{ status: number; headers: any; body: string }>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/', agent: false, ...options }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** What comes back for a text that is sent as it is. */
export function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer));
    setTimeout(() => socket.destroy(), 1000);
  });
}
