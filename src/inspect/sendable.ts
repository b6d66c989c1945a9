import type { ActorKind } from '../chart/actor-kind.ts';
import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';
import type { Subject } from '../recording/sighting.ts';

/** An actor of an app, as `send` is shown it. */
export interface SendTarget {
  /** Its name and which actor: `upload@2`. */
  readonly id: string;
  /** What the app calls it: `upload`. */
  readonly name: string;
  /** What its logic is called. */
  readonly source: string;
  /** What runs it. */
  readonly kind: ActorKind;
}

/** Which actors of an app pages may send events: those with these names, or of which the function returns true. */
export type Sendable = readonly string[] | ((actor: SendTarget) => boolean);

/** @throws MisconfigurationError unless it is a list of names, or a function */
function checkSendable(send: unknown): void {
  if (send === undefined || typeof send === 'function') return;
  if (Array.isArray(send) && send.every((one) => typeof one === 'string')) return;
  throw new MisconfigurationError(
    `Expected \`send\` to be a list of names of the app's actors, or a function that is shown one and returns whether pages may send it events, got ${shown(send)}.`,
  );
}

/** Which actors of an app pages may send nothing. Each is asked about once, when it is first seen. */
export class Unsendable {
  readonly #send: Sendable | undefined;
  readonly #known = new WeakMap<Subject, boolean>();
  readonly #fault: (error: unknown) => void;

  /** @param fault called with what the function throws: nothing is sent to that actor then */
  constructor(send: Sendable | undefined, fault: (error: unknown) => void) {
    checkSendable(send);
    this.#send = send;
    this.#fault = fault;
  }

  has(subject: Subject): boolean {
    if (this.#send === undefined || subject.ofApp === undefined) return false;
    let refuses = this.#known.get(subject);
    if (refuses === undefined) {
      refuses = !this.#allows(subject);
      this.#known.set(subject, refuses);
    }
    return refuses;
  }

  #allows({ id, path, loop, ofApp }: Subject): boolean {
    const send = this.#send!;
    if (typeof send !== 'function') return send.includes(path);
    try {
      return send({ id, name: path, source: loop, kind: ofApp!.kind }) === true;
    } catch (error) {
      this.#fault(error);
      return false;
    }
  }
}
