import type { Commit, LoopContext, LoopStateValue } from '../context.ts';
import type { Sighting, Status, Subject } from './sight.ts';
import { weigh } from './weigh.ts';

/** A line that is held. There are many, so nothing is in it that can be told from what is. */
export class Held {
  readonly seq: number;
  readonly t: number;
  /** `undefined`: something that could not be taken down. */
  readonly subject: Subject | undefined;
  /** `undefined`: the actor itself, when it was first seen. */
  readonly event: Sighting['event'];
  readonly from: string | undefined;
  readonly value: LoopStateValue;
  /** What most lines do not have. */
  readonly rest: Rest | undefined;
  /** One of XState's transition definitions, or several. */
  readonly transitions: unknown;
  bytes: number;

  constructor(seq: number, t: number, sighting: Sighting | undefined) {
    this.seq = seq;
    this.t = t;
    this.subject = sighting?.subject;
    this.event = sighting?.event;
    this.from = sighting?.from;
    this.value = sighting?.value ?? 'entering';
    this.rest = sighting === undefined || isPlainStep(sighting) ? undefined : restOf(sighting);
    this.transitions = sighting?.transitions.length === 1 ? sighting.transitions[0] : sighting?.transitions;
    this.bytes = 0;
  }
}

interface Rest {
  readonly status: Status;
  readonly output: unknown;
  readonly error: unknown;
  readonly context: LoopContext;
}

function restOf({ status, output, error, context }: Sighting): Rest {
  return { status, output, error, context };
}

interface Advanced {
  type: 'loop.advanced';
  steps: number;
  commit: Commit;
  done: boolean;
  ended?: unknown;
}

/** Whether the context after it can be told from the one before: see `advance` in the chart. */
function isPlainStep({ event, value, status, context }: Sighting): boolean {
  return (
    event?.type === 'loop.advanced' &&
    value === 'advancing' &&
    status === 'active' &&
    context.pace === null &&
    (event as Advanced).ended === undefined
  );
}

function afterStep(context: LoopContext, { steps, commit, done }: Advanced): LoopContext {
  return { ...context, ...commit, steps: context.steps + steps, done, inFlight: null };
}

export interface Bounds {
  /** How many lines are held. */
  events: number;
  /** About how many bytes they may take. */
  bytes: number;
}

/** The newest lines, numbered in order and bounded in number and size; and how each loop stood before the oldest of them. */
export class Ring {
  readonly #bounds: Bounds;
  /** A line lies at its number modulo the length. */
  #slots: (Held | undefined)[] = [];
  readonly #subjects = new Map<string, Subject>();
  #first: number;
  #end: number;
  #bytes = 0;

  /** @param first the number of the first line */
  constructor(bounds: Bounds, first: number) {
    this.#bounds = bounds;
    this.#first = first;
    this.#end = first;
  }

  /** The number of the oldest line that is held. */
  get first(): number {
    return this.#first;
  }

  get last(): number {
    return this.#end - 1;
  }

  get bytes(): number {
    return this.#bytes;
  }

  at(seq: number): Held | undefined {
    return seq < this.#first || seq >= this.#end ? undefined : this.#slots[seq % this.#slots.length];
  }

  subject(id: string): Subject | undefined {
    return this.#subjects.get(id);
  }

  /** The loops that run or have lines that are held. */
  get subjects(): Iterable<Subject> {
    return this.#subjects.values();
  }

  /** @param sighting `undefined` for one that could not be taken down */
  add(sighting: Sighting | undefined): Held {
    const held = new Held(this.#end++, sighting?.t ?? Date.now(), sighting);
    if (sighting !== undefined) {
      const { subject, event, context, output } = sighting;
      if (event === undefined) this.#subjects.set(subject.id, subject);
      subject.now.seq = held.seq;
      // What a context holds, the events have brought.
      held.bytes = 300 + this.#weight(held, context) + (output === undefined ? 0 : weigh(output));
    }
    this.#bytes += held.bytes;
    const count = this.#end - this.#first;
    if (count > this.#slots.length) this.#grow(count);
    while (this.#end - this.#first > this.#bounds.events) this.#drop();
    this.#slots[held.seq % this.#slots.length] = held;
    // The newest stays, however large it is.
    while (this.#bytes > this.#bounds.bytes && this.#end - this.#first > 1) this.#drop();
    return held;
  }

  /** Small ones of a kind are much alike: one in four is looked at. */
  #weight({ seq, subject, event }: Held, context: LoopContext): number {
    const { weight } = subject!;
    if (event === undefined) return weigh(context);
    if (weight.type !== event.type || weight.bytes > 4096 || seq % 4 === 0) {
      weight.type = event.type;
      weight.bytes = weigh(event);
    }
    return weight.bytes;
  }

  #grow(count: number): void {
    if (this.#slots.length >= this.#bounds.events) return;
    const slots: (Held | undefined)[] = new Array(Math.min(this.#bounds.events, Math.max(1024, count * 2)));
    for (let seq = this.#first; seq < this.#end - 1; seq++) slots[seq % slots.length] = this.at(seq);
    this.#slots = slots;
  }

  #drop(): void {
    const at = this.#first % this.#slots.length;
    const held = this.#slots[at]!;
    this.#slots[at] = undefined;
    this.#first++;
    this.#bytes -= held.bytes;
    const { seq, subject, value, rest, event } = held;
    if (subject === undefined) return;
    if (subject.now.seq === seq && subject.now.status !== 'active') {
      this.#subjects.delete(subject.id);
    } else {
      // The first line of each has its context.
      const context = rest?.context ?? afterStep(subject.base!.context, event as Advanced);
      subject.base = { seq, value, status: rest?.status ?? 'active', context };
    }
  }
}
