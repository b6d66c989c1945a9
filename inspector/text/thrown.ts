import type { Line } from '../lines/line.ts';
import { brief } from './value.ts';

/** What was thrown, as lines tell it. */
export interface ThrownError {
  name?: string;
  message?: string;
  stack?: string;
  /** Of an end by `this.end()`: the loop whose run it ends, and why. */
  path?: string;
  reason?: unknown;
  cause?: unknown;
}

export const isThrown = (value: unknown): value is ThrownError => typeof value === 'object' && value !== null;

/** An error among recorded values, where the value is one. */
export function errorIn(value: unknown): ThrownError | undefined {
  if (!isThrown(value)) return undefined;
  const { $error } = value as { $error?: unknown };
  return isThrown($error) ? $error : undefined;
}

/** What an event says was thrown; nothing where it tells of nothing thrown. */
export function thrownIn(line: Line): ThrownError | undefined {
  if (line.type !== 'event') return undefined;
  const { error } = line.event;
  return (
    line.error ?? errorIn(error) ?? (isThrown(error) && ('name' in error || 'message' in error) ? error : undefined)
  );
}

/** Whether it is no failure: a loop threw `this.end()`, which ends the run of a loop above it. */
export const isEnd = (error: unknown): boolean => isThrown(error) && error.name === 'EndLoop';

/** So many causes behind each other are told. */
const CAUSES = 3;

/** In one line: the name, the message, and what caused it. */
export function thrownWords(error: unknown): string {
  const told: string[] = [];
  for (let one = error; told.length <= CAUSES && one !== undefined && one !== null; one = causeOf(one))
    told.push(nameAndMessage(one));
  return told.join(', caused by ');
}

const causeOf = (value: unknown): unknown => (isThrown(value) ? (errorIn(value) ?? value).cause : undefined);

function nameAndMessage(value: unknown): string {
  if (!isThrown(value)) return brief(value, 200);
  const { name = 'Error', message = '' } = errorIn(value) ?? value;
  return message ? `${name}: ${message}` : name;
}
