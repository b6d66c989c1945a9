import { wholeOf } from '../../src/data/shared.ts';
import type { Line } from './line.ts';

/** Lines with marks in them, by what was made of them. */
const told = new WeakMap<Line, Line>();

/** A line in which each object lies in all of its places. Most lines have no such object, and are returned as they are. */
export function wholeLine(line: Line): Line {
  if (line.type !== 'event' && line.type !== 'actor') return line;
  const whole = wholeOf(line, { ref: String(line.seq), root: line }) as Line;
  if (whole !== line) told.set(whole, line);
  return whole;
}

/** The same as it came: as files hold it. */
export function asItCame(line: Line): Line {
  return told.get(line) ?? line;
}
