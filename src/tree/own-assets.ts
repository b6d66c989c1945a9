import { copyAssets } from '../data/asset-copy.ts';
import { isBytes } from '../data/bytes.ts';
import type { Stateful } from './tree.ts';

/*
 * What `stateDict()` returns is to be as it was then, whatever becomes of the object. Most return a copy; some, as models of
 * PyTorch do, what they go on with. So it is copied, unless it is large and known to be made anew each time: weights of a
 * megabyte would be copied twice.
 */

/** Of so many bytes on it is found out, in bytes. To copy less takes no time. */
const large = 65_536;
/** What holds more objects than this is copied. */
const most = 10_000;

/** Whether an object makes all that it returns anew. */
const known = new WeakMap<Stateful, boolean>();

/** Copies of what objects have returned, where these may go on with it. What comes twice in them comes twice. */
export function ownAssets(models: readonly Stateful[], assets: readonly unknown[], path?: () => string): unknown[] {
  const own = [...assets];
  const copied = models.flatMap((model, i) => (makesAnew(model, assets[i]) ? [] : [i]));
  const copies = copyAssets(Object.fromEntries(copied.map((i) => [`${i} `, assets[i]])), path);
  for (const i of copied) own[i] = copies[`${i} `];
  return own;
}

function makesAnew(model: Stateful, asset: unknown): boolean {
  const before = known.get(model);
  if (before !== undefined) return before;
  const objects = objectsIn(asset);
  if (objects === undefined || bytesOf(objects) < large) return false;
  const again = objectsIn(model.stateDict());
  const makesAnew = again !== undefined && [...again].every((object) => !objects.has(object));
  known.set(model, makesAnew);
  return makesAnew;
}

function bytesOf(objects: ReadonlySet<object>): number {
  let bytes = 0;
  for (const object of objects) if (object instanceof ArrayBuffer) bytes += object.byteLength;
  return bytes;
}

/** All objects that something is made of; `undefined` for too many. */
function objectsIn(asset: unknown): Set<object> | undefined {
  const objects = new Set<object>();
  const next = [asset];
  while (next.length > 0) {
    const one = next.pop();
    if (typeof one !== 'object' || one === null || objects.has(one)) continue;
    if (objects.size >= most) return undefined;
    objects.add(one);
    if (isBytes(one)) next.push(ArrayBuffer.isView(one) ? one.buffer : undefined);
    else if (one instanceof Map) next.push(...one.keys(), ...one.values());
    else if (one instanceof Set) next.push(...one);
    else next.push(...Object.values(one));
  }
  return objects;
}
