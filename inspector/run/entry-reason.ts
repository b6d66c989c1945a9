import type { Line, LoopContext } from '../lines/line.ts';
import { isEnd, isThrown, thrownIn, thrownWords } from '../text/thrown.ts';
import { brief } from '../text/value.ts';
import type { Actor } from './actor.ts';
import type { Contexts } from './contexts.ts';
import { stateInWords } from './state-value.ts';
import type { Store } from './store.ts';

/** How a loop came into the state that it is in. */
export interface Entry {
  row: number;
  /** The state before; empty where it began in this one, or where that is not held any more. */
  from: string;
  /** In words, what made it do so. */
  because: string;
}

/** When the loop entered the state that it is in at a row; nothing where that was not seen or is held no more. */
export function enteredAt(actor: Actor, row: number): number | undefined {
  const at = actor.entries.upTo(row);
  return at < 0 ? undefined : actor.entries.row(at);
}

/** Why it did so. */
export function entryOf(store: Store, contexts: Contexts, actor: Actor, entered: number): Entry {
  const before = actor.rows.upTo(entered) - 1;
  const last = before < 0 ? undefined : actor.rows.row(before);
  const valueAt = (row: number) => store.values.list[store.value(row)]!;
  const from = last === undefined ? '' : valueAt(last);
  const line = store.line(entered);
  if (actor.kind !== '') return { row: entered, from: stateInWords(from), because: reasonOfApp(line) };
  const was = last === undefined ? undefined : contexts.at(actor, last);
  return { row: entered, from, because: reason(line, from, valueAt(entered), was, contexts.at(actor, entered) ?? {}) };
}

/** An actor of the app does what it does by its own code: what can be said is which event came. */
function reasonOfApp(line: Line): string {
  if (line.type === 'actor') return line.late ? 'it was in it when it was first seen' : 'it began';
  if (line.type !== 'event') return '';
  if (line.error) return `${line.error.name ?? 'Error'}: ${line.error.message ?? ''}`;
  const { type } = line.event;
  if (type === '') return 'nothing else had to come';
  const [, how, who] = /^xstate\.(done|error)\.actor\.(?:\d+\.)?(.+)$/.exec(type) ?? [];
  if (how !== undefined) return `\`${who}\` ${how === 'done' ? 'was done' : 'had failed'}`;
  const [, delay] = /^xstate\.after\.(\d+)\./.exec(type) ?? [];
  return delay === undefined ? `\`${type}\` came` : `${delay} ms had passed`;
}

/** What the chart decides by, in the words of who writes loops. */
function reason(line: Line, from: string, to: string, was: LoopContext | undefined, is: LoopContext): string {
  if (line.type === 'actor') return line.late ? 'it was in it when it was first seen' : 'its run began';
  if (line.type !== 'event') return '';
  const { event } = line;
  switch (to) {
    case 'entering':
      return 'its run began';
    case 'skipped':
      return '`skip` was true';
    case 'resetting':
      return '`skip` was false';
    case 'starting':
      return '`reset` completed';
    case 'advancing':
      if (event.type === 'loop.step') return `${steps(event.n)} asked for`;
      return from === 'paused' ? 'it was resumed' : '`onRunStart` completed, and `done` was false';
    case 'paused':
      // What was left of the steps that it may take: none after a pause, some after a `loop.step`.
      return Number(was?.pace) > 0 ? 'it has taken the steps that were asked for' : 'a pause was asked for';
    case 'ending':
      if (is.ended) return `it threw \`this.end()\`${told((is.ended as { reason?: unknown }).reason)}`;
      if (is.stop) return `it was asked to stop${told((is.stop as { reason?: unknown }).reason)}`;
      return `\`done\` was true ${is.steps ? `after step ${is.steps}` : 'before the first step'}`;
    case 'finished':
      return `\`${from === 'skipped' ? 'onSkip' : 'onRunEnd'}\` completed`;
    case 'failed':
    case 'aborted': {
      const error = thrownIn(line) ?? is.error ?? {};
      if (isEnd(error) && isThrown(error)) return `the end of ${error.path} was thrown${told(error.reason)}`;
      return thrownWords(error);
    }
    default:
      return '';
  }
}

const steps = (n: unknown) => (n === undefined || n === 1 ? 'one step was' : `${n} steps were`);
const told = (why: unknown) => (why === undefined || why === null ? '' : `: ${brief(why)}`);
