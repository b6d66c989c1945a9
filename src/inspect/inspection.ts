import type { AnyActorRef, InspectionEvent } from 'xstate';
import { describeError } from '../data/error-codec.ts';
import { MisconfigurationError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import { kindOf } from '../data/shown.ts';
import { Observer } from '../recording/observer.ts';
import { withOwnCopies } from '../recording/own-copies.ts';
import type { Sighting, Subject } from '../recording/sighting.ts';
import { Attachments } from './attachments.ts';
import { Backlog, type BacklogLimits, type Channel } from './backlog.ts';
import { type Command, parseAppEvent, parseCommand, parseControl } from './command.ts';
import type { Cuts } from './cuts.ts';
import { Drive } from './drive.ts';
import { Feed, type FeedLimits, firstLine } from './feed.ts';
import { checkFactories, type ForkFactories } from './fork/factory.ts';
import { Forks } from './fork/forks.ts';
import { PageForks } from './fork/page-forks.ts';
import type { Told } from './frame.ts';
import { received } from './parts.ts';
import { protocol } from './protocol.ts';
import { type Bounds, type Held, Ring } from './ring.ts';
import { type Sendable, Unsendable } from './sendable.ts';
import { type Redact, Wire } from './wire.ts';

/** How much is held, shown and sent. */
export interface Limits extends Bounds, BacklogLimits, FeedLimits, Cuts {}

export const defaultLimits: Limits = {
  events: 100_000,
  bytes: 128_000_000,
  waiting: 4_000_000,
  waitingInAll: 16_000_000,
  frame: 2000,
  every: 33,
  depth: 12,
  items: 1000,
  text: 10_000,
  values: 5000,
  characters: 1_000_000,
};

export interface InspectionOptions {
  limits?: Partial<Limits> | undefined;
  /** Pages may watch, and nothing else. */
  readonly?: boolean | undefined;
  /**
   * Which actors of an app's own pages may send events: a list of their names, or a function that is asked once about each.
   * Loops take control events alone, which `readonly` refuses. Default: all that take events.
   */
  send?: Sendable | undefined;
  redact?: Redact | undefined;
  /**
   * Makes the loops of forks, by the name of the outermost loop: `{ fit: () => new Fit() }`. Then pages may begin, beside
   * such a run, another: from where it stands, from an earlier moment that a page has taken a checkpoint of, or from any
   * checkpoint that its store keeps; with states or arguments that were changed.
   */
  fork?: ForkFactories | undefined;
}

/** A page that is connected. */
export interface Connection {
  /** Takes what the page sent. */
  receive(text: string): void;
  close(): void;
}

/** So many commands that are none end a connection. */
const mostRefused = 20;

/** What is seen of some runs, held for pages that come and go, and what pages may do to them. Knows nothing of how they are connected. */
export class Inspection {
  readonly readonly: boolean;
  /** Names this series of line numbers. */
  readonly runId: string = globalThis.crypto.randomUUID();
  /** Called once, with the first error that was kept from the run. */
  onFault: (error: unknown) => void = () => {};
  /** Called with whether the process must not end, since a run waits for a page. */
  onHold: (hold: boolean) => void = () => {};

  readonly #limits: Limits;
  readonly #ring: Ring;
  readonly #wire: Wire;
  readonly #unsendable: Unsendable;
  /** What waits for pages, and for receivers of other kinds. */
  readonly backlog: Backlog;
  readonly #feed: Feed;
  readonly #drive: Drive = new Drive(
    (hold) => this.onHold(hold),
    () => this.#feed.tell(this.#settings),
    (error) => this.#report(error),
  );
  readonly #forks: Forks;
  readonly #taps = new Set<(sighting: Sighting) => void>();
  readonly #attachments = new Attachments();
  /** Systems that tell each event twice where they had an observer before one was attached, and what they have told. */
  readonly #twice = new WeakMap<object, WeakSet<InspectionEvent>>();
  readonly #observer: Observer = new Observer((sighting) => this.#seen(sighting));
  #isTwice = false;
  #faulty = false;
  #closed = false;

  constructor({ limits, readonly = false, send, redact, fork }: InspectionOptions = {}) {
    checkFactories(fork);
    this.#limits = { ...defaultLimits, ...limits };
    this.readonly = readonly;
    this.#unsendable = new Unsendable(send, (error) => this.#report(error));
    this.#wire = new Wire(this.#limits, redact, this.#unsendable);
    this.#ring = new Ring(this.#limits, firstLine, (event) => this.#wire.isTame(event));
    this.backlog = new Backlog(this.#limits);
    this.#feed = new Feed(this.#ring, this.#wire, this.#limits, this.backlog, this.runId);
    this.#feed.onFault = (error) => this.#report(error);
    this.#forks = new Forks(fork ?? {}, {
      subjects: () => this.#ring.subjects,
      last: () => this.#ring.last,
      next: (event) => this.next(event),
      told: (line) => this.#wire.json(line, this.#limits, ''),
      isRedacted: redact !== undefined,
    });
  }

  /** As an observer of inspection events. Whatever goes wrong in here stays in here. */
  next(event: InspectionEvent): void {
    if (this.#closed) return;
    try {
      if (this.#isTwice && this.#hasTold(event)) return;
      this.#observer.next(event);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** Watches a run that goes on already. */
  attach(actor: AnyActorRef): void {
    if (this.#closed) return;
    const system: AnyActorRef['system'] | undefined = actor?.system;
    if (system === undefined)
      throw new MisconfigurationError(`attach expected an actor, such as \`run.actor\`, got \`${kindOf(actor)}\`.`);
    if (this.#observer.knows(system)) {
      this.#twice.set(system, new WeakSet());
      this.#isTwice = true;
    }
    this.#attachments.add(system, this);
    try {
      this.#observer.lookAt(actor);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** How many pages there are. */
  get pages(): number {
    return this.#feed.count;
  }

  /** Whether some page has yet to be told something. */
  get busy(): boolean {
    return this.#feed.busy;
  }

  /** The number of the newest line. */
  get last(): number {
    return this.#ring.last;
  }

  get bytes(): number {
    return this.#ring.bytes;
  }

  /** Sends what waits, whatever it takes: the process ends. */
  flush(): void {
    this.#feed.flush(Number.POSITIVE_INFINITY);
  }

  /** @param since the last line that the page knows, 0 for none */
  connect(channel: Channel, since: number, told: Told = 'lines', refused: () => void = () => {}): Connection {
    const last = this.#ring.last;
    // Numbers that were never given out are another run's.
    const from = Number.isInteger(since) && since > 0 && since <= last ? since : 0;
    const gap = this.#feed.hasGap(from);
    const hello = {
      type: 'hello',
      protocol,
      runId: this.runId,
      firstSeq: gap || this.#ring.first > firstLine ? this.#ring.first : 1,
      lastSeq: last,
      gap,
      readonly: this.readonly,
      forks: this.readonly ? [] : this.#forks.names,
      ...this.#drive.settings,
      limits: this.#limits,
    };
    channel.send(JSON.stringify([hello]));
    const close = this.#feed.add(channel, from, told);
    const forks = new PageForks(this.#forks, (answer) => channel.send(JSON.stringify([answer])));
    let faults = 0;
    return {
      receive: (text) => {
        try {
          this.#obey(parseCommand(text), channel, forks);
        } catch (error) {
          if (++faults > mostRefused) return refused();
          // With how things are, since the page may have shown them as it wanted them.
          const refusal = { type: 'refused', reason: describeError(error).message };
          channel.send(JSON.stringify([refusal, this.#settings]));
        }
      },
      close: () => {
        forks.close();
        close();
      },
    };
  }

  /** Has everything that is seen, as it is seen. What the tap throws is kept from the run. */
  tap(tap: (sighting: Sighting) => void): () => void {
    this.#taps.add(tap);
    return () => this.#taps.delete(tap);
  }

  /** The loops that run, and those that have ended but are still held. */
  get subjects(): Iterable<Subject> {
    return this.#ring.subjects;
  }

  /** A line for others than pages: as the redactor left it, and cut; `undefined` where it left nothing. */
  json(line: Record<string, unknown>, cuts: Cuts): { [key: string]: Json } | undefined {
    return this.#wire.json(line, cuts, '');
  }

  /** Sends a control event to a loop, or any event to an actor of the app. @throws Error where it is none, or may not be sent */
  control(id: string, event: unknown): void {
    if (this.readonly) throw readOnly();
    const subject = this.#ring.subject(id);
    if (subject?.actor === undefined)
      throw new Error(
        `Expected \`id\` to be that of a loop or an actor that runs, got ${received(id)}. It may have ended.`,
      );
    if (subject.ofApp === undefined) {
      this.#drive.send(subject, parseControl(event));
      return;
    }
    if (this.#unsendable.has(subject))
      throw new Error(
        `Expected an actor that pages may send events, got ${subject.id}: this inspector was made with a \`send\` that has it not.`,
      );
    const { actor } = subject;
    const own = parseAppEvent(event);
    // One that throws on it fails in its own system; nothing of that is a fault of the page.
    this.#guarded(() => actor.send(own));
  }

  close(): void {
    this.#closed = true;
    this.#attachments.close();
    this.#feed.close();
    this.#drive.close();
    this.#forks.close();
    this.#taps.clear();
  }

  get #settings(): object {
    return { type: 'settings', ...this.#drive.settings };
  }

  #obey(command: Command, channel: Channel, forks: PageForks): void {
    if (command.type === 'get') {
      if (!this.backlog.hasRoom(channel))
        throw new Error('Expected what was sent to be taken in before more is asked for. Ask again in a moment.');
      const value = this.#wire.value(this.#heldAt(command.ref), command.ref);
      channel.send(JSON.stringify([{ type: 'value', ref: command.ref, value }]));
      return;
    }
    if (this.readonly) throw readOnly();
    switch (command.type) {
      case 'send':
        this.control(command.id, command.event);
        break;
      case 'speed':
        this.#drive.speed(command.perSec);
        break;
      case 'break':
        this.#drive.break(command.points);
        break;
      case 'all':
        this.#drive.sendAll(command.event);
        break;
      case 'moments':
        void forks.moments(this.#ring.subject(command.id), command);
        break;
      case 'take':
        void forks.take(this.#ring.subject(command.id), command);
        break;
      case 'fork':
        void forks.fork(command);
        break;
      case 'release':
        forks.release();
    }
  }

  #heldAt(ref: string): Held | undefined {
    const seq = /^\d+(?=\/)/.exec(ref);
    return seq === null ? undefined : this.#ring.at(Number(seq[0]));
  }

  /** Whether an event was told before, by a system that tells each twice. */
  #hasTold(event: InspectionEvent): boolean {
    const told = this.#twice.get((event.actorRef as AnyActorRef).system);
    if (told === undefined) return false;
    if (told.has(event)) return true;
    told.add(event);
    return false;
  }

  #seen(seen: Sighting): void {
    const sighting = withOwnCopies(seen, { left: this.#limits.values });
    if (sighting.event === undefined) this.#forks.met(sighting.subject);
    this.#ring.add(sighting);
    if (this.#feed.count > 0) this.#feed.wake();
    this.#guarded(() => this.#drive.seen(sighting));
    for (const tap of this.#taps) this.#guarded(() => tap(sighting));
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#report(error);
    }
  }

  /** A line could not be taken down: pages are told that it is missing. */
  #fault(error: unknown): void {
    this.#ring.add(undefined);
    this.#feed.wake();
    this.#report(error);
  }

  #report(error: unknown): void {
    if (this.#faulty) return;
    this.#faulty = true;
    try {
      this.onFault(error);
    } catch {
      // Whoever is told must not reach the run either.
    }
  }
}

function readOnly(): Error {
  return new Error(
    'Expected no command: this inspector was made with `readonly: true`, it shows runs and does nothing to them.',
  );
}
