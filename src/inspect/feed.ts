import type { AppChart } from '../recording/sighting.ts';
import type { Backlog, Channel } from './backlog.ts';
import { Frame, type Told } from './frame.ts';
import type { Ring } from './ring.ts';
import { chartLine, type Line, missing, type Wire } from './wire.ts';

export interface FeedLimits {
  /** Lines in one frame. */
  frame: number;
  /** Milliseconds between two frames while a run goes on. */
  every: number;
}

/** A frame is not made larger than this by one more line. */
const roomy = 262_144;
/** Turning lines into text takes this long at a time, in milliseconds: the run shares the thread. */
const slice = 6;

interface Reader {
  channel: Channel;
  /** The number of the next line it gets. */
  next: number;
  /** What it is to be told beside the lines. */
  news: string | undefined;
  told: Told;
  leave: () => void;
}

/** The lines before all others: what is recorded, and the chart of all loops. */
export const firstLine = 3;

/** Sends lines to pages, each at its own pace, out of what the ring holds. What one does not get it is told of. */
export class Feed {
  /** Called with what went wrong. */
  onFault: (error: unknown) => void = () => {};

  readonly #ring: Ring;
  readonly #wire: Wire;
  readonly #limits: FeedLimits;
  readonly #backlog: Backlog;
  readonly #opening: Line[];
  readonly #readers = new Set<Reader>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last frame: pages that keep up get the same one. */
  #frame: Frame | undefined;

  constructor(ring: Ring, wire: Wire, limits: FeedLimits, backlog: Backlog, runId: string) {
    this.#ring = ring;
    this.#wire = wire;
    this.#limits = limits;
    this.#backlog = backlog;
    const t = Date.now();
    this.#opening = [{ type: 'recording', seq: 1, t, format: 1, runId }, chartLine(2, t)];
  }

  get count(): number {
    return this.#readers.size;
  }

  /** Whether somebody has yet to be told something. */
  get busy(): boolean {
    for (const { channel, next } of this.#readers) if (next <= this.#ring.last || channel.waiting > 0) return true;
    return false;
  }

  /** Whether lines after this one are held no more. */
  hasGap(since: number): boolean {
    return Math.max(since, firstLine - 1) + 1 < this.#ring.first;
  }

  /** @param since the last line that it knows; 0 for none. Returns what ends it */
  add(channel: Channel, since: number, told: Told): () => void {
    const opening = this.#opening.filter(({ seq }) => seq > since);
    if (opening.length > 0) channel.send(JSON.stringify(opening));
    const leave = this.#backlog.add(channel);
    const reader: Reader = { channel, next: Math.max(since + 1, firstLine), news: undefined, told, leave };
    this.#readers.add(reader);
    this.wake(0);
    return () => this.#remove(reader);
  }

  /** To all pages, beside the lines: in place of what was told before and has not been sent. */
  tell(message: object): void {
    const text = JSON.stringify([message]);
    for (const reader of this.#readers) reader.news = text;
    this.wake(0);
  }

  /** There are new lines. */
  wake(after: number = this.#limits.every): void {
    if (this.#readers.size === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      try {
        this.flush(performance.now() + slice);
      } catch (error) {
        this.onFault(error);
      }
    }, after);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** Sends what may be sent now. */
  flush(until: number): void {
    let hurry = false;
    let rest = false;
    for (const reader of this.#readers) {
      try {
        this.#serve(reader, until);
      } catch (error) {
        // The others are told all the same.
        this.#remove(reader);
        this.onFault(error);
        continue;
      }
      if (reader.next > this.#ring.last && reader.news === undefined) continue;
      rest = true;
      if (this.#backlog.hasRoom(reader.channel)) hurry = true;
    }
    if (rest) this.wake(hurry ? 1 : this.#limits.every);
  }

  #serve(reader: Reader, until: number): void {
    const { channel } = reader;
    if (reader.news !== undefined && this.#backlog.hasRoom(channel)) {
      channel.send(reader.news);
      reader.news = undefined;
    }
    while (reader.next <= this.#ring.last && this.#backlog.hasRoom(channel) && performance.now() < until) {
      if (reader.next < this.#ring.first) this.#skip(reader);
      else this.#send(reader);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const reader of this.#readers) this.#remove(reader);
  }

  #remove(reader: Reader): void {
    reader.leave();
    this.#readers.delete(reader);
  }

  #send(reader: Reader): void {
    const from = reader.next;
    const last = Math.min(this.#ring.last, from + this.#limits.frame - 1);
    let frame = this.#frame;
    if (frame?.from !== from || frame.told !== reader.told || (frame.to < last && frame.length < roomy)) {
      frame = new Frame(this.#wire, from, reader.told);
      while (frame.to < last && frame.length < roomy) frame.add(this.#ring.at(frame.to + 1)!);
      this.#frame = frame;
    }
    reader.next = frame.to + 1;
    reader.channel.send(frame.text);
  }

  /** Over what is held no more: how each loop stood at its end, and how many lines are left out. */
  #skip(reader: Reader): void {
    const { first } = this.#ring;
    const from = reader.next;
    const told: { seq: number; text: string }[] = [];
    const charts = new Set<AppChart>();
    for (const subject of this.#ring.subjects) {
      const { base, ofApp } = subject;
      if (ofApp?.chart !== undefined && ofApp.chart.seq < first && ofApp.chart.seq >= from) charts.add(ofApp.chart);
      // A loop stands where its last line left it, so the number of that line is free for it.
      if (base !== undefined && base.seq >= from)
        told.push({ seq: base.seq, text: this.#wire.lateText(subject, base) });
    }
    for (const chart of charts)
      told.push({ seq: chart.seq, text: this.#wire.chartText(chart, this.#ring.at(first)!.t) });
    const count = first - from - told.length;
    if (count > 0) {
      // Under the last number that is free.
      const taken = new Set(told.map(({ seq }) => seq));
      let seq = first - 1;
      while (taken.has(seq)) seq--;
      told.push({ seq, text: JSON.stringify({ ...missing(seq, 'dropped'), from, count }) });
    }
    told.sort((a, b) => a.seq - b.seq);
    reader.next = first;
    reader.channel.send(`[${told.map(({ text }) => text).join(',')}]`);
  }
}
