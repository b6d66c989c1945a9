import type { LoopContext } from '../chart/context.ts';
import { emptyJournal, type Got, give, givenIn, type InFlight, type Result } from '../chart/journal.ts';
import { decodeJson, encodeJson } from '../data/json-form.ts';

/*
 * What a context holds has changed since the first recordings were made, and they replay all the same. Here is what was
 * another way then.
 */

/** What a step in flight had got, by child and by key; in which order it got them was not told. */
interface OlderInFlight {
  hooks: string[];
  /** In order, in pieces. */
  runs: { [child: string]: Result[][] };
  once: { [key: string]: Result };
  ran: boolean;
}

function isOlder(inFlight: unknown): inFlight is OlderInFlight {
  return typeof inFlight === 'object' && inFlight !== null && 'runs' in inFlight;
}

/** A context of an older recording, to go on from. */
export function asOfNow(context: LoopContext): LoopContext {
  const inFlight: unknown = context.inFlight;
  if (!isOlder(inFlight)) return context;
  const { hooks, runs, once, ran } = inFlight;
  let journal: InFlight = { ...emptyJournal, hooks };
  for (const [run, pieces] of Object.entries(runs)) {
    for (const result of pieces.flat()) journal = give(journal, { run }, result);
  }
  for (const [key, result] of Object.entries(once)) journal = give(journal, { once: key }, result);
  return { ...context, inFlight: { ...journal, ran } };
}

/** Both contexts in the form that older recordings have, where the recorded one has it. */
export function inOlderForm(recorded: any, now: any): [recorded: unknown, now: unknown] {
  if (!isOlder(recorded?.inFlight)) return [recorded, now];
  const { runs } = recorded.inFlight;
  const whole = Object.fromEntries(Object.entries(runs).map(([name, pieces]) => [name, (pieces as Result[][]).flat()]));
  return [
    { ...recorded, inFlight: { ...recorded.inFlight, runs: whole } },
    { ...now, inFlight: now.inFlight && olderOf(now.inFlight) },
  ];
}

function olderOf(inFlight: InFlight): object {
  const given = givenIn(inFlight);
  const [runs, once] = [given.filter(({ run }) => run !== undefined), given.filter(({ run }) => run === undefined)];
  return {
    hooks: inFlight.hooks,
    runs: Object.fromEntries(runs.map(({ run }) => [run, runs.filter((one) => one.run === run).map(resultOf)])),
    once: Object.fromEntries(once.map((one) => [one.once, resultOf(one)])),
    ran: inFlight.ran,
  };
}

function resultOf({ run, once, in: within, args, at, ...result }: Got): object {
  return result;
}

/** Descriptions of what is no error had not these words, which say what it is. */
const newWords = ['$value', '$undefined', '$opaque', '$list'];

export function withoutNewWords(value: unknown): unknown {
  const text = JSON.stringify(encodeJson(value), (key, inner) => (newWords.includes(key) ? undefined : inner));
  return text === undefined ? undefined : decodeJson(JSON.parse(text));
}
