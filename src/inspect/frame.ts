import type { Subject } from '../recording/sighting.ts';
import type { Form } from './form.ts';
import type { Held } from './ring.ts';
import { type Around, aroundOf, timeText, type Wire } from './wire.ts';

/** Whether pages know rows: see `Frame`. */
export type Told = 'lines' | 'rows';

/**
 * Lines for pages, as the text of one message: a list of lines. A step that differs from one before it in this frame by its
 * numbers only comes as a row: the number of that line, then its own numbers in the order of the text, `seq` and `t` first.
 */
export class Frame {
  readonly from: number;
  /** The number of its last line. */
  to: number;
  readonly told: Told;
  readonly #wire: Wire;
  /** By loop, the line that its rows are like. */
  readonly #likes = new Map<Subject, { seq: number; form: Form; around: Around }>();
  #text = '';

  constructor(wire: Wire, from: number, told: Told) {
    this.#wire = wire;
    this.from = from;
    this.to = from - 1;
    this.told = told;
  }

  /** How many characters it has so far. */
  get length(): number {
    return this.#text.length;
  }

  get text(): string {
    return `[${this.#text}]`;
  }

  add(held: Held): void {
    // Put together piece by piece, it is copied once, when it leaves.
    this.#text += (this.#text === '' ? '' : ',') + (this.#row(held) ?? this.#wire.text(held));
    this.to = held.seq;
  }

  #row(held: Held): string | undefined {
    const { subject, formed, seq } = held;
    if (this.told === 'lines' || subject === undefined || formed === undefined) return undefined;
    const { form, tape, at } = formed;
    const around = aroundOf(subject, held);
    const like = this.#likes.get(subject);
    if (like?.form !== form || like.around !== around) {
      this.#likes.set(subject, { seq, form, around });
      return undefined;
    }
    let text = `[${like.seq},${seq},${timeText(held.t)}`;
    for (let i = 0; i < form.count; i++) text += `,${tape[at + i]!}`;
    return `${text}]`;
  }
}
