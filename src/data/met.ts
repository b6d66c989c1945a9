/** Up to so many objects, looking through a list is faster than a map. */
const few = 12;

/** What belongs to each object that a walk has met: a list while there are few, a map from there on. */
export class Met<Value> {
  readonly #objects: object[] = [];
  readonly #values: Value[] = [];
  #map: Map<object, Value> | undefined;

  get(object: object): Value | undefined {
    if (this.#map !== undefined) return this.#map.get(object);
    const at = this.#objects.indexOf(object);
    return at === -1 ? undefined : this.#values[at];
  }

  /** For an object that was not met before. */
  add(object: object, value: Value): void {
    if (this.#map === undefined) {
      this.#objects.push(object);
      this.#values.push(value);
      if (this.#objects.length > few) this.#map = new Map(this.#objects.map((one, i) => [one, this.#values[i]!]));
    } else {
      this.#map.set(object, value);
    }
  }
}
