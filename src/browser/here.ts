import type { AnyActorRef, InspectionEvent } from 'xstate';
import { type Connection, Inspection, type InspectionOptions } from '../inspect/inspection.ts';

/** What messages go through: a BroadcastChannel, a MessagePort, a Worker or its `self`. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: any) => void): void;
  removeEventListener(type: 'message', listener: (event: any) => void): void;
  start?(): void;
}

export interface InspectHereOptions extends InspectionOptions {
  /**
   * The way to the page, which others must not be able to write to. Default: the BroadcastChannel `loopchart`, which leads to
   * every frame, tab and worker of this origin.
   */
  port?: Port;
}

/** An inspection observer whose page is in another frame or tab. */
export interface InspectorHere {
  /** How many pages are connected. */
  readonly pages: number;
  next(event: InspectionEvent): void;
  /** Watches a run that goes on already. */
  attach(actor: AnyActorRef): void;
  close(): void;
}

/** What pages say: that they are there, that they have taken in so many characters, a command, that they go. */
type Said =
  | { loopchart: 'open'; page: string; since: number }
  | { loopchart: 'taken'; page: string; characters: number }
  | { loopchart: 'command'; page: string; text: string }
  | { loopchart: 'close'; page: string };

interface Guest {
  connection: Connection;
  /** Characters that were sent, less those that it has taken in: messages cannot be called back, so they must not pile up. */
  waiting: number;
}

const mostPages = 32;
const longest = 64 * 1024;

/** Connects the runs in this page or worker with an inspector in another frame or tab: `loop.start({ inspect: inspectHere() })`. No server takes part. */
export function inspectHere({ port, ...options }: InspectHereOptions = {}): InspectorHere {
  const own = port === undefined ? new BroadcastChannel('loopchart') : undefined;
  const way: Port = port ?? (own as Port);
  const inspection = new Inspection(options);
  const guests = new Map<string, Guest>();
  // In Node a channel would keep the process.
  (own as { unref?: () => void } | undefined)?.unref?.();

  const leave = (page: string) => {
    guests.get(page)?.connection.close();
    guests.delete(page);
  };
  const enter = (page: string, since: number) => {
    leave(page);
    if (guests.size >= mostPages) return;
    const guest: Guest = { connection: { receive: () => {}, close: () => {} }, waiting: 0 };
    guests.set(page, guest);
    const channel = {
      send(text: string) {
        guest.waiting += text.length;
        way.postMessage({ loopchart: 'frame', page, text });
      },
      get waiting() {
        return guest.waiting;
      },
    };
    guest.connection = inspection.connect(channel, since, () => leave(page));
  };
  const listener = ({ data }: { data: unknown }) => {
    if (!isSaid(data)) return;
    const guest = guests.get(data.page);
    if (data.loopchart === 'open') enter(data.page, data.since);
    else if (guest === undefined) way.postMessage({ loopchart: 'gone', page: data.page });
    else if (data.loopchart === 'taken') guest.waiting = Math.max(0, guest.waiting - data.characters);
    else if (data.loopchart === 'command') guest.connection.receive(data.text);
    else leave(data.page);
  };
  way.addEventListener('message', listener);
  way.start?.();
  // Pages that were there first.
  way.postMessage({ loopchart: 'here' });

  return {
    get pages() {
      return guests.size;
    },
    next: (event) => inspection.next(event),
    attach: (actor) => inspection.attach(actor),
    close() {
      way.removeEventListener('message', listener);
      for (const page of [...guests.keys()]) {
        way.postMessage({ loopchart: 'gone', page });
        leave(page);
      }
      inspection.close();
      own?.close();
    },
  };
}

function isSaid(data: unknown): data is Said {
  if (typeof data !== 'object' || data === null) return false;
  const { loopchart, page, since, characters, text } = data as Record<string, unknown>;
  if (typeof page !== 'string' || page === '' || page.length > 100) return false;
  switch (loopchart) {
    case 'open':
      return typeof since === 'number';
    case 'taken':
      return typeof characters === 'number' && characters >= 0;
    case 'command':
      return typeof text === 'string' && text.length <= longest;
    default:
      return loopchart === 'close';
  }
}
