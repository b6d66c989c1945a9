import { type Asked, type Got, givenIn, type InFlight } from '../chart/journal.ts';
import type { AskedRun } from './pending.ts';

/** Something that the journal knows of. */
export interface Known {
  what: Asked | Got;
  isGiven: boolean;
  /** Gives what is remembered; set once the step has asked for it again. */
  give: (() => void) | undefined;
  /** Whether it was asked for again. */
  asked: boolean;
  /** Where its asking stands among the events. */
  index: number;
}

/** What the journal says has happened, in order. */
export type Event = { type: 'ask' | 'give'; known: Known };

/** A name for the n-th time that something was asked for. */
export function nth(times: Map<string, number>, what: Omit<Asked, 'at'>): string {
  const name = requestOf(what);
  const time = (times.get(name) ?? 0) + 1;
  times.set(name, time);
  return `${time} ${name}`;
}

export function requestOf({ run, once, wait, in: within }: Omit<Asked, 'at'>): string {
  return JSON.stringify([run ?? null, once ?? null, wait ?? null, within ?? null]);
}

/** The keys of the calls of `once` that have returned. */
function oncesOver(inFlight: InFlight): Set<string> {
  return new Set(givenIn(inFlight).flatMap(({ once, wait }) => (once === undefined || wait !== undefined ? [] : once)));
}

export function outliving(inFlight: InFlight): AskedRun[] {
  const over = oncesOver(inFlight);
  return inFlight.asked.flatMap(({ at: _, ...what }) =>
    what.run !== undefined && what.in !== undefined && over.has(what.in) ? [what as AskedRun] : [],
  );
}

/** The journal's events in order: see the drawing in `journal.ts`. */
export function eventsOf(inFlight: InFlight): Event[] {
  const given = givenIn(inFlight);
  const over = oncesOver(inFlight);
  const events: Event[] = new Array(inFlight.events);
  const known = (what: Asked, isGiven: boolean): Known => {
    const one = { what, isGiven, give: undefined, asked: false, index: 0 };
    events[what.at] = { type: 'ask', known: one };
    return one;
  };
  const gifts = given.map((what) => known(what, true));
  for (const what of inFlight.asked) known(what, false);
  let next = 0;
  for (const gift of gifts) {
    while (events[next] !== undefined) next++;
    events[next] = { type: 'give', known: gift };
  }
  // A `once` that has returned is not called again, so what its function asked for is not asked for again.
  return events.filter(({ known: { what } }) => what.in === undefined || !over.has(what.in));
}

/**
 * The last thing that was asked for, where all was asked for in turn: nothing while anything else was under way, but what was
 * asked for beside that. Then all code that had run by then had run when the checkpoint was taken, too.
 */
export function lastAskedInTurn(events: readonly Event[]): Known | undefined {
  let open = 0;
  let last: Known | undefined;
  for (const [i, { type, known }] of events.entries()) {
    if (type === 'give') open--;
    else if (open++ > 0 && events[i - 1]!.type === 'give') return undefined;
    else last = known;
  }
  return last;
}
