import { type Json, setOwn } from '../../data/json.ts';

/** What has become of one part of a context. */
export interface Change {
  /** Where it is: `state.losses[3]`, `state["a key"]`. */
  readonly path: string;
  /** What it is now; `undefined`: it is gone. */
  readonly value: Json | undefined;
}

type Fields = { [key: string]: Json };

/**
 * What has to be done to one piece of JSON so that it becomes another. Where that takes more text than the whole would, it
 * is the whole.
 */
export function changesBetween(before: Fields, after: Fields): Change[] {
  return keysOf(before, after).flatMap((key) => partChanges(stepTo('', key), before[key], after[key]));
}

/** The smallest parts in which two pieces of JSON differ. `undefined`: it is not there. */
export function differences(
  one: Json | undefined,
  other: Json | undefined,
  path = '',
): { path: string; one: Json | undefined; other: Json | undefined }[] {
  if (one === other || JSON.stringify(one) === JSON.stringify(other)) return [];
  if (Array.isArray(one) && Array.isArray(other)) {
    const length = Math.max(one.length, other.length);
    return Array.from({ length }, (_, i) => differences(one[i], other[i], `${path}[${i}]`)).flat();
  }
  if (!isFields(one) || !isFields(other)) return [{ path, one, other }];
  return keysOf(one, other).flatMap((key) => differences(own(one, key), own(other, key), stepTo(path, key)));
}

function keysOf(before: Fields, after: Fields): string[] {
  const added = Object.keys(after).filter((key) => !Object.hasOwn(before, key));
  return [...Object.keys(before), ...added];
}

function partChanges(path: string, before: Json | undefined, after: Json | undefined): Change[] {
  if (before === after || JSON.stringify(before) === JSON.stringify(after)) return [];
  const whole = [{ path, value: after }];
  const inner = innerChanges(path, before, after);
  return inner !== undefined && lengthOf(inner) < lengthOf(whole) ? inner : whole;
}

/** `undefined` where they have no parts in common. */
function innerChanges(path: string, before: Json | undefined, after: Json | undefined): Change[] | undefined {
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    // From the last one on, so that those behind an item that goes are gone already.
    const places = Array.from({ length }, (_, i) => (after.length < before.length ? length - 1 - i : i));
    return places.flatMap((i) => partChanges(`${path}[${i}]`, before[i], after[i]));
  }
  if (!isFields(before) || !isFields(after)) return undefined;
  return keysOf(before, after).flatMap((key) => partChanges(stepTo(path, key), own(before, key), own(after, key)));
}

function own(fields: Fields, key: string): Json | undefined {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function isFields(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stepTo(path: string, key: string): string {
  if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

function lengthOf(changes: readonly Change[]): number {
  return changes.reduce((sum, change) => sum + changeText(change).length + 1, 0);
}

/** A change as a line has it: `state.n=3`, `-state.name`. */
export function changeText({ path, value }: Change): string {
  return value === undefined ? `-${path}` : `${path}=${JSON.stringify(value)}`;
}

/** The changes that a text lists, with a space between them. @throws Error where it is none of these */
export function parseChanges(text: string): Change[] {
  return split(text, ' ').map((word) => {
    const isGone = word.startsWith('-');
    const [path, ...rest] = split(isGone ? word.slice(1) : word, '=');
    if (path === undefined || path === '' || isGone !== (rest.length === 0)) {
      throw new Error(`Expected a change such as \`state.n=3\` or \`-state.n\`, got \`${word}\`.`);
    }
    return { path, value: isGone ? undefined : (JSON.parse(rest.join('=')) as Json) };
  });
}

/** Splits at a character, but not within the strings of JSON. */
function split(text: string, at: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    if (isInString && text[i] === '\\') i++;
    else if (text[i] === '"') isInString = !isInString;
    else if (!isInString && text[i] === at) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  return [...parts, text.slice(from)].filter((part) => part !== '');
}

/** The keys on the way to a part: `state["a key"][3]` is `state`, `a key`, 3. */
function keysIn(path: string): (string | number)[] {
  const found = path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g);
  return [...found].map(([, index, quoted, name]) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined ? name! : (JSON.parse(quoted) as string);
  });
}

/** A piece of JSON with changes made to it; what it was made of stays as it is. */
export function changedBy(before: Fields, changes: readonly Change[]): Fields {
  return changes.reduce((value, { path, value: part }) => put(value, keysIn(path), part) as Fields, before);
}

function put(into: Json | undefined, [key, ...rest]: (string | number)[], value: Json | undefined): Json {
  if (typeof into !== 'object' || into === null || Array.isArray(into) !== (typeof key === 'number')) {
    throw new Error(`Expected something that has \`${key}\`, got \`${JSON.stringify(into)}\`.`);
  }
  const copy: any = Array.isArray(into) ? [...into] : { ...into };
  const inner = rest.length === 0 ? value : put(copy[key!], rest, value);
  if (inner !== undefined) setOwn(copy, key as string, inner);
  else if (Array.isArray(copy)) copy.pop();
  else delete copy[key!];
  return copy;
}
