import { checkAsset } from './asset-codec.ts';
import { copyOf, isBytes, type Place, sharedPlaces, viewOf } from './bytes.ts';
import { setOwn } from './json.ts';
import { kindOf } from './shown.ts';

/** What `Stateful` objects gave to a checkpoint, by what the checkpoint calls them. */
interface Assets {
  [key: string]: unknown;
}

/**
 * A copy of assets, in time linear in their size, as exact as their JSON form: a Buffer is a Buffer, and what comes
 * again, in one of them or in several, comes again. A typed array has the bytes that it shows, and not all of its buffer.
 * @param path says which loop they belong to; asked only for an error. Default: none
 * @throws LoopError `NOT_PLAIN_DATA`, as {@link checkAsset} does
 */
export function copyAssets(assets: Assets, path?: () => string): Assets {
  checkAssets(assets, path);
  return new Copying(assets).copy(assets) as Assets;
}

/** @throws LoopError `NOT_PLAIN_DATA`, as {@link checkAsset} does */
export function checkAssets(assets: Assets, path: () => string = () => ''): void {
  for (const [key, asset] of Object.entries(assets)) checkAsset(asset, key, path);
}

/** One copy in the making. */
class Copying {
  readonly #copies = new Map<object, object>();
  readonly #shared: Map<ArrayBufferView, Place>;

  /** @param whole all that is to be copied */
  constructor(whole: unknown) {
    this.#shared = sharedPlaces(whole);
  }

  copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    return this.#copies.get(value) ?? this.#object(value);
  }

  #object(object: object): object {
    if (isBytes(object)) return this.#made(object, this.#bytes(object));
    if (object instanceof Date) return this.#made(object, new Date(object.getTime()));
    // What holds others is empty at first: they may refer to it.
    if (object instanceof Map) {
      const map = this.#made(object, new Map());
      for (const [key, item] of object) map.set(this.copy(key), this.copy(item));
      return map;
    }
    if (object instanceof Set) {
      const set = this.#made(object, new Set());
      for (const item of object) set.add(this.copy(item));
      return set;
    }
    if (Array.isArray(object)) return this.#array(object);
    const record = this.#made(object, {});
    for (const key of Object.keys(object)) setOwn(record, key, this.copy((object as Assets)[key]));
    return record;
  }

  #array(array: unknown[]): unknown[] {
    const copy = this.#made(array, array.slice());
    for (let i = 0; i < copy.length; i++) if (typeof copy[i] === 'object') copy[i] = this.copy(copy[i]);
    return copy;
  }

  #bytes(value: ArrayBufferView | ArrayBuffer): object {
    const place = ArrayBuffer.isView(value) ? this.#shared.get(value) : undefined;
    if (place === undefined) return viewOf(kindOf(value), copyOf(value));
    return viewOf(kindOf(value), this.copy(place.buffer) as ArrayBuffer, place.from, value.byteLength);
  }

  #made<Copy extends object>(object: object, copy: Copy): Copy {
    this.#copies.set(object, copy);
    return copy;
  }
}
