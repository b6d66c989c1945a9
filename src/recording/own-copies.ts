import { plainOrNot } from '../data/json.ts';
import { givenIn } from './lines.ts';
import type { Sighting } from './sighting.ts';

/**
 * A sighting that is kept, to be told later: with copies of what hooks have returned, for whoever was given that may change
 * it. What is no plain data stays as it is; only its kind is told.
 * @param values what has more values than so many, in all, is not copied
 */
export function withOwnCopies(sighting: Sighting, values: { left: number }): Sighting {
  const { subject, event, output } = sighting;
  // Of an actor of the app, all are copies.
  if (subject.ofApp !== undefined) return sighting;
  const given = (event as { output?: unknown } | undefined)?.output;
  if (!isObject(given) && !isObject(output)) return sighting;
  const own = { output: copied(given, values) };
  return {
    ...sighting,
    ...(isObject(given) ? { event: { ...(event as { type: string }), ...own } } : {}),
    output: output === given ? own.output : copied(output, values),
  };
}

/** What a hook has returned, in the report of its actor or in the envelope of a child as well. */
function copied(output: unknown, values: { left: number }): unknown {
  if (!isObject(output)) return output;
  const within = givenIn('output', output);
  if (within === undefined) return copy(output, values);
  return { ...output, [within]: copy((output as { [key: string]: unknown })[within], values) };
}

function copy(value: unknown, values: { left: number }): unknown {
  return isObject(value) ? (plainOrNot(value, values)?.copy ?? value) : value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
