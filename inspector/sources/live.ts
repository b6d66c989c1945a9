import type { ForkAnswer } from '../lines/fork.ts';
import type { Settings } from '../lines/line.ts';
import { Intake } from './frames.ts';
import type { Command, Source, Status, Taken } from './source.ts';
import { askToken } from './token.ts';

const FIRST_WAIT = 250;
const LONGEST_WAIT = 15_000;
/**
 * A program that runs now, over a WebSocket. After a break it is asked for what came after the last line that was
 * seen, and what it sends twice is left out.
 */
export class LiveSource implements Source {
  readonly title: string;
  readonly link = {};
  readonly token: string;
  onValue?: (ref: string, value: unknown) => void;
  onSettings?: (settings: Settings) => void;
  onRefused?: (reason: string) => void;
  onFork?: (answer: ForkAnswer) => void;
  onUnreadable?: () => void;
  onRun?: () => void;
  readonly #url: string;
  #socket: WebSocket | undefined;
  #intake: Intake | undefined;
  #wait = FIRST_WAIT;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Looks again whether it is let in. */
  #knock: (() => void) | undefined;
  #stopped = false;

  constructor(url: string, token: string) {
    this.title = new URL(url).host;
    this.#url = url;
    this.token = token;
  }

  start(onLines: (lines: Taken[], bytes: number) => void, onStatus: (status: Status) => void): () => void {
    this.#stopped = false;
    this.#wait = FIRST_WAIT;
    onStatus({ kind: 'opening', text: `Connecting to ${this.title}` });
    const another = () => {
      // Another run at the same address. It was asked for what comes after *our* last line, so it is asked anew.
      const old = this.#socket;
      if (old) old.onmessage = null;
      intake.forget();
      this.#connect(intake, onStatus);
      old?.close();
    };
    const stranger = () => {
      const old = this.#socket;
      this.#socket = undefined;
      old?.close();
      this.#waitForSomebody(() => {
        this.#forgetDoor();
        this.#connect(intake, onStatus);
      });
    };
    const intake: Intake = new Intake(this, onLines, onStatus, another, stranger);
    if (this.#intake) intake.follow(this.#intake);
    this.#intake = intake;
    this.#connect(intake, onStatus);
    return () => {
      this.#stopped = true;
      clearTimeout(this.#timer);
      this.#forgetDoor();
      this.#socket?.close();
    };
  }

  send(command: Command): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command));
  }

  #open(): WebSocket {
    return new WebSocket(`${this.#url}?since=${this.#intake?.last ?? 0}&rows`, this.token ? [`tok.${this.token}`] : []);
  }

  #connect(intake: Intake, onStatus: (status: Status) => void): void {
    if (!this.token) {
      this.#shut(intake, onStatus);
      return;
    }
    const socket = this.#open();
    let refused = true;
    this.#socket = socket;
    socket.onopen = () => {
      refused = false;
      this.#wait = FIRST_WAIT;
    };
    socket.onmessage = ({ data }) => {
      if (!this.#stopped) intake.take(data);
    };
    socket.onclose = async () => {
      const shut = refused && !this.#stopped && (await askToken(this.token)) === 'wrong';
      if (this.#stopped || this.#socket !== socket) return;
      if (shut) {
        this.#shut(intake, onStatus);
        return;
      }
      const seconds = (this.#wait / 1000).toFixed(this.#wait < 1000 ? 2 : 0);
      const why = refused ? `${this.title} does not answer` : `The connection to ${this.title} broke`;
      onStatus({
        kind: 'waiting',
        text: `${why}. Trying again in ${seconds} s; what was seen stays. If the program has ended, save the recording.`,
        gone: 'its program has ended',
      });
      this.#timer = setTimeout(() => this.#connect(intake, onStatus), this.#wait);
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    };
  }

  /** It is of no use to go on asking: somebody has to do something, and come back here. */
  #shut(intake: Intake, onStatus: (status: Status) => void): void {
    const seen = intake.last ? ' What was seen stays.' : '';
    const why = this.token
      ? `The token is wrong: the program at ${this.title} has another one.`
      : `The token is missing: the program at ${this.title} lets nobody in without it.`;
    onStatus({ kind: 'failed', text: `${why} Open the address that the program printed.${seen}` });
    if (!this.token) return;
    this.#waitForSomebody(async () => {
      const said = await askToken(this.token);
      if (said === 'wrong' || !this.#knock) return;
      this.#forgetDoor();
      this.#connect(intake, onStatus);
    });
  }

  /** @param knock called whenever somebody comes back to this page */
  #waitForSomebody(knock: () => void): void {
    if (this.#knock) return;
    this.#knock = knock;
    addEventListener('focus', knock);
  }

  #forgetDoor(): void {
    if (this.#knock) removeEventListener('focus', this.#knock);
    this.#knock = undefined;
  }
}
