import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Inspection } from '../inspect/inspection.ts';
import { hangUp, notCommands, notText, type Refusal } from './answer.ts';
import { type Guard, tokenOffered } from './guard.ts';
import { connectReceiver } from './receiver.ts';
import { nothingToConnectTo } from './site.ts';

/** The most that a page may send in one message. */
const mostInbound = 64 * 1024;
const mostPages = 32;
/** Milliseconds that pages have to take in the last lines when the inspector is closed. */
const patience = 2000;
/** Bytes that wait for a page above which its pings are not answered: what asks and does not read gets no more. */
const mostUnread = 65_536;

/** The WebSockets of an inspection: pages, and receivers of `@xstate/inspect`. */
export class Pages {
  readonly #inspection: Inspection;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: mostInbound,
    perMessageDeflate: false,
    autoPong: false,
    // The token's: a browser gives up unless one that it offered is chosen.
    handleProtocols: ([first]) => first ?? false,
  });

  constructor(inspection: Inspection) {
    this.#inspection = inspection;
  }

  /** Lets a page in, or hangs up on it with the reason. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, guard: Guard): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const receives = url.pathname === '/xstate-inspect';
    const refusal = this.#refusal(request, url, receives, guard);
    if (refusal !== undefined) {
      hangUp(socket, refusal);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => {});
      ws.on('ping', (data) => {
        if (ws.bufferedAmount < mostUnread) ws.pong(data);
      });
      try {
        if (receives) connectReceiver(this.#inspection, ws);
        else connectPage(this.#inspection, ws, url.searchParams);
      } catch {
        ws.terminate();
      }
    });
  }

  #refusal(request: IncomingMessage, url: URL, receives: boolean, guard: Guard): Refusal | undefined {
    if (!receives && url.pathname !== '/ws') return nothingToConnectTo;
    // A receiver of `@xstate/inspect` takes an address and nothing else.
    const refusal = guard.upgrade(request, (receives && url.searchParams.get('token')) || tokenOffered(request));
    if (refusal !== undefined) return refusal;
    if (this.#server.clients.size < mostPages) return undefined;
    return { status: 503, text: `Expected at most ${mostPages} pages at a time, got one more. Close one.` };
  }

  /** Pages are told the rest, and hang up. Those that do not take it in are hung up on. */
  async close(): Promise<void> {
    const { clients } = this.#server;
    const until = performance.now() + patience;
    // These timers hold the process: the sockets do not.
    const wait = () => new Promise((resolve) => setTimeout(resolve, 5));
    while (this.#inspection.busy && performance.now() < until) {
      this.#inspection.flush();
      await wait();
    }
    for (const client of clients) client.close(1001, 'The inspector has been closed.');
    while (clients.size > 0 && performance.now() < until) await wait();
    for (const client of clients) client.terminate();
  }
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
  const connection = inspection.connect(channel, since, told, () => ws.close(1008, notCommands));
  ws.on('message', (data, isBinary) => {
    try {
      if (isBinary) ws.close(1003, notText);
      else connection.receive(String(data));
    } catch {
      ws.terminate();
    }
  });
  ws.on('close', () => connection.close());
}
