import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { MisconfigurationError } from '../errors.ts';
import { defaultLimits, Inspection, type Limits } from '../inspect/inspection.ts';
import type { Redact } from '../inspect/wire.ts';
import { checkHost, checkToken, freshToken, type Guard, tokenOffered } from './guard.ts';
import { openPage } from './open.ts';
import { connectReceiver } from './receiver.ts';
import { builtPage, hangUp, type Site, serveSite } from './site.ts';

export interface InspectorOptions {
  /** Default: any that is free. */
  port?: number;
  /** Default: `127.0.0.1`. */
  host?: string;
  /** Others may reach `host`, too. Nothing is encrypted. Default: false. */
  remote?: boolean;
  /** More names under which the page may be asked for. */
  hosts?: string[];
  /** More origins whose pages may connect: where a receiver of `@xstate/inspect` lives. */
  origins?: string[];
  /** What a page must know to connect. Default: a random one. */
  token?: string;
  /** Open the page in the browser. Default: false. */
  open?: boolean;
  /** Pages may watch, and do nothing to the run. Default: false. */
  readonly?: boolean;
  /** Changes each line before it leaves the process, or keeps it back by returning nothing. It gets a copy. */
  redact?: Redact;
  limits?: Partial<Limits>;
  /** Where to say under which URL the page is. Default: stderr. */
  tell?: (text: string) => void;
}

/** An inspection observer that serves a page which shows what it observes. */
export interface Inspector {
  /** With the token: whoever has it can watch and stop the run. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** How many pages are connected. */
  readonly pages: number;
  next(event: InspectionEvent): void;
  /** Watches a run that goes on already: `inspector.attach(run.actor)`. */
  attach(actor: AnyActorRef): void;
  close(): Promise<void>;
}

/** The most that a page may send in one message. */
const mostInbound = 64 * 1024;
const mostPages = 32;
/** Milliseconds that pages have to take in the last lines when the inspector is closed. */
const patience = 2000;
const known = ['port', 'host', 'remote', 'hosts', 'origins', 'token', 'open', 'readonly', 'redact', 'limits', 'tell'];

/**
 * Serves the inspector's page to this machine: `loop.start({ inspect: await inspector() })`. The URL is printed.
 * It does not keep the process running, unless a run waits that was paused from the page.
 * @throws MisconfigurationError for a bad option; LoopError where the page was not built or the port is taken
 */
export async function inspector(options: InspectorOptions = {}): Promise<Inspector> {
  checkOptions(options);
  const inspection = new Inspection(options);
  const served = await serveInspection(inspection, options, builtPage());
  return {
    ...served,
    // A spread would read it once.
    get pages() {
      return inspection.pages;
    },
    async close() {
      await served.close();
      inspection.close();
    },
  };
}

/** Serves an inspection that goes on already, with the page in any place. Closing ends the server, not the inspection: another can serve it on. */
export async function serveInspection(
  inspection: Inspection,
  options: InspectorOptions,
  page: string,
): Promise<Inspector> {
  const { tell = (text: string) => void process.stderr.write(text) } = options;
  const token = checkToken(options.token ?? freshToken());
  const host = checkHost(options.host ?? '127.0.0.1', options.remote);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: mostInbound,
    perMessageDeflate: false,
    // The token's: a browser gives up unless one that it offered is chosen.
    handleProtocols: ([first]) => first ?? false,
  });

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer, guard: Guard) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const receives = url.pathname === '/xstate-inspect';
    if (!receives && url.pathname !== '/ws') return hangUp(socket, { status: 400, text: 'Nothing to connect to.' });
    // A receiver of `@xstate/inspect` takes an address and nothing else.
    const refusal = guard.upgrade(request, (receives && url.searchParams.get('token')) || tokenOffered(request));
    if (refusal !== undefined) return hangUp(socket, refusal);
    if (sockets.clients.size >= mostPages) return hangUp(socket, { status: 403, text: 'Too many pages.' });
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => {});
      if (receives) connectReceiver(inspection, ws);
      else connectPage(inspection, ws, url.searchParams);
    });
  };
  const site: Site = await serveSite({
    host,
    port: options.port ?? 0,
    token,
    hosts: options.hosts ?? [],
    origins: options.origins ?? [],
    page,
    keep: false,
    answer(request, response, guard) {
      // A browser does not tell a page why its socket was refused: with this it can ask.
      const { 'loopchart-token': asked } = request.headers;
      if (asked !== undefined) response.setHeader('loopchart-token', guard.knows(String(asked)) ? 'right' : 'wrong');
      return false;
    },
    upgrade,
  });

  inspection.onFault = (error) => {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tell(`loopchart: the inspector could not take down all of the run, which goes on. First: ${reason}\n`);
  };
  let held: ReturnType<typeof setInterval> | undefined;
  inspection.onHold = (hold) => {
    clearInterval(held);
    // A run that was paused from the page has nothing to wait for that would keep the process.
    held = hold ? setInterval(() => {}, 2 ** 30) : undefined;
  };
  // The last lines of a run that ends with its process.
  const flush = () => inspection.flush();
  process.on('exit', flush);

  const url = `${site.url}#token=${token}`;
  tell(`loopchart inspector: ${url}\n`);
  if (options.open === true) openPage(url);
  return {
    url,
    port: site.port,
    token,
    get pages() {
      return inspection.pages;
    },
    next: (event) => inspection.next(event),
    attach: (actor) => inspection.attach(actor),
    async close() {
      process.off('exit', flush);
      clearInterval(held);
      await goodbye(inspection, sockets);
      await site.close();
    },
  };
}

/** Pages are told the rest, and hang up. Those that do not take it in are hung up on. */
async function goodbye(inspection: Inspection, { clients }: WebSocketServer): Promise<void> {
  const until = performance.now() + patience;
  // These timers hold the process: the sockets do not.
  const wait = () => new Promise((resolve) => setTimeout(resolve, 5));
  while (inspection.busy && performance.now() < until) {
    inspection.flush();
    await wait();
  }
  for (const client of clients) client.close(1001, 'The inspector has been closed.');
  while (clients.size > 0 && performance.now() < until) await wait();
  for (const client of clients) client.terminate();
}

function connectPage(inspection: Inspection, ws: WebSocket, asked: URLSearchParams): void {
  const channel = {
    send: (text: string) => {
      if (ws.readyState === ws.OPEN) ws.send(text);
    },
    get waiting() {
      return ws.bufferedAmount;
    },
  };
  const since = Number(asked.get('since') ?? 0);
  const told = asked.has('rows') ? 'rows' : 'lines';
  const connection = inspection.connect(channel, since, told, () => ws.close(1008, 'These are no commands.'));
  ws.on('message', (data, isBinary) => {
    if (isBinary) ws.close(1003, 'Text only.');
    else connection.receive(String(data));
  });
  ws.on('close', () => connection.close());
}

function checkOptions(options: InspectorOptions): void {
  const wrong = (expected: string, got: unknown) =>
    new MisconfigurationError(`inspector expected ${expected}, got \`${String(got)}\`.`);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw wrong(`options among ${known.join(', ')}`, name);
  }
  const { port, redact, limits = {}, hosts, origins, tell } = options;
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536))
    throw wrong('`port` to be a whole number from 0 to 65535', port);
  for (const [name, value] of Object.entries({ redact, tell })) {
    if (value !== undefined && typeof value !== 'function') throw wrong(`\`${name}\` to be a function`, value);
  }
  for (const [name, value] of Object.entries({ hosts, origins })) {
    if (value !== undefined && !(Array.isArray(value) && value.every((one) => typeof one === 'string')))
      throw wrong(`\`${name}\` to be a list of texts`, value);
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultLimits, name)) throw wrong(`limits among ${Object.keys(defaultLimits).join(', ')}`, name);
    if (!(typeof value === 'number' && value >= 1)) throw wrong(`\`limits.${name}\` to be a number from 1 up`, value);
  }
}
