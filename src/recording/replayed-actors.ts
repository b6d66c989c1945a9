import type { LoopContext, LoopStateValue } from '../chart/context.ts';
import type { Stand } from '../chart/loop-actor.ts';
import { isFinal, isState, next } from '../chart/rules.ts';
import { isAlike } from '../data/alike.ts';
import { LoopError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import { decodeJson, encodeContext } from '../data/json-form.ts';
import { shown } from '../data/shown.ts';
import { type ActorLine, type EventLine, live, liveEvent, plainOutput, toldError } from './lines.ts';
import { asOfNow, inOlderForm, withoutNewWords } from './older-lines.ts';

/** Where a loop stood after an event. */
export interface Frame {
  seq: number;
  path: string;
  /** The path and which run of it: `fit.epoch#3`. */
  id: string;
  /** The event; `xstate.init` when the loop was first seen. */
  event: { type: string; [key: string]: unknown };
  value: LoopStateValue;
  context: LoopContext;
  status: 'active' | 'done' | 'error' | 'stopped';
  output?: unknown;
}

/** Where an actor stands in a replay. */
interface Actor {
  path: string;
  stand: Stand;
}

/** The actors of a recording that is replayed, each where the chart has brought it. */
export class ReplayedActors {
  readonly #actors = new Map<string, Actor>();

  /** One that is first seen. @throws LoopError `REPLAY_MISMATCH` */
  introduced(line: ActorLine): Frame {
    const { id, path, value, status = 'active' } = line;
    if (this.#actors.has(id)) throw mismatch(line.seq, path, 'an actor that is not there yet', id);
    const context = decodeJson(line.context) as unknown as LoopContext;
    if (!isState(value)) throw mismatch(line.seq, path, 'a state of the chart', shown(value));
    if (!isContext(context)) throw mismatch(line.seq, path, 'a context', shown(line.context));
    const output = line.output === undefined ? undefined : live(line.output);
    const stand = {
      value,
      context: asOfNow(context),
      status: isFinal(value) ? 'done' : status,
      output,
      error: undefined,
    } as const;
    const actor: Actor = { path, stand };
    if (stand.status === 'active') this.#actors.set(id, actor);
    return frameOf(line, actor, { type: 'xstate.init' });
  }

  /** Takes an event, and holds what comes of it to what the recording has. @throws LoopError `REPLAY_MISMATCH` */
  handled(line: EventLine): Frame {
    const actor = this.#actors.get(line.id);
    if (actor === undefined) throw mismatch(line.seq, line.id, 'an actor that the recording has introduced', line.id);
    const { path } = actor;
    const event = liveEvent(line.event);
    actor.stand = next(actor.stand.value, actor.stand.context, event);
    const { value, context, status, output, error } = actor.stand;
    const told = line.status ?? 'active';
    if (value !== line.value || status !== told) {
      throw mismatch(line.seq, path, `${event.type} to lead to ${line.value} (${told})`, `${value} (${status})`);
    }
    if (line.context !== undefined) same(line, path, 'context', line.context, encodeContext(context));
    same(line, path, 'output', line.output, output === undefined ? undefined : plainOutput(output));
    same(line, path, 'error', line.error, error === undefined ? undefined : toldError(error));
    if (status !== 'active') this.#actors.delete(line.id);
    return frameOf(line, actor, event);
  }
}

function isContext(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { steps?: unknown }).steps === 'number';
}

function frameOf({ seq, id }: ActorLine | EventLine, { path, stand }: Actor, event: Frame['event']): Frame {
  const { value, context, status, output } = stand;
  return { seq, path, id, event, value, context, status, ...(output === undefined ? {} : { output }) };
}

function same(line: EventLine, path: string, what: string, told: Json | undefined, got: Json | undefined): void {
  if (told === got) return;
  const [before, now] = inOlderForm(decodeJson(told as Json), decodeJson(got as Json));
  if (!isAlike(before, now) && !isAlike(before, withoutNewWords(now)))
    throw mismatch(line.seq, path, `the ${what} ${shown(told)}`, shown(got));
}

export function mismatch(seq: number, path: string, expected: string, got: string, cause?: unknown): LoopError {
  return new LoopError(
    'REPLAY_MISMATCH',
    `At ${seq} the recording and the chart disagree: expected ${expected}, got ${got}.`,
    path,
    ...(cause === undefined ? [] : [{ cause }]),
  );
}
