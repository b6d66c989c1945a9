import type { Asked, InFlight } from '../chart/journal.ts';
import {
  type Check,
  flag,
  key,
  listOf,
  must,
  nothing,
  object,
  oneOf,
  orNull,
  partly,
  plain,
  record,
  text,
  time,
  whole,
  wrong,
} from './checks.ts';
import type { Phase } from './contents.ts';

/*
 * The keys that a checkpoint has, and what belongs under each: see `docs/format.md`, which says what they mean.
 */

/** The state of a loop and of those below it: before the step in flight, or as a run has left it. */
const dict: Check = (value, at) =>
  object({ state: plain, progress: record(record(plain)), children: record(dict) })(value, at);

/** What a step in flight had asked for, and what it had got: see `journal.ts`. */
const asked: Check = (value, at) => {
  object({ at: whole })(value, at);
  partly({
    run: text,
    once: text,
    wait: oneOf('receive', 'sleep'),
    until: time,
    in: text,
    args: listOf(plain),
    changed: text,
    unawaited: flag,
    dict,
  })(value, at);
  const { run, once, wait, until } = value as Asked;
  if ((run === undefined) === (once === undefined)) throw wrong(at, 'a run or a once', value);
  if (wait !== undefined && once === undefined) throw wrong(at, 'a wait with a key in `once`', value);
  if ((wait === 'sleep') !== (until !== undefined)) throw wrong(at, 'a sleep with its end in `until`', value);
};
const got: Check = (value, at) => {
  asked(value, at);
  partly({
    part: listOf(key),
    end: object({ path: text, reason: plain }),
    opaque: nothing,
    error: record(plain),
    output: plain,
  })(value, at);
};
const journal = object({
  hooks: listOf(text),
  got: listOf(listOf(got)),
  asked: listOf(asked),
  events: whole,
  ran: flag,
});
const inFlight: Check = (value, at) => {
  journal(value, at);
  partly({
    changed: record(text),
    changedState: text,
    changedProgress: record(text),
    changedChildren: record(text),
    changedAssets: record(text),
  })(value, at);
  const { got: pieces, asked: open, events } = value as InFlight;
  const gifts = pieces.flat();
  const indices = new Set([...gifts, ...open].map((one) => one.at));
  const fits = indices.size === gifts.length + open.length && [...indices].every((index) => index < events);
  if (!fits || events !== 2 * gifts.length + open.length)
    throw wrong(at, 'a journal whose events are all there', value);
};

/** The states to go on from. */
const states = [
  'entering',
  'skipped',
  'resetting',
  'starting',
  'advancing',
  'paused',
  'ending',
  'finished',
] satisfies Phase['value'][];

const reasonOrNull = orNull(object({ reason: plain }));
const context = object({
  name: orNull(text),
  args: orNull(listOf(plain)),
  begun: flag,
  steps: whole,
  done: orNull(flag),
  restarting: flag,
  inFlight: orNull(inFlight),
  stop: reasonOrNull,
  ended: reasonOrNull,
  skipped: flag,
  error: nothing,
  before: record(orNull(dict)),
});
/** What was given to the run lies with the root. */
const mailbox = listOf((value, at) => {
  object({ key: text })(value, at);
  partly({ value: plain, opaque: text })(value, at);
});
const phase: Check = (value, at) => {
  object({ value: oneOf(...states), context, children: record(phase) })(value, at);
  partly({ output: plain })(value, at);
  partly({ given: mailbox, changedArgs: text })((value as Phase).context, `${at}.context`);
};

const required = object({
  shape: listOf(text),
  runId: text,
  position: object({ steps: whole, loops: record(whole) }),
  phase,
  stateDict: record(plain),
  assets: record(() => {}),
});
const anyText = must((value) => typeof value === 'string', 'a text');
const optionalOnes = partly({ restarting: listOf(anyText), classes: record(anyText) });

/** That it has the keys that a checkpoint has, and under each what belongs there. @throws Wrong */
export function checkForm(candidate: unknown): void {
  required(candidate, '');
  // Older checkpoints lack them.
  optionalOnes(candidate, '');
}
