import { faultOf, type Hello, type Line } from '../line.ts';
import type { Command, Source, Status } from '../source.ts';

const FIRST_WAIT = 250;
const LONGEST_WAIT = 15_000;

/**
 * A program that runs now, over a WebSocket. After a break it is asked for what came after the last line that was
 * seen, and what it sends twice is left out.
 */
export class LiveSource implements Source {
  readonly title: string;
  onValue?: (ref: string, value: unknown) => void;
  readonly #url: string;
  readonly #token: string;
  #socket: WebSocket | undefined;
  #last = 0;
  #runId = '';
  #wait = FIRST_WAIT;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(url: string, token: string) {
    this.title = new URL(url).host;
    this.#url = url;
    this.#token = token;
  }

  start(onLines: (lines: Line[], bytes: number) => void, onStatus: (status: Status) => void): () => void {
    onStatus({ kind: 'opening', text: `Connecting to ${this.title}` });
    this.#connect(onLines, onStatus);
    return () => {
      this.#stopped = true;
      clearTimeout(this.#timer);
      this.#socket?.close();
    };
  }

  send(command: Command): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command));
  }

  #connect(onLines: (lines: Line[], bytes: number) => void, onStatus: (status: Status) => void): void {
    const socket = new WebSocket(`${this.#url}?since=${this.#last}`, this.#token ? [`tok.${this.#token}`] : []);
    let refused = true;
    this.#socket = socket;
    socket.onopen = () => {
      refused = false;
      this.#wait = FIRST_WAIT;
    };
    socket.onmessage = ({ data }) => {
      if (this.#stopped) return;
      const lines = this.#sift(JSON.parse(data), onStatus);
      if (lines.length) onLines(lines, data.length);
    };
    socket.onclose = () => {
      if (this.#stopped || this.#socket !== socket) return;
      const seconds = (this.#wait / 1000).toFixed(this.#wait < 1000 ? 2 : 0);
      const why = refused ? `${this.title} does not answer` : `The connection to ${this.title} broke`;
      onStatus({
        kind: 'waiting',
        text: `${why}. Trying again in ${seconds} s; what was seen stays. If the program has ended, save the recording.`,
      });
      this.#timer = setTimeout(() => this.#connect(onLines, onStatus), this.#wait);
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    };
  }

  /** Takes the hello and the answers out of a frame, and drops the lines that were seen before. */
  #sift(frame: unknown, onStatus: (status: Status) => void): Line[] {
    const lines: Line[] = [];
    for (const item of Array.isArray(frame) ? frame : [frame]) {
      if (item?.type === 'hello') {
        const hello = item as Hello;
        // Another run on the same port: its numbers begin anew, so what we hold says nothing about it.
        if (this.#runId && hello.runId !== this.#runId) return this.#newRun(onStatus);
        this.#runId = hello.runId;
        onStatus({ kind: 'live', text: `Connected to ${this.title}`, hello });
      } else if (item?.type === 'value') {
        this.onValue?.(String(item.ref), item.value);
      } else if (!faultOf(item)) {
        const line = item as Line;
        const reach = line.type === 'lagged' ? line.to : line.seq;
        if (reach <= this.#last) continue;
        this.#last = reach;
        lines.push(line);
      }
    }
    return lines;
  }

  #newRun(onStatus: (status: Status) => void): Line[] {
    this.#stopped = true;
    this.#socket?.close();
    onStatus({
      kind: 'failed',
      text: 'Another run has taken this address. Save what you see if you need it, then reload.',
    });
    return [];
  }
}
