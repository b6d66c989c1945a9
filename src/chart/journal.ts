import { describeError, type PlainError } from '../data/error-codec.ts';
import { type EndLoop, isEndLoop } from '../data/errors.ts';
import { type Json, plainOrNot } from '../data/json.ts';
import { kindOfOpaque } from '../data/loss.ts';
import { kindOf } from '../data/shown.ts';
import type { Keys } from '../tree/part-of-state.ts';
import type { LoopDict } from '../tree/state-dict.ts';

/*
 * The journal of a hook or a step in flight: what its code has asked for, and what it has got, in the order in which it
 * got it. When the step is run again after a resume, it is given the same in the same order.
 *
 *   await Promise.race([this.slow.run(), this.fast.run()]);     asked: slow (at 0), fast (at 1)
 *                                                               got:   fast (asked at 1), as event 2
 *   await this.third.run('x');                                  asked: third (at 3), with the arguments ["x"]
 *
 * Each thing that is asked for and each that is given is one event, and events are counted from 0. Only the places of the
 * asking are kept (`at`): what was given stands in order, so its places are the ones that are left.
 *
 * All of this is plain data and never changed in place, for it lies in a machine's context.
 */

/** What a child run or `once` came to. */
export type Result =
  | {
      output?: Json;
      /** Where it stands in a state, of which it is a part: of a run, that of the child. */
      part?: Keys;
    }
  | { error: PlainError }
  /** A labelled break out of a loop further up passed through. */
  | { end: RememberedEnd }
  /** The output was not plain data, so only its kind is known. */
  | { opaque: string };

/** The end of a loop; `thrown` is its reason where `reason` does not say it all: an error, null. */
export interface RememberedEnd {
  path: string;
  reason: Json;
  thrown?: PlainError;
}

/** What a hook or a step in flight has asked for: a run of a child, `once`, or to wait. */
export interface Asked {
  /** The field of the child. Either this or `once` is there. */
  run?: string;
  /** The key. */
  once?: string;
  /** Where `once` is the key of a wait: for what. */
  wait?: 'receive' | 'sleep';
  /** When a sleep is over, in milliseconds since 1970. */
  until?: number;
  /** The key of the `once` whose function asked for it; such a thing is asked for again only if that function is called again. */
  in?: string;
  /** The arguments of a run; see {@link plainArgs}. */
  args?: Json[];
  /** In a checkpoint: of arguments that are no longer what they were, what they are; see `what-changed.ts`. */
  changed?: string;
  /** In a checkpoint: a run that was asked for in a `once`, and that nobody awaits. If it fails, so does the step. */
  unawaited?: true;
  /** How many events the step had had before. */
  at: number;
}

/** What it was given for that; of a child run, with the state in which it left the child. */
export type GivenFor = Result & { dict?: LoopDict };

/** What it has got: what it had asked for, and what it was given. */
export type Got = Asked & GivenFor;

export interface InFlight {
  /** Hooks of the step that have completed and are not repeated. */
  hooks: string[];
  /** What was given, in order, in pieces; see {@link appended}. */
  got: Got[][];
  /** What was asked for and is not given yet. */
  asked: Asked[];
  /** How many events there have been. */
  events: number;
  /** Whether a child was run in this step: then it is no step of an innermost loop. */
  ran: boolean;
  /** In a checkpoint: the keys of the state that the step has changed, and what they hold; all others are as before. See `what-changed.ts`. */
  changed?: { [key: string]: string };
  /** The same of the state as a whole, where that is more than 64 keys. */
  changedState?: string;
  /** In a checkpoint: the fields of counters that have been changed in the step, and what they hold. */
  changedProgress?: { [field: string]: string };
  /** In a checkpoint: children that do not run and have been changed since the step began, or since they were left, and what they hold. */
  changedChildren?: { [name: string]: string };
  /** In a checkpoint: of models that it has as they were before the step, what they had come to; see `models-as-they-were.ts`. */
  changedAssets?: { [path: string]: string };
}

export const emptyJournal: InFlight = { hooks: [], got: [], asked: [], events: 0, ran: false };

/**
 * One more item behind those in pieces. Appending to one long list would copy it each time; here, two pieces of the same
 * length become one of twice that, so that an item is copied as often as the number of items can be halved.
 */
function appended<T>(pieces: readonly T[][], item: T): T[][] {
  const result = [...pieces];
  let last = [item];
  while (result.at(-1)?.length === last.length) last = [...result.pop()!, ...last];
  result.push(last);
  return result;
}

/** What was given, in order. */
export function givenIn(inFlight: InFlight | null): Got[] {
  return inFlight === null ? [] : inFlight.got.flat();
}

/** The children that the step has run, ended ones and running ones. */
export function childrenRun(inFlight: InFlight | null): Set<string> {
  const names = [...givenIn(inFlight), ...(inFlight?.asked ?? [])].flatMap(({ run }) => run ?? []);
  return new Set(names);
}

/** The step asks for something. */
export function ask(before: InFlight | null, what: Omit<Asked, 'at'>): InFlight {
  const journal = before ?? emptyJournal;
  // Who asks for the same again may do so with the same list.
  const asked = what.args === undefined ? what : { ...what, args: [...what.args] };
  return {
    ...journal,
    asked: [...journal.asked, { ...asked, at: journal.events }],
    events: journal.events + 1,
    ran: journal.ran || what.run !== undefined,
  };
}

/** The step is given what it asked for. What it had not asked for before, it asks for and is given at once. */
export function give(before: InFlight | null, what: Omit<Asked, 'at'>, how: GivenFor): InFlight {
  const same = (one: Asked) => one.run === what.run && one.once === what.once && one.wait === what.wait;
  const journal = before?.asked.some(same) ? before : ask(before, what);
  const asked = journal.asked.find(same)!;
  if (asked.unawaited) return give({ ...journal, asked: journal.asked.map(heard) }, what, how);
  return {
    ...journal,
    asked: journal.asked.filter((one) => one !== asked),
    got: appended(journal.got, { ...asked, ...how }),
    events: journal.events + 1,
  };
}

/** How a run is awaited is of no more use once it has ended. */
function heard({ unawaited: _, ...what }: Asked): Asked {
  return what;
}

/** What came of something, as plain data. */
export function resultOf(how: { output?: unknown; error?: unknown; part?: Keys | undefined }): Result {
  if (isEndLoop(how.error)) return { end: rememberedEnd(how.error) };
  if ('error' in how) return { error: describeError(how.error) };
  if (how.output === undefined) return {};
  const plain = plainOrNot(how.output);
  if (plain !== undefined)
    return how.part === undefined ? { output: plain.copy } : { output: plain.copy, part: how.part };
  return { opaque: kindOfOpaque(how.output) };
}

function rememberedEnd({ path, reason }: EndLoop): RememberedEnd {
  const exact = reason === undefined || (reason !== null && plainOrNot(reason) !== undefined);
  return { path, reason: plainReason(reason), ...(exact ? {} : { thrown: describeError(reason) }) };
}

/** What it is called in errors. */
export function nameOf({ run, once, wait }: Omit<Asked, 'at'>): string {
  return run === undefined ? `${wait ?? 'once'}('${once}')` : `a run of \`${run}\``;
}

/** Anything as plain data, for what is shown and kept but not computed with. */
export function plainReason(reason: unknown): Json {
  if (reason === undefined) return null;
  const plain = plainOrNot(reason);
  return plain === undefined ? describeError(reason) : plain.copy;
}

/**
 * Arguments of a child run, copied, to be compared with those of the step that is run again. Of an argument that is no
 * plain data only the kind is kept: `{ $opaque: "Model" }`.
 */
export function plainArgs(args: readonly unknown[]): Json[] {
  if (args.length === 0) return [];
  return args.map((arg) => {
    if (arg === undefined) return { $opaque: 'undefined' };
    const plain = plainOrNot(arg);
    return plain === undefined ? { $opaque: kindOf(arg) } : plain.copy;
  });
}

/** Arguments as a child's machine keeps them: `null` where they are not all plain data. */
export function wholeArgs(args: readonly Json[] | null): Json[] | null {
  if (args === null) return null;
  const isOpaque = (arg: Json) => typeof arg === 'object' && arg !== null && '$opaque' in arg;
  return args.some(isOpaque) ? null : [...args];
}
