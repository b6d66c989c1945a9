import type { LoopStateValue } from '../../chart/context.ts';
import type { Json } from '../../data/json.ts';
import type { Rate } from './rate.ts';
import { clean } from './text.ts';

/** Where a running loop stands, and those that run below it. */
export interface Standing {
  path: string;
  /** Its path below the loop above it. */
  name: string;
  value: LoopStateValue;
  /** Steps of this run of it. */
  steps: number;
  /** How many there will be, where a number called `total` in its state says it. */
  total: number | undefined;
  /** Steps a second. */
  rate: number | undefined;
  /** Seconds until all steps are taken. */
  left: number | undefined;
  /** The numbers of its state that have changed. */
  numbers: [name: string, value: number][];
  state: Json;
  /** What its step waits for: `receive('approval')`. */
  waits: string | undefined;
  below: Standing[];
  /** What has ended in its step. */
  ended: number;
  failed: { name: string; message: string }[];
}

/** What is known of a loop from looks before. */
export interface Before {
  rate: Rate;
  /** The numbers of its state as they were when it was first seen. */
  first: Map<string, number>;
  changed: Set<string>;
  /** Those that are not just its steps, counted once more. */
  own: Set<string>;
}

/** A number in the state of a loop, or deeper in it: `loss`, `report.loss`. */
export function numberAt(state: Json, names: string[]): number | undefined {
  let value: unknown = state;
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === 'number' ? value : undefined;
}

/** How many steps there will be. */
export function totalIn(state: Json): number | undefined {
  const total = numberAt(state, ['total']);
  return total !== undefined && Number.isFinite(total) && total > 0 ? total : undefined;
}

/** The numbers at the top of a state that have changed since it was first seen. */
export function changedIn(state: Json, steps: number, { first, changed, own }: Before): [string, number][] {
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return [];
  const numbers: [string, number][] = [];
  for (const [name, value] of Object.entries(state)) {
    if (typeof value !== 'number' || name === 'total') continue;
    if (!first.has(name)) first.set(name, value);
    else if (!Object.is(first.get(name), value)) changed.add(name);
    if (value !== steps) own.add(name);
    if (changed.has(name) && own.has(name)) numbers.push([clean(name), value]);
  }
  return numbers;
}
