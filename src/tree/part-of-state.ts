import { type AnyLoop, overrides } from './any-loop.ts';
import { savesItsState } from './state-dict.ts';

/*
 * What a child returns, or a `once` gives, may be a part of a state: that very object, which is changed when the state is.
 *
 *     const rows = await this.load.run();          // onRunEnd() { return this.state.rows }
 *     rows.push(total);                            // the child's state has it as well
 *
 * A copy would not do for a step that is run again. So it is noted where in the state it stands, and given from there.
 */

/** The keys that lead from a state to a part of it; none: it is the state itself. */
export type Part = (string | number)[];

/** So many objects of a state are looked at. */
const most = 256;

/** Where an object stands in the state of a loop, if it is a part of that, and the state comes back as it is. */
export function partOfState(loop: AnyLoop, object: unknown): Part | undefined {
  if (typeof object !== 'object' || object === null) return undefined;
  return savesItsState(loop) && !overrides(loop, 'onLoadCheckpoint') ? find(loop.state, object) : undefined;
}

/** What stands there in the state of a loop now. */
export function partAt(loop: AnyLoop, part: Part): unknown {
  let value: unknown = loop.state;
  for (const key of part) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as { [key: string]: unknown })[key];
  }
  return value;
}

/** An object that is looked into, and by which key it was found in which other. */
interface Found {
  object: object;
  key: string | number;
  within: Found | undefined;
}

function find(state: unknown, object: object): Part | undefined {
  if (state === object) return [];
  if (typeof state !== 'object' || state === null) return undefined;
  const queue: Found[] = [{ object: state, key: '', within: undefined }];
  // What is near is found first. Objects may hold each other in a circle: no more than so many are looked at in any case.
  for (let i = 0; i < queue.length && i < most; i++) {
    const found = Array.isArray(queue[i]!.object)
      ? inList(queue, queue[i]!, object)
      : inRecord(queue, queue[i]!, object);
    if (found !== undefined) return keysTo(found);
  }
  return undefined;
}

/** Looks for an object among the values of another. What it may be in as well is put into the queue. */
function inRecord(queue: Found[], within: Found, object: object): Found | undefined {
  for (const key in within.object) {
    const value = (within.object as { [key: string]: unknown })[key];
    if (typeof value !== 'object' || value === null) continue;
    const found = { object: value, key, within };
    if (value === object) return found;
    queue.push(found);
  }
  return undefined;
}

/** The same in a list: one that begins with a number or a text is taken to hold nothing else. */
function inList(queue: Found[], within: Found, object: object): Found | undefined {
  const list = within.object as unknown[];
  if (typeof list[0] !== 'object') return undefined;
  for (let key = 0; key < list.length; key++) {
    const value = list[key];
    if (typeof value !== 'object' || value === null) continue;
    const found = { object: value, key, within };
    if (value === object) return found;
    if (queue.length < most) queue.push(found);
  }
  return undefined;
}

function keysTo(found: Found): Part {
  const keys: Part = [];
  for (let one = found; one.within !== undefined; one = one.within) keys.unshift(one.key);
  return keys;
}
