import type { LoopControlEvent } from '../chart/context.ts';
import { isOfApp } from '../recording/lines.ts';
import type { Breakpoint } from './breakpoint.ts';
import {
  type ForkCommand,
  type MomentsCommand,
  parseFork,
  parseMoments,
  parseTake,
  type TakeCommand,
} from './fork/command.ts';
import { beginning, isRecord, only, received, textOf } from './parts.ts';
import { parseCondition } from './when.ts';

/** All that a page may ask for. */
export type Command =
  | { type: 'all'; event: LoopControlEvent }
  | { type: 'send'; id: string; event: LoopControlEvent | AppEvent }
  | { type: 'speed'; perSec: number | null }
  | { type: 'break'; points: Breakpoint[] }
  | { type: 'get'; ref: string }
  | MomentsCommand
  | TakeCommand
  | ForkCommand
  | { type: 'release' };

/** An event for an actor of the app: whatever its code takes. */
export interface AppEvent {
  type: string;
  [key: string]: unknown;
}

const kinds = 'send, all, speed, break, get, moments, take, fork, release';
const mostPoints = 100;
/** What each control event may carry. */
const controls: Record<LoopControlEvent['type'], 'n' | 'reason' | 'value' | undefined> = {
  'loop.pause': undefined,
  'loop.resume': undefined,
  'loop.step': 'n',
  'loop.stop': 'reason',
  'loop.abort': 'reason',
  'loop.give': 'value',
};

/** A command that a page sent. @throws Error that says what is wrong with it; nothing of what is not on the list goes through */
export function parseCommand(text: string): Command {
  const command = parsed(text);
  if (!isRecord(command)) throw new Error(`Expected a command as a JSON object, got ${received(command)}.`);
  switch (command.type) {
    case 'send': {
      only(command, 'type', 'id', 'event');
      const id = textOf(command.id, 'id');
      return { type: 'send', id, event: isOfApp(id) ? parseAppEvent(command.event) : parseControl(command.event) };
    }
    case 'all': {
      only(command, 'type', 'event');
      const event = parseControl(command.event);
      // A value is for the one run that waits for it.
      if (event.type === 'loop.give')
        throw new Error('Expected an event for all runs, got `loop.give`. Send it to one.');
      return { type: 'all', event };
    }
    case 'speed': {
      only(command, 'type', 'perSec');
      const { perSec } = command;
      if (perSec !== null && !(typeof perSec === 'number' && perSec > 0 && perSec <= 1e6))
        throw new Error(`Expected \`perSec\` to be null or a number above 0 and up to 1e6, got ${received(perSec)}.`);
      return { type: 'speed', perSec };
    }
    case 'break': {
      only(command, 'type', 'points');
      const { points } = command;
      if (!Array.isArray(points) || points.length > mostPoints)
        throw new Error(`Expected \`points\` to be a list of at most ${mostPoints}, got ${received(points)}.`);
      return { type: 'break', points: points.map(pointOf) };
    }
    case 'get':
      only(command, 'type', 'ref');
      return { type: 'get', ref: textOf(command.ref, 'ref', 8000) };
    case 'moments':
      return parseMoments(command);
    case 'take':
      return parseTake(command);
    case 'fork':
      return parseFork(command);
    case 'release':
      only(command, 'type');
      return { type: 'release' };
    default:
      throw new Error(`Expected \`type\` to be one of ${kinds}, got ${received(command.type)}.`);
  }
}

/** One of the events that anyone may send, rebuilt from what is allowed in it. @throws Error for any other */
export function parseControl(event: unknown): LoopControlEvent {
  if (!isRecord(event)) throw new Error(`Expected \`event\` to be an object, got ${received(event)}.`);
  const { type } = event;
  if (typeof type !== 'string' || !Object.hasOwn(controls, type))
    throw new Error(`Expected an event among ${Object.keys(controls).join(', ')}, got ${received(type)}.`);
  const extra = controls[type as LoopControlEvent['type']];
  only(event, 'type', ...(extra === undefined ? [] : extra === 'value' ? ['key', 'value'] : [extra]));
  if (extra === 'n' && event.n !== undefined) {
    const { n } = event;
    if (!(typeof n === 'number' && Number.isInteger(n) && n >= 1 && n <= 1e9))
      throw new Error(`Expected \`n\` to be a whole number from 1 to 1e9, got ${received(n)}.`);
    return { type: 'loop.step', n };
  }
  if (extra === 'reason' && event.reason !== undefined) {
    return { type: type as 'loop.stop', reason: textOf(event.reason, 'reason') };
  }
  if (extra === 'value') {
    const { value } = event;
    return { type: 'loop.give', key: textOf(event.key, 'key'), ...(value === undefined ? {} : { value }) };
  }
  return { type } as LoopControlEvent;
}

/** An event that a page sends to an actor of the app. @throws Error for one that XState sends by itself */
export function parseAppEvent(event: unknown): AppEvent {
  if (!isRecord(event)) throw new Error(`Expected \`event\` to be an object, got ${received(event)}.`);
  const type = textOf(event.type, 'type');
  if (type === '' || type === '*' || type.startsWith('xstate.'))
    throw new Error(
      `Expected \`type\` to be that of an event of your own, got ${received(type)}: XState alone sends those.`,
    );
  return { ...event, type };
}

function pointOf(point: unknown): Breakpoint {
  if (!isRecord(point)) throw new Error(`Expected a breakpoint to be an object, got ${received(point)}.`);
  only(point, 'id', 'path', 'state', 'event', 'when');
  const told: Breakpoint = {};
  for (const key of ['id', 'path', 'state', 'event', 'when'] as const) {
    if (point[key] !== undefined) told[key] = textOf(point[key], key);
  }
  if (told.when !== undefined) parseCondition(told.when);
  if (told.state === undefined && told.event === undefined && told.when === undefined)
    throw new Error(`Expected a breakpoint to have \`state\`, \`event\` or \`when\`, got ${received(point)}.`);
  return told;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`Expected a command as a JSON object, got \`${beginning(text)}\`.`, { cause });
  }
}
