import type { LoopContext, LoopStateValue } from '../chart/context.ts';
import type { Status } from '../chart/loop-actor.ts';
import type { Sighting, Subject } from '../recording/sighting.ts';
import { type Advanced, Base, isPlainStep } from './base.ts';
import { Form } from './form.ts';
import { Tape } from './tape.ts';
import { weigh } from './weigh.ts';

/** A line that is held. */
export interface Held {
  readonly seq: number;
  readonly t: number;
  /** `undefined`: something that could not be taken down. */
  readonly subject: Subject | undefined;
  /** `undefined`: the actor itself, when it was first seen; or the event is kept by its form. */
  readonly event: Sighting['event'];
  readonly formed: Formed | undefined;
  readonly from: string | undefined;
  readonly value: LoopStateValue;
  /** What most lines do not have. */
  readonly rest: Rest | undefined;
  /** One of XState's transition definitions, or several. */
  readonly transitions: unknown;
}

/** An event that is kept by its form. What is on the tape stays there until lines are added. */
export interface Formed {
  readonly form: Form;
  readonly tape: Float64Array;
  /** Where on the tape its numbers begin. */
  readonly at: number;
}

interface Rest extends Pick<Sighting, 'chart' | 'hasNewContext'> {
  readonly status: Status;
  readonly output: unknown;
  readonly error: unknown;
  readonly context: LoopContext;
}

function restOf({ status, output, error, context, chart, hasNewContext = false, subject }: Sighting): Rest {
  const rest = { status, output, error, context };
  return subject.ofApp === undefined ? rest : { ...rest, hasNewContext, ...(chart && { chart }) };
}

export interface Bounds {
  /** How many lines are held. */
  events: number;
  /** About how many bytes they may take. */
  bytes: number;
}

/** The form that the steps of a loop have had of late. */
interface Habit {
  form: Form | undefined;
  /** The number of the line that it was made for. */
  since: number;
}

/** Events of more bytes than this have no form. */
const small = 2048;
/** Where steps differ by more than numbers, a form is tried for one in so many. */
const seldom = 256;

/**
 * The newest lines, numbered in order and bounded in number and size; and how each loop stood before the oldest of them.
 * They lie in columns: a step leaves no object behind, for what lives on after it is what a collector of garbage works on.
 */
export class Ring {
  readonly #bounds: Bounds;
  readonly #isTame: (event: object) => boolean;
  readonly #subjects = new Map<string, Subject>();
  /** By path: all runs of a loop take steps of one form. */
  readonly #habits = new Map<string, Habit>();
  readonly #tape = new Tape();
  #first: number;
  #end: number;
  #bytes = 0;

  // A line lies at its number modulo the length.
  #size = 0;
  #t = new Float64Array(0);
  #weight = new Float64Array(0);
  /** Where its numbers begin on the tape. */
  #place = new Float64Array(0);
  #steps = new Float64Array(0);
  #about: (Subject | undefined)[] = [];
  /** The event, or its form. */
  #what: (Sighting['event'] | Form)[] = [];
  #from: (string | undefined)[] = [];
  #value: LoopStateValue[] = [];
  #rest: (Rest | undefined)[] = [];
  #transitions: unknown[] = [];

  /**
   * @param first the number of the first line
   * @param isTame whether an event is told as it is: then it may be kept by its form
   */
  constructor(bounds: Bounds, first: number, isTame: (event: object) => boolean) {
    this.#bounds = bounds;
    this.#isTame = isTame;
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
    if (seq < this.#first || seq >= this.#end) return undefined;
    const at = seq % this.#size;
    const what = this.#what[at];
    const form = what instanceof Form ? what : undefined;
    return {
      seq,
      t: this.#t[at]!,
      subject: this.#about[at],
      event: form === undefined ? (what as Sighting['event']) : undefined,
      formed: form && { form, tape: this.#tape.numbers, at: this.#tape.index(this.#place[at]!) },
      from: this.#from[at],
      value: this.#value[at]!,
      rest: this.#rest[at],
      transitions: this.#transitions[at],
    };
  }

  subject(id: string): Subject | undefined {
    return this.#subjects.get(id);
  }

  /** The loops that run or have lines that are held. */
  get subjects(): Iterable<Subject> {
    return this.#subjects.values();
  }

  /** @param sighting `undefined` for one that could not be taken down */
  add(sighting: Sighting | undefined): void {
    const seq = this.#end++;
    const count = this.#end - this.#first;
    if (count > this.#size) this.#grow(count);
    while (this.#end - this.#first > this.#bounds.events) this.#drop();
    const at = seq % this.#size;
    this.#t[at] = sighting?.t ?? Date.now();
    this.#weight[at] = 300;
    this.#about[at] = sighting?.subject;
    this.#what[at] = sighting?.event;
    this.#from[at] = sighting?.from;
    this.#value[at] = sighting?.value ?? 'entering';
    const transitions = sighting?.transitions;
    this.#transitions[at] = transitions?.length === 1 ? transitions[0] : transitions;
    if (sighting === undefined) this.#rest[at] = undefined;
    else this.#hold(sighting, seq, at);
    this.#bytes += this.#weight[at]!;
    // The newest stays, however large it is.
    while (this.#bytes > this.#bounds.bytes && this.#end - this.#first > 1) this.#drop();
  }

  #hold(sighting: Sighting, seq: number, at: number): void {
    const { subject, event, context, output, chart, hasNewContext = true } = sighting;
    if (chart !== undefined) chart.seq = seq;
    subject.now.seq = seq;
    const plain = subject.ofApp === undefined && isPlainStep(sighting);
    this.#rest[at] = plain ? undefined : restOf(sighting);
    if (plain) this.#steps[at] = (event as Advanced).steps;
    if (plain && this.#form(subject, event!, seq, at)) return;
    if (event === undefined) this.#subjects.set(subject.id, subject);
    // What a context holds, the events have brought.
    const weight = event === undefined ? weigh(chart?.root ?? context) : weightOf(subject, event, seq);
    const own = event !== undefined && subject.ofApp !== undefined && hasNewContext ? weigh(context) : 0;
    this.#weight[at]! += weight + own + (output === undefined ? 0 : weigh(output));
  }

  /** Keeps an event by its form, where it has one. */
  #form(subject: Subject, event: object, seq: number, at: number): boolean {
    let habit = this.#habits.get(subject.path);
    if (habit === undefined) {
      habit = { form: undefined, since: Number.NEGATIVE_INFINITY };
      this.#habits.set(subject.path, habit);
    }
    if (this.#written(habit.form, event, at)) return true;
    if (seq - habit.since < seldom) return false;
    habit.since = seq;
    habit.form = weigh(event) <= small && this.#isTame(event) ? Form.of(event) : undefined;
    return this.#written(habit.form, event, at);
  }

  #written(form: Form | undefined, event: object, at: number): boolean {
    if (form === undefined) return false;
    const tape = this.#tape;
    const place = tape.place(form.count);
    if (!form.take(event, tape.numbers, tape.index(place))) return false;
    tape.wrote(place, form.count);
    this.#place[at] = place;
    this.#what[at] = form;
    this.#weight[at] = 100 + 8 * form.count;
    return true;
  }

  #grow(count: number): void {
    if (this.#size >= this.#bounds.events) return;
    const size = Math.min(this.#bounds.events, Math.max(1024, count * 2));
    const moved = <List extends { [index: number]: unknown }>(from: List, to: List): List => {
      for (let seq = this.#first; seq < this.#end - 1; seq++) to[seq % size] = from[seq % this.#size];
      return to;
    };
    this.#t = moved(this.#t, new Float64Array(size));
    this.#weight = moved(this.#weight, new Float64Array(size));
    this.#place = moved(this.#place, new Float64Array(size));
    this.#steps = moved(this.#steps, new Float64Array(size));
    this.#about = moved(this.#about, new Array(size));
    this.#what = moved(this.#what, new Array(size));
    this.#from = moved(this.#from, new Array(size));
    this.#value = moved(this.#value, new Array(size));
    this.#rest = moved(this.#rest, new Array(size));
    this.#transitions = moved(this.#transitions, new Array(size));
    this.#size = size;
  }

  #drop(): void {
    const seq = this.#first++;
    const at = seq % this.#size;
    const [subject, what, rest] = [this.#about[at], this.#what[at], this.#rest[at]];
    this.#bytes -= this.#weight[at]!;
    this.#about[at] = undefined;
    this.#what[at] = undefined;
    this.#rest[at] = undefined;
    // A chart is still known by those that have it.
    if (subject === undefined || rest?.chart !== undefined) return;
    const formed = what instanceof Form;
    if (subject.now.seq === seq && subject.now.status !== 'active') {
      this.#subjects.delete(subject.id);
    } else {
      // The first line of each has its context.
      const base = (subject.base as Base | undefined) ?? new Base(rest!.context);
      subject.base = base;
      base.seq = seq;
      base.value = this.#value[at]!;
      base.status = rest?.status ?? 'active';
      if (rest !== undefined) base.stand(rest.context);
      else {
        const { numbers } = this.#tape;
        const [event, form] = formed ? [undefined, what] : [what, undefined];
        base.step(this.#steps[at]!, event, form, numbers, form ? this.#tape.index(this.#place[at]!) : 0);
      }
    }
    if (formed) this.#tape.drop(this.#place[at]! + what.count);
  }
}

/** Small ones of a kind are much alike: one in four is looked at. */
function weightOf({ weight }: Subject, event: { type: string }, seq: number): number {
  if (weight.type !== event.type || weight.bytes > 4096 || seq % 4 === 0) {
    weight.type = event.type;
    weight.bytes = weigh(event);
  }
  return weight.bytes;
}
