import {
  type Frame,
  formatRecording,
  Loop,
  type LoopRun,
  type Outcome,
  parseRecording,
  type Recording,
  type RecordingLine,
  record,
  replay,
  type StartOptions,
} from 'loopchart';
import { expect } from 'vitest';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { plainOrNot } from '../../src/data/json.ts';
import { Ending, Failing, Giving, Leaf, Middle, Root, Skipped, SlowLeaf } from './replay-loops.ts';
import { Tree } from './trees.ts';

interface Seen {
  actor: AnyActorRef;
  path: string;
  event: string;
  value: unknown;
  context: unknown;
  status: string;
  output?: unknown;
}

const isLoop = (actor: any): boolean => actor?.logic?.config?.id === 'loop';

function pathOf(actor: AnyActorRef): string {
  return isLoop(actor._parent) ? `${pathOf(actor._parent!)}.${actor.id}` : actor.id;
}

/** What XState itself tells of the loops' actors. */
export function watch() {
  const seen: Seen[] = [];
  const first = new Map<AnyActorRef, Seen>();
  return {
    seen,
    /** Of actors that were there to be seen when they began. */
    first,
    next(inspected: InspectionEvent) {
      const actor = inspected.actorRef as AnyActorRef;
      if (!isLoop(actor) || !('snapshot' in inspected)) return;
      const { value, context, status, output } = inspected.snapshot as any;
      // As it is now: whoever is given it may change it later.
      const has = output === undefined ? {} : { output: plainOrNot(output)?.copy ?? output };
      const event = inspected.event.type;
      const stand = { actor, path: pathOf(actor), event, value, context, status, ...has };
      if (event === 'xstate.init') first.set(actor, stand);
      else if (inspected.type === '@xstate.microstep') seen.push(stand);
    },
  };
}

const hooks = ['reset', 'advance', 'onSkip', 'onRunStart', 'onAdvanceStart', 'onAdvanceEnd', 'onRunEnd', 'onRestart'];
const members = [...hooks, 'done', 'skip', 'onSaveCheckpoint', 'onLoadCheckpoint', 'run', 'once', 'end'];

/** Does something while every hook of every class of the tests throws. */
function withoutUserCode<T>(act: () => T): T {
  const restore: (() => void)[] = [];
  for (const { prototype } of [Loop, Leaf, SlowLeaf, Failing, Skipped, Ending, Middle, Root, Tree, Giving]) {
    for (const member of members) {
      const before = Object.getOwnPropertyDescriptor(prototype, member);
      if (before === undefined) continue;
      const get = () => {
        throw new Error(`${prototype.constructor.name}.${member} was asked for in a replay`);
      };
      Object.defineProperty(prototype, member, { get, configurable: true });
      restore.push(() => Object.defineProperty(prototype, member, before));
    }
  }
  try {
    expect(() => Leaf.prototype.reset()).toThrow('Leaf.reset was asked for in a replay');
    return act();
  } finally {
    for (const one of restore) one();
  }
}

/** The frames of a recording, as text. */
export const replayed = (text: string): Frame[] => withoutUserCode(() => [...replay(parseRecording(text))]);

/** Replays from text, and holds each frame against what XState told when it ran. */
export function expectSame(recording: RecordingLine[], { seen, first }: ReturnType<typeof watch>): Frame[] {
  const frames = replayed(formatRecording(recording));
  const told = frames.filter(({ event }) => event.type !== 'xstate.init');
  const ids = new Map<AnyActorRef, string>();
  for (const [i, { actor, ...live }] of seen.entries()) {
    const frame = told[i]!;
    if (!ids.has(actor)) ids.set(actor, frame.id);
    expect(frame.id).toBe(ids.get(actor));
    expect(stand(frame), `frame ${frame.seq}`).toEqual(live);
  }
  expect(told.length).toBe(seen.length);
  expect(new Set(ids.values()).size, 'each actor has an id of its own').toBe(ids.size);

  const introduced = new Map(
    frames.flatMap((frame) => (frame.event.type === 'xstate.init' ? [[frame.id, frame]] : [])),
  );
  for (const [actor, { actor: _, ...live }] of first) {
    const id = ids.get(actor);
    // One that was ended before it had heard of anything.
    if (id !== undefined) expect(stand(introduced.get(id)!), id).toEqual(live);
  }
  const late = recording.filter((line) => line.type === 'actor' && line.late);
  expect(late.length).toBe([...ids.keys()].filter((actor) => !first.has(actor)).length);
  return frames;
}

function stand({ path, event, value, context, status, output }: Frame): Omit<Seen, 'actor'> {
  return { path, event: event.type, value, context, status, ...(output === undefined ? {} : { output }) };
}

/** A run that is recorded, and watched beside that. */
export async function recorded<Output, Args extends unknown[]>(
  loop: Loop<Output, Args>,
  options: StartOptions<Args>,
  during?: (run: LoopRun<Output>) => Promise<void>,
): Promise<{ recording: Recording; watcher: ReturnType<typeof watch>; outcome: Outcome<Output> }>;
export async function recorded(
  loop: Loop<any, any>,
  options: StartOptions,
  during?: (run: LoopRun<any>) => Promise<void>,
) {
  const [recorder, watcher] = [record(), watch()];
  const run = loop.start({ ...options, inspect: [recorder, watcher] });
  const ended = run.outcome;
  await during?.(run);
  return { recording: recorder.recording, watcher, outcome: await ended };
}

/** Where the root stood at the end. */
export const last = (frames: Frame[]): Frame => frames.findLast(({ id }) => id === frames[0]!.id)!;
