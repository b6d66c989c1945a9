/** A way to one page. */
export interface Channel {
  send(text: string): void;
  /** Bytes or characters that were sent and have not left. */
  readonly waiting: number;
}

export interface BacklogLimits {
  /** Characters that may wait for one page; then it is told later, from what is held then. */
  waiting: number;
  /** Characters that may wait for all pages together. Above that a page gets more only once it has taken in what it was sent. */
  waitingInAll: number;
}

/** What waits to be taken in by pages: bounded for each, and for all of them together. */
export class Backlog {
  readonly #limits: BacklogLimits;
  readonly #channels = new Set<Channel>();

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  /** @returns what takes it out again */
  add(channel: Channel): () => void {
    this.#channels.add(channel);
    return () => this.#channels.delete(channel);
  }

  /** Whether a page may be sent more. One for which nothing waits always may: those that read do not wait for those that do not. */
  hasRoom({ waiting }: Channel): boolean {
    if (waiting === 0) return true;
    return waiting <= this.#limits.waiting && this.#waiting() <= this.#limits.waitingInAll;
  }

  #waiting(): number {
    let sum = 0;
    for (const { waiting } of this.#channels) sum += waiting;
    return sum;
  }
}
