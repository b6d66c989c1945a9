import { type Asked, type Got, givenIn, type InFlight, nameOf } from '../chart/journal.ts';
import { LoopError } from '../data/errors.ts';
import { later } from '../time/clock.ts';
import { turn } from '../time/turn.ts';
import { type Event, eventsOf, type Known, lastAskedInTurn, nth, outliving, requestOf } from './journal-events.ts';
import type { AskedRun } from './pending.ts';
import { difference, isSameArgument } from './same-argument.ts';
import type { UntilAsItWas } from './until-as-it-was.ts';

/** How long a step that is run again may be without what it asked for next before, where it has asked for something else meanwhile. */
const patience = 1000;
/** The same where it has asked for nothing out of order: it may be waiting for a timer of its own. */
const longPatience = 60_000;
/** From how many things that are still to be given on the state is looked at. */
const lastLooks = 64;

/** What a step wants of the journal when it asks for something. */
export type Answer =
  /** It is remembered: `give` is called when it is its turn. */
  | 'remembered'
  /** It was under way: it goes on now. */
  | 'under way'
  /** It is new: it may begin once all that is remembered has been given. */
  | 'new';

/**
 * Gives a step that is run again after a resume what it had got before, in the same order.
 *
 * The journal's events are gone through one after another. What the step asked for next has to be asked for again; what it
 * got next is given to it once its code has reacted to what came before, for which it has a turn of the event loop. So
 * races, pools and whatever notes its children as they end come out as they did. What the step asks for that is new waits
 * until all is given, for it came after that.
 */
export class Recall {
  readonly #events: Event[];
  readonly #known = new Map<string, Known>();
  readonly #times = new Map<string, number>();
  /** What the functions of calls of `once` that have returned had got, by key. */
  readonly #inside = new Map<string | undefined, Got[]>();
  /** Runs that those functions had begun, and that were under way though the calls had returned. */
  readonly #outliving: readonly AskedRun[];
  readonly #path: () => string;
  readonly #unit: string;
  /** The next event. */
  #next = 0;
  /** What is still to be given. */
  #gifts: number;
  /** The code reacts to what was given last. */
  #reacting = false;
  /** What goes on once all is given, and what begins once all that was under way does so. */
  #waiting: { then: () => void; isTime: () => boolean }[] = [];
  /** What was asked for, and where it stands among the events: while that is behind the next one, it was asked for out of order. */
  #asked: { name: string; index: number }[] = [];
  #cancel: (() => void) | undefined;
  #stoppedBy: LoopError | undefined;
  readonly #state: UntilAsItWas;
  /** When this is asked for, the step must not have changed what it had not changed by the checkpoint. */
  readonly #lastAsked: Known | undefined;
  /** Called with the error when the step asks for something else than before. */
  readonly #fail: (error: LoopError) => void;

  /**
   * @param unit what is run again: `step`, or the name of a hook
   * @param fail what is awaited rejects with this error, and so does the step
   * @param state looks whether it has come to the state that it was in
   */
  constructor(
    inFlight: InFlight,
    unit: string,
    path: () => string,
    fail: (error: LoopError) => void,
    state: UntilAsItWas,
  ) {
    this.#state = state;
    this.#unit = unit;
    this.#path = path;
    this.#fail = fail;
    this.#events = eventsOf(inFlight);
    this.#lastAsked = lastAskedInTurn(this.#events);
    for (const got of givenIn(inFlight)) {
      if (got.in === undefined) continue;
      const inside = this.#inside.get(got.in);
      if (inside === undefined) this.#inside.set(got.in, [got]);
      else inside.push(got);
    }
    this.#outliving = outliving(inFlight);
    this.#gifts = this.#events.filter(({ type }) => type === 'give').length;
    const times = new Map<string, number>();
    for (const [index, { type, known }] of this.#events.entries()) {
      if (type === 'give') continue;
      known.index = index;
      this.#known.set(nth(times, known.what), known);
    }
  }

  /** Whether all that is remembered has been given. */
  get isGiven(): boolean {
    return this.#gifts === 0 && !this.#reacting;
  }

  /** Whether the step has come to the state and the arguments that it had when the checkpoint was taken. */
  get isAsItWas(): boolean {
    return this.#state.isReached;
  }

  /** Whether all that was under way was asked for as well. */
  get isOver(): boolean {
    return this.isGiven && this.#next === this.#events.length;
  }

  /**
   * The step asks for something.
   * @param give called with what is remembered, if anything is, when it is its turn; of a `once`, with what its function got
   * @throws LoopError `RESUME_MISMATCH` if it was asked with other arguments, or something else was not as before already
   */
  ask(what: Omit<Asked, 'at'>, give: (got: Got, inside: readonly Got[]) => void): Answer {
    if (this.#stoppedBy !== undefined) throw this.#stoppedBy;
    const known = this.#known.get(nth(this.#times, what));
    if (known === undefined) {
      if (!this.isOver) this.#asked.push({ name: nameOf(what), index: Infinity });
      this.#watch();
      return 'new';
    }
    this.#compare(known.what, what);
    if (known === this.#lastAsked) this.#checkChanged();
    known.asked = true;
    if (known.isGiven)
      known.give = () => give(known.what as Got, (what.wait === undefined && this.#inside.get(what.once)) || []);
    if (known.index > this.#next) this.#asked.push({ name: nameOf(what), index: known.index });
    this.#advance();
    return known.isGiven ? 'remembered' : 'under way';
  }

  /** The runs that a `once` which has returned had left under way: its function, which would ask for them, is not called again. */
  leftBy(once: string | undefined): AskedRun[] {
    return this.#outliving.filter((run) => run.in === once);
  }

  /** What is asked for next, as it was asked for before. */
  before(what: Omit<Asked, 'at'>): Asked | undefined {
    const name = requestOf(what);
    return this.#known.get(`${(this.#times.get(name) ?? 0) + 1} ${name}`)?.what;
  }

  /** Calls back once all that is remembered has been given: at once, if it has. That is when what was under way goes on. */
  whenGiven(then: () => void): void {
    this.#when(then, () => this.isGiven);
  }

  /** Calls back once all that was under way goes on as well. That is when what is new begins. */
  whenOver(then: () => void): void {
    this.#when(then, () => this.isOver);
  }

  #when(then: () => void, isTime: () => boolean): void {
    if (!this.#state.holds && isTime()) then();
    else this.#waiting.push({ then, isTime });
  }

  /** The code has returned. @throws LoopError `RESUME_MISMATCH` if it has not asked for all that it had asked for before */
  checkAsked(): void {
    const left = this.#events.filter(({ type, known }) => type === 'ask' && !known.asked);
    if (left.length > 0) throw this.#mismatch(left.map(({ known }) => known.what));
    if (this.#gifts <= lastLooks) this.#state.check();
  }

  /** Nothing more is given. @param error what is thrown at whoever asks for more, if that is known */
  stop(error?: LoopError): void {
    this.#stoppedBy ??= error;
    this.#cancel?.();
    this.#state.stop();
    this.#waiting = [];
    this.#next = this.#events.length;
    this.#gifts = 0;
  }

  #advance(): void {
    while (!this.#reacting) {
      const event = this.#events[this.#next];
      if (event === undefined || (event.type === 'ask' && !event.known.asked)) break;
      if (event.type === 'ask') {
        this.#next++;
      } else {
        this.#reacting = true;
        void turn().then(() => this.#give(event));
      }
    }
    // At once: what its code waits for, such as a timer, may be over before it is looked at again.
    if (this.isGiven && this.#state.look() !== undefined) {
      const goOn = () => this.#goOn();
      if (this.isOver) void this.#state.wait(goOn, this.#fail);
      else void this.#state.lookOnce(goOn);
    }
    this.#watch();
    this.#goOn();
  }

  async #give(event: Event): Promise<void> {
    if (this.#next === this.#events.length) return;
    this.#look();
    this.#next++;
    this.#gifts--;
    event.known.give!();
    await turn();
    this.#reacting = false;
    this.#look();
    this.#advance();
  }

  #goOn(): void {
    if (this.#state.holds) return;
    const ready = this.#waiting.filter(({ isTime }) => isTime());
    this.#waiting = this.#waiting.filter((one) => !ready.includes(one));
    for (const { then } of ready) then();
  }

  /** At the beginning of a long journal there is nothing to be seen. */
  #look(): void {
    if (this.#gifts <= lastLooks) this.#state.look();
  }

  /** What is asked for next may never be: after a while that is an error, and not a step that waits for ever. */
  #watch(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.isOver || this.#reacting) return;
    const early = this.#early();
    // Nothing that was asked for waits.
    if (this.isGiven && early === undefined && !this.#state.holds) return;
    this.#cancel = later(early === undefined ? longPatience : patience, () => {
      const missing = this.#events[this.#next];
      if (missing !== undefined) this.#fail(this.#mismatch([missing.known.what]));
    });
  }

  /** Something that was asked for out of order. */
  #early(): string | undefined {
    this.#asked = this.#asked.filter(({ index }) => index > this.#next);
    return this.#asked[0]?.name;
  }

  /** @throws LoopError `RESUME_MISMATCH` */
  #checkChanged(): void {
    const error = this.#state.surplus();
    if (error === undefined) return;
    this.#fail(error);
    throw error;
  }

  #compare(before: Asked, now: Omit<Asked, 'at'>): void {
    const [old, fresh] = [before.args ?? [], now.args ?? []];
    const length = Math.max(old.length, fresh.length);
    const i = Array.from({ length }).findIndex((_, k) => !isSameArgument(old[k], fresh[k]));
    if (i === -1) return;
    const { place, was, is } = difference(old[i], fresh[i]);
    throw new LoopError(
      'RESUME_MISMATCH',
      `The ${this.#unit} in flight had run \`${before.run}\` with argument ${i + 1}${place} ${was} when the checkpoint was taken, ` +
        `and asked for ${is} when it was run again. ${advice}`,
      this.#path(),
    );
  }

  #mismatch(missing: Asked[]): LoopError {
    const before = [...new Set(missing.map(nameOf))].join(', ');
    const early = this.#early();
    const instead = early === undefined ? '' : `; it asked for ${early} instead`;
    return new LoopError(
      'RESUME_MISMATCH',
      `The ${this.#unit} in flight had asked for ${before} when the checkpoint was taken, and did not when it was run again${instead}. ${advice}`,
      this.#path(),
    );
  }
}

const advice =
  'A step that is run again must ask for the same: let what it decides depend on state, arguments and what children and `once` gave, ' +
  'and put random numbers, times and other effects into `once`.';
