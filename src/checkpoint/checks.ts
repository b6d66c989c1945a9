import { isPlain } from '../data/json.ts';
import { shown } from '../data/shown.ts';

/*
 * What values are looked at with, one put together from others: `object({ steps: whole, loops: record(whole) })`.
 */

/** Throws what is wrong with a value; `at` is where it stands in the checkpoint, such as `phase.context.steps`. */
export type Check = (value: unknown, at: string) => void;

export const isObject = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const must =
  (holds: (value: any) => boolean, what: string): Check =>
  (value, at) => {
    if (!holds(value)) throw wrong(at, what, value);
  };
export const text: Check = must((value) => typeof value === 'string' && value !== '', 'a text that is not empty');
export const flag: Check = must((value) => typeof value === 'boolean', 'true or false');
export const whole: Check = must((value) => Number.isSafeInteger(value) && value >= 0, 'a whole number from 0 up');
export const time: Check = must((value) => Number.isFinite(value), 'a time in milliseconds');
export const plain: Check = must((value) => isPlain(value), 'plain data');
export const nothing: Check = must((value) => value === null, 'null');
export const key: Check = must((value) => typeof value === 'string' || Number.isSafeInteger(value), 'a key');
export const oneOf = (...values: string[]): Check =>
  must((value) => values.includes(value), `one of ${values.join(', ')}`);
export const listOf =
  (item: Check): Check =>
  (value, at) => {
    if (!Array.isArray(value)) throw wrong(at, 'a list', value);
    for (const [i, one] of value.entries()) item(one, `${at}[${i}]`);
  };
export const orNull =
  (check: Check): Check =>
  (value, at) => {
    if (value !== null) check(value, at);
  };
/** An object with any names. */
export const record =
  (item: Check): Check =>
  (value, at) => {
    if (!isObject(value)) throw wrong(at, 'an object', value);
    for (const name of Object.keys(value)) item(value[name], `${at}.${name}`);
  };
/** An object with these names, each its own; others are nobody's business. */
export const object =
  (fields: { [name: string]: Check }): Check =>
  (value, at) => {
    if (!isObject(value)) throw wrong(at, 'an object', value);
    for (const [name, check] of Object.entries(fields)) {
      const where = at === '' ? name : `${at}.${name}`;
      if (!Object.hasOwn(value, name)) throw wrong(where, 'to be there', undefined);
      check(value[name], where);
    }
  };

/** What may be there or not. */
export const optional =
  (check: Check): Check =>
  (value, at) => {
    if (value !== undefined) check(value, at);
  };
/** An object some of whose names may be missing. */
export const partly =
  (fields: { [name: string]: Check }): Check =>
  (value, at) => {
    if (!isObject(value)) throw wrong(at, 'an object', value);
    for (const [name, check] of Object.entries(fields)) {
      optional(check)(Object.hasOwn(value, name) ? value[name] : undefined, `${at}.${name}`);
    }
  };

/** What is not as it should be; told with the loop's path as `CHECKPOINT_UNREADABLE`. */
export class Wrong extends Error {}

export function wrong(at: string, what: string, got: unknown): Wrong {
  return new Wrong(`\`${at}\` is ${what}, got ${brief(got)}`);
}

export function brief(value: unknown): string {
  return shown(value).slice(0, 80);
}
