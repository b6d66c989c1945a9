import type { Hello, Line } from '../line.ts';
import type { Command, Source, Status } from '../source.ts';
import { helloIn, Intake } from './intake.ts';

/** What messages go through. */
type Way = BroadcastChannel | MessagePort;
/** Hands on the way when there is one. Returns what gives it up. */
type Reach = (use: (way: Way) => void) => () => void;

/** How long an answer about the settings is waited for. */
const PATIENCE = 5000;

/** A name for this page that no other has. Not `randomUUID`, which a site without TLS does not get. */
const freshName = () => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('');

/** A run in another frame, tab or worker, with `inspectHere()` at its end of the way. No server takes part. */
class HereSource implements Source {
  readonly title: string;
  readonly link: Readonly<Record<string, string>>;
  onValue?: (ref: string, value: unknown) => void;
  onRefused?: (reason: string) => void;
  onUnreadable?: () => void;
  onRun?: () => void;
  readonly #reach: Reach;
  #way: Way | undefined;
  #page = freshName();
  #intake: Intake | undefined;
  /** A run came up or went, so the next hello may be another's. */
  #changing = true;

  constructor(title: string, link: Readonly<Record<string, string>>, reach: Reach) {
    this.title = title;
    this.link = link;
    this.#reach = reach;
  }

  start(onLines: (lines: Line[], bytes: number) => void, onStatus: (status: Status) => void): () => void {
    onStatus({ kind: 'opening', text: `Waiting for a run on ${this.title}` });
    const intake = new Intake(this, onLines, onStatus, () => this.#switch(intake, onStatus));
    if (this.#intake) intake.follow(this.#intake);
    this.#intake = intake;
    const hear = ({ data }: MessageEvent) => this.#hear(data, intake, onStatus);
    const leave = () => this.#post({ loopchart: 'close' });
    // Also when the page is kept for the way back: then it is told that it is gone, and asks anew.
    addEventListener('pagehide', leave);
    const giveUp = this.#reach((way) => {
      this.#way?.removeEventListener('message', hear as EventListener);
      this.#way = way;
      way.addEventListener('message', hear as EventListener);
      if (way instanceof MessagePort) way.start();
      this.#open(intake);
    });
    return () => {
      removeEventListener('pagehide', leave);
      leave();
      this.#way?.removeEventListener('message', hear as EventListener);
      giveUp();
      this.#way?.close();
      this.#way = undefined;
    };
  }

  send(command: Command): void {
    this.#post({ loopchart: 'command', text: JSON.stringify(command) });
  }

  /** Only a hello tells how a program is set, so one is asked for under another name. */
  ask(): Promise<Hello | undefined> {
    const way = this.#way;
    if (!way || !this.#intake?.runId) return Promise.resolve(undefined);
    const page = freshName();
    return new Promise((resolve) => {
      const end = (hello?: Hello) => {
        clearTimeout(timer);
        way.removeEventListener('message', hear as EventListener);
        this.#post({ loopchart: 'close', page });
        resolve(hello);
      };
      const timer = setTimeout(end, PATIENCE);
      const hear = ({ data }: MessageEvent) => {
        if (data?.loopchart === 'frame' && data.page === page) end(helloIn(data.text));
      };
      way.addEventListener('message', hear as EventListener);
      this.#post({ loopchart: 'open', page, since: this.#intake?.last ?? 0 });
    });
  }

  #post(message: object): void {
    this.#way?.postMessage({ page: this.#page, ...message });
  }

  #open(intake: Intake): void {
    this.#post({ loopchart: 'open', since: intake.last });
  }

  #hear(data: any, intake: Intake, onStatus: (status: Status) => void): void {
    if (data?.loopchart === 'here') {
      this.#changing = true;
      this.#open(intake);
    } else if (data?.page !== this.#page) return;
    else if (data.loopchart === 'gone') {
      this.#changing = true;
      onStatus({
        kind: 'waiting',
        text: `The run on ${this.title} has gone. What was seen stays; another one that comes up is shown.`,
      });
      this.#open(intake);
    } else if (data.loopchart === 'frame') {
      // Nothing else bounds what waits for this page, so it says what it has taken in, whatever that was.
      if (typeof data.text === 'string') this.#post({ loopchart: 'taken', characters: data.text.length });
      intake.take(data.text);
    }
  }

  /** Another run on this way. Its lines are asked for anew, under a name that the last one does not know. */
  #switch(intake: Intake, onStatus: (status: Status) => void): void {
    this.#post({ loopchart: 'close' });
    if (!this.#changing) {
      // Two that answer at once cannot be told apart, as frames do not say whose they are.
      this.#page = freshName();
      onStatus({
        kind: 'failed',
        text: `More than one run answers on ${this.title}. Give each a way of its own, then reload.`,
      });
      return;
    }
    this.#changing = false;
    this.#page = freshName();
    intake.forget();
    this.#open(intake);
  }
}

/** A run anywhere on this origin: `#channel=loopchart`. */
export function channelSource(name: string): Source {
  return new HereSource(`channel ${name}`, { channel: name }, (use) => {
    use(new BroadcastChannel(name));
    return () => {};
  });
}

/**
 * A run whose page has embedded or opened this one, and hands it a MessagePort: `#port`. That page is told
 * `{ loopchart: 'ready' }` and answers `{ loopchart: 'port' }` with the port; nobody else is listened to.
 */
export function portSource(): Source {
  return new HereSource('the page that opened this one', { port: '' }, (use) => {
    const host: Window | null = window.opener ?? (window.parent === window ? null : window.parent);
    const hear = (event: MessageEvent) => {
      const [port] = event.ports;
      if (host && event.source === host && event.data?.loopchart === 'port' && port) use(port);
    };
    addEventListener('message', hear);
    // It holds no secret, so whoever embeds the page may read it.
    host?.postMessage({ loopchart: 'ready' }, '*');
    return () => removeEventListener('message', hear);
  });
}
