import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { Told } from '../inspect/frame.ts';
import { type Connection, Inspection, type InspectionOptions } from '../inspect/inspection.ts';

/** What messages go through: a BroadcastChannel, a MessagePort, a Worker or its `self`. */
export interface Port {
  /** Sends. */
  postMessage(message: unknown): void;
  /** Listens to what comes. */
  addEventListener(type: 'message', listener: (event: any) => void): void;
  /** Listens no more. */
  removeEventListener(type: 'message', listener: (event: any) => void): void;
  /** Called once when it is listened to: a MessagePort keeps back what comes before. */
  start?(): void;
}

/** What `inspectHere` takes. */
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
  /** Takes in what XState tells. */
  next(event: InspectionEvent): void;
  /** Watches a run that goes on already. */
  attach(actor: AnyActorRef): void;
  /** Tells the pages that it goes. The runs go on. */
  close(): void;
}

/**
 * What pages say: that they are there, that they have taken in so many characters, a command, a question whether we are
 * still here, that they go. Others may be on the same way: what names a `run` is for that one.
 */
type Said = { page: string; run?: string } & (
  | { loopchart: 'open'; since: number; rows?: boolean }
  | { loopchart: 'taken'; characters: number }
  | { loopchart: 'command'; text: string }
  | { loopchart: 'ping' }
  | { loopchart: 'close' }
);

/** What there is of a page's global in a page. Workers and Node have no such events. */
interface Tab {
  addEventListener(type: 'pagehide' | 'pageshow', listener: (event: { persisted?: boolean }) => void): void;
  removeEventListener(type: 'pagehide' | 'pageshow', listener: (event: { persisted?: boolean }) => void): void;
}

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
  // In Node a channel would keep the process.
  (own as { unref?: () => void } | undefined)?.unref?.();
  const inspection = new Inspection(options);
  const guests = new Guests(inspection, way);
  const bye = () => guests.sayBye();
  // A tab that is closed is never heard of again; one that was only left may come back as it was.
  const comeBack = ({ persisted }: { persisted?: boolean }) => {
    if (persisted === true) guests.sayHere();
  };
  const tab = globalThis as Partial<Tab>;
  tab.addEventListener?.('pagehide', bye);
  tab.addEventListener?.('pageshow', comeBack);
  way.addEventListener('message', guests.hear);
  way.start?.();
  // Pages that were there first.
  guests.sayHere();

  return {
    get pages() {
      return guests.size;
    },
    next: (event) => inspection.next(event),
    attach: (actor) => inspection.attach(actor),
    close() {
      way.removeEventListener('message', guests.hear);
      tab.removeEventListener?.('pagehide', bye);
      tab.removeEventListener?.('pageshow', comeBack);
      bye();
      inspection.close();
      own?.close();
    },
  };
}

/** The pages that are connected over one way. */
class Guests {
  readonly #inspection: Inspection;
  readonly #way: Port;
  readonly #run: string;
  readonly #all = new Map<string, Guest>();

  constructor(inspection: Inspection, way: Port) {
    this.#inspection = inspection;
    this.#way = way;
    this.#run = inspection.runId;
  }

  get size(): number {
    return this.#all.size;
  }

  sayHere(): void {
    this.#way.postMessage({ loopchart: 'here', run: this.#run });
  }

  sayBye(): void {
    this.#way.postMessage({ loopchart: 'bye', run: this.#run });
    for (const page of [...this.#all.keys()]) this.#leave(page);
  }

  readonly hear = ({ data }: { data: unknown }): void => {
    const run = this.#run;
    if (!isSaid(data) || (data.run ?? run) !== run) return;
    const { page } = data;
    const guest = this.#all.get(page);
    if (data.loopchart === 'open') this.#enter(page, data.since, data.rows === true ? 'rows' : 'lines');
    else if (data.loopchart === 'close') this.#leave(page);
    else if (guest === undefined) this.#way.postMessage({ loopchart: 'gone', page, run });
    else if (data.loopchart === 'ping') this.#way.postMessage({ loopchart: 'alive', page, run });
    else if (data.loopchart === 'taken') guest.waiting = Math.max(0, guest.waiting - data.characters);
    else guest.connection.receive(data.text);
  };

  #enter(page: string, since: number, told: Told): void {
    this.#leave(page);
    if (this.#all.size >= mostPages) return;
    const guest: Guest = { connection: { receive: () => {}, close: () => {} }, waiting: 0 };
    this.#all.set(page, guest);
    const [way, run] = [this.#way, this.#run];
    const channel = {
      send(text: string) {
        guest.waiting += text.length;
        way.postMessage({ loopchart: 'frame', page, run, text });
      },
      get waiting() {
        return guest.waiting;
      },
    };
    guest.connection = this.#inspection.connect(channel, since, told, () => this.#leave(page));
  }

  #leave(page: string): void {
    this.#all.get(page)?.connection.close();
    this.#all.delete(page);
  }
}

function isSaid(data: unknown): data is Said {
  if (typeof data !== 'object' || data === null) return false;
  const { loopchart, page, run, since, characters, text } = data as Record<string, unknown>;
  if (typeof page !== 'string' || page === '' || page.length > 100) return false;
  if (run !== undefined && typeof run !== 'string') return false;
  switch (loopchart) {
    case 'open':
      return typeof since === 'number';
    case 'taken':
      return typeof characters === 'number' && characters >= 0;
    case 'command':
      return typeof text === 'string' && text.length <= longest;
    default:
      return loopchart === 'ping' || loopchart === 'close';
  }
}
