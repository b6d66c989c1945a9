/** A value in words: its keys in order, and which of its objects are one. */
export function words(value: unknown, met: Map<object, number> = new Map()): unknown {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : value;
  const known = met.get(value);
  if (known !== undefined) return `the ${known}th`;
  met.set(value, met.size);
  if (Array.isArray(value)) return value.map((item) => words(item, met));
  return Object.entries(value).map(([key, item]) => [key, words(item, met)]);
}

/** The objects of a value, itself first. */
export function objectsIn(value: any, into: any[] = []): any[] {
  if (typeof value !== 'object' || value === null || into.includes(value)) return into;
  into.push(value);
  for (const item of Object.values(value)) objectsIn(item, into);
  return into;
}

function leaf(pick: (n: number) => number): unknown {
  return [pick(3), -0, 0, Number.NaN, 'a', 'b', true, null, undefined][pick(9)];
}

/** A state that holds other objects. @param next a random number below 1 */
export function randomState(next: () => number): any {
  const pick = (n: number) => Math.floor(next() * n);
  const value = (depth: number): any => {
    if (depth === 0 || pick(3) === 0) return leaf(pick);
    const items = Array.from({ length: pick(4) }, () => value(depth - 1));
    if (pick(2) === 0) return items.map((item) => (item === undefined ? null : item));
    return Object.fromEntries(items.map((item, i) => [['x', 'y', '7', '__proto__x'][(i + pick(2)) % 4], item]));
  };
  return { n: 0, a: value(3), b: value(3), list: [value(2) ?? null] };
}

/** Changes something in it, or nothing. */
export function changed(state: any, step: number, next: () => number): void {
  const pick = (n: number) => Math.floor(next() * n);
  const objects = objectsIn(state);
  const one = objects[pick(objects.length)];
  const keys = Object.keys(one);
  const key = keys[pick(keys.length)];
  const kind = pick(7);
  if (kind === 0) state.n++;
  else if (kind === 1 && Array.isArray(one)) one.push(pick(2) === 0 ? 1 : { new: step });
  else if (kind === 2 && Array.isArray(one)) one.pop();
  else if (kind === 3 && key !== undefined && !Array.isArray(one)) delete one[key];
  else if (kind === 4 && !Array.isArray(one)) one[`k${pick(3)}`] = leaf(pick);
  // One object at two places, or at another; never within itself.
  else if (kind === 5) state[`again${pick(2)}`] = objectsIn(state.a)[pick(objectsIn(state.a).length)] ?? 1;
  else if (kind === 6 && key !== undefined && typeof one[key] !== 'object') one[key] = pick(5);
}
