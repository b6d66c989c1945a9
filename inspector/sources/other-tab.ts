import type { ForkAnswer } from '../lines/fork.ts';
import type { Settings } from '../lines/line.ts';
import { helloIn, Intake } from './frames.ts';
import type { Command, Source, Status, Taken } from './source.ts';

/** What messages go through. */
type Way = BroadcastChannel | MessagePort;
/** Hands on the way when there is one. Returns what gives it up. */
type Reach = (use: (way: Way) => void) => () => void;

/** A run from which nothing came for so many milliseconds is asked whether it is there. */
const BEAT = 1000;
/** So many questions it may leave open: it cannot answer in the middle of a long step. */
const MOST_MISSED = 4;

/** A name for this page that no other has. Not `randomUUID`, which a site without TLS does not get. */
const freshName = () => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('');

/**
 * A run in another frame, tab or worker, with `inspectHere()` at its end of the way. No server takes part. A tab that is
 * closed says so; a worker that is terminated cannot, so it is asked now and then. Of several runs on one way, the first
 * that answers is shown.
 */
class HereSource implements Source {
  readonly title: string;
  readonly link: Readonly<Record<string, string>>;
  onValue?: (ref: string, value: unknown) => void;
  onSettings?: (settings: Settings) => void;
  onRefused?: (reason: string) => void;
  onFork?: (answer: ForkAnswer) => void;
  onUnreadable?: () => void;
  onRun?: () => void;
  onOthers?: (count: number) => void;
  readonly #reach: Reach;
  #way: Way | undefined;
  #page = freshName();
  /** The run that is shown, by its name; empty before one has answered. */
  #run = '';
  /** Whether it answers. */
  #there = false;
  /** Whether it is asked that. */
  #asks = true;
  #heard = false;
  #missed = 0;
  /** Those that speak another version: they are not listened to. */
  readonly #strangers = new Set<string>();
  /** Others that are on this way. */
  readonly #others = new Set<string>();
  #intake: Intake | undefined;
  #onStatus: (status: Status) => void = () => {};

  constructor(title: string, link: Readonly<Record<string, string>>, reach: Reach) {
    this.title = title;
    this.link = link;
    this.#reach = reach;
  }

  start(onLines: (lines: Taken[], bytes: number) => void, onStatus: (status: Status) => void): () => void {
    this.#onStatus = onStatus;
    onStatus({ kind: 'opening', text: `Waiting for a run on ${this.title}` });
    // What another run says is not taken in, so no hello of one comes.
    const another = () => {};
    const intake = new Intake(this, onLines, onStatus, another, () => this.#turnAway());
    if (this.#intake) intake.follow(this.#intake);
    this.#intake = intake;
    this.#there = false;
    this.#asks = true;
    this.#missed = 0;
    const hear = ({ data }: MessageEvent) => this.#hear(data, intake);
    const leave = () => this.#post({ loopchart: 'close' });
    // Also when the page is kept for the way back: then it is told that it is not known, and asks anew.
    addEventListener('pagehide', leave);
    const beat = setInterval(() => this.#beat(), BEAT);
    const giveUp = this.#reach((way) => {
      // Through another port another run may come.
      const other = this.#way !== undefined;
      this.#way?.removeEventListener('message', hear as EventListener);
      this.#way = way;
      way.addEventListener('message', hear as EventListener);
      if (way instanceof MessagePort) way.start();
      if (other) this.#there = false;
      this.#open(other ? '' : this.#run);
    });
    return () => {
      removeEventListener('pagehide', leave);
      clearInterval(beat);
      leave();
      this.#way?.removeEventListener('message', hear as EventListener);
      this.#way = undefined;
      giveUp();
    };
  }

  send(command: Command): void {
    this.#post({ loopchart: 'command', run: this.#run, text: JSON.stringify(command) });
  }

  /** Shows another run of this way. */
  turn(): void {
    const [next] = this.#others;
    if (next !== undefined) this.#take(next);
  }

  #post(message: object): void {
    this.#way?.postMessage({ page: this.#page, ...message });
  }

  /** @param run the one that is to answer; empty for any */
  #open(run: string): void {
    this.#post({ loopchart: 'open', since: this.#intake?.last ?? 0, rows: true, ...(run && { run }) });
  }

  #hear(data: any, intake: Intake): void {
    const { loopchart, page, run, text } = data ?? {};
    if (typeof run !== 'string' || this.#strangers.has(run)) return;
    const own = run === (this.#run || run);
    if (loopchart === 'bye') {
      // A tab that is kept for the way back is given up for good where something is sent to it.
      if (own && this.#run) this.#lose('has gone', false);
      else this.#meet(run, false);
    } else if (loopchart === 'here') {
      if (own) this.#open(run);
      else if (this.#there) this.#meet(run, true);
      else this.#take(run);
    } else if (page !== this.#page) {
      return;
    } else if (!own) {
      if (this.#there) {
        // It answered as well when nobody in particular was asked.
        this.#post({ loopchart: 'close', run });
        this.#meet(run, true);
      } else this.#take(run);
    } else if (loopchart === 'gone') {
      this.#open(run);
    } else if (loopchart === 'frame' || loopchart === 'alive') {
      this.#run = run;
      this.#asks = true;
      this.#heard = true;
      if (!this.#there) {
        this.#there = true;
        // It was taken for gone: only its hello says how it stands.
        if (!helloIn(text)) this.#open(run);
      }
      if (loopchart === 'alive') return;
      // Nothing else bounds what waits for this page, so it says what it has taken in, whatever that was.
      if (typeof text === 'string') this.#post({ loopchart: 'taken', run, characters: text.length });
      intake.take(text);
    }
  }

  #beat(): void {
    if (!this.#run || !this.#asks) return;
    const heard = this.#heard;
    this.#heard = false;
    if (heard) {
      this.#missed = 0;
      return;
    }
    this.#missed++;
    if (this.#there && this.#missed > MOST_MISSED) this.#lose('has gone, or is busy: it does not answer', true);
    this.#post({ loopchart: 'ping', run: this.#run });
  }

  /**
   * The run that is shown is there no more.
   * @param asks whether it may be, all the same
   */
  #lose(how: string, asks: boolean): void {
    this.#there = false;
    this.#asks = asks;
    const [next] = this.#others;
    if (next !== undefined) {
      this.#take(next);
      return;
    }
    this.#onStatus({
      kind: 'waiting',
      text: `The run on ${this.title} ${how}. What was seen stays; if it answers again or another comes up, that is shown.`,
      gone: 'the page or worker it was in has gone',
    });
    // Is anybody there whom nobody has met?
    if (asks) this.#open('');
  }

  /** The run that is shown speaks another version. */
  #turnAway(): void {
    this.#post({ loopchart: 'close', run: this.#run });
    this.#strangers.add(this.#run);
    this.#run = '';
    this.#there = false;
  }

  #meet(run: string, there: boolean): void {
    if (there) this.#others.add(run);
    else this.#others.delete(run);
    this.onOthers?.(this.#others.size);
  }

  /** Shows this run instead. All of its lines are asked for, under a name that no run has sent anything to. */
  #take(run: string): void {
    this.#post({ loopchart: 'close' });
    if (this.#there) this.#others.add(this.#run);
    this.#meet(run, false);
    this.#page = freshName();
    this.#run = run;
    this.#asks = true;
    this.#missed = 0;
    this.#heard = false;
    this.#intake?.forget();
    this.#open(run);
  }
}

/** A run anywhere on this origin: `#channel=loopchart`. */
export function channelSource(name: string): Source {
  return new HereSource(`channel ${name}`, { channel: name }, (use) => {
    const channel = new BroadcastChannel(name);
    use(channel);
    return () => channel.close();
  });
}

/**
 * A run whose page has embedded or opened this one, and hands it a MessagePort: `#port`. That page is told
 * `{ loopchart: 'ready' }` and answers `{ loopchart: 'port' }` with the port; nobody else is listened to.
 */
export function portSource(): Source {
  // It is kept, so that the run can be gone back to.
  let given: MessagePort | undefined;
  return new HereSource('the page that opened this one', { port: '' }, (use) => {
    const host: Window | null = window.opener ?? (window.parent === window ? null : window.parent);
    const hear = (event: MessageEvent) => {
      const [port] = event.ports;
      if (!host || event.source !== host || event.data?.loopchart !== 'port' || !port) return;
      given?.close();
      given = port;
      use(port);
    };
    addEventListener('message', hear);
    if (given) use(given);
    // It holds no secret, so whoever embeds the page may read it.
    else host?.postMessage({ loopchart: 'ready' }, '*');
    return () => removeEventListener('message', hear);
  });
}
