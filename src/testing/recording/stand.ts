import { isEnvelope } from '../../chart/context.ts';
import { type Got, givenIn } from '../../chart/journal.ts';
import type { Json } from '../../data/json.ts';
import { plain } from '../../recording/lines.ts';
import type { Frame } from '../../recording/replayed-actors.ts';
import { canonical, canonicalJson, shortHash } from './canonical.ts';

/**
 * What a golden recording keeps of how a loop stands after a transition, by these keys, in this order: its context, with
 * the journal in three lists, and what came out of it.
 *
 * What other lines say is not repeated: the name of a child, and in the journal in which state a child was left.
 */
export const goldenKeys: readonly string[] = [
  ...['late', 'args', 'state', 'steps', 'done', 'progress', 'children', 'running', 'hooks', 'asked', 'got'],
  ...['begun', 'restarting', 'pace', 'stop', 'ended', 'skipped', 'status', 'output', 'error'],
];

export type Stand = { [key: string]: Json };

/** How a loop stands that nothing has happened to: the first line of each run is the difference to this. */
export const blank: Stand = {
  ...{ late: false, args: [], state: null, steps: 0, done: null, progress: {}, children: {}, running: [] },
  ...{ hooks: [], asked: [], got: [], begun: false, restarting: false },
  ...{ pace: null, stop: null, ended: null, skipped: false, status: 'active', error: null },
};

/** @param isLate whether it had begun before anybody recorded */
export function standOf(frame: Frame, isLate: boolean): Stand {
  const { context, status, path } = frame;
  const { inFlight } = context;
  const all: { [key: string]: unknown } = {
    ...context,
    late: isLate,
    hooks: inFlight?.hooks ?? [],
    asked: inFlight?.asked.map(comparable) ?? [],
    got: givenIn(inFlight).map(comparable),
    status,
  };
  const stand: Stand = {};
  for (const key of goldenKeys) {
    const value = key === 'output' ? outputOf(frame) : all[key] === undefined ? undefined : canonical(all[key], path);
    if (value !== undefined) stand[key] = value;
  }
  return stand;
}

/** A stand that was read: all keys in their order. */
export function ordered(read: Stand, path: string): Stand {
  const stand: Stand = {};
  for (const key of goldenKeys) if (read[key] !== undefined) stand[key] = canonicalJson(read[key], path);
  return stand;
}

/** Without its place, the state of the child, and the time of day at which a wait is over: that is another in each run. */
function comparable({ at: _, dict: __, until: ___, ...rest }: Partial<Got>): object {
  return rest;
}

/** A child tells its parent more than its output. */
function outputOf({ output, path }: Frame): Json | undefined {
  const returned = isEnvelope(output) ? output.output : output;
  return returned === undefined ? undefined : canonicalJson(plain(returned), path);
}

/** The short hash that stands at the beginning of a line. */
export function hashOf(stand: Stand): string {
  return shortHash(JSON.stringify(stand));
}
