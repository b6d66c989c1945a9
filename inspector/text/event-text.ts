import { isShared } from '../../src/data/shared.ts';
import type { EventLine } from '../lines/line.ts';
import { asItCame } from '../lines/whole-line.ts';

/** So many values are written of an event before what lies in more than one place is written no more than once. */
const MOST = 100_000;

/** An event as JSON, as a search looks through it: what lies in more than one place stands in each of them. */
export function eventText(line: EventLine): string {
  return asItCame(line) === line ? JSON.stringify(line.event) : jsonText(line.event);
}

/** A recorded value as JSON, as a recording writes it. */
export function jsonText(recorded: unknown, indent?: number): string {
  const written = new Set<object>();
  let left = MOST;
  const each = (_key: string, value: unknown) => {
    left--;
    if (typeof value !== 'object' || value === null || !isShared(value)) return value;
    if (left < 0 && written.has(value)) return '…';
    written.add(value);
    return value;
  };
  return JSON.stringify(recorded, each, indent);
}
