import { bytesOf, isBytes } from '../../data/bytes.ts';
import { kindOf, shown } from '../../data/shown.ts';

/** @throws Error that says where two values differ, if they do */
export function expectSame(got: unknown, expected: unknown, what: string): void {
  const difference = new Comparison().difference(got, expected, '');
  if (difference !== undefined) throw new Error(`${what}: ${difference}`);
}

/** @throws Error if that is not so */
export function expectThat(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(what);
}

/** What a promise rejects with. @throws Error if it resolves */
export async function errorOf(promise: Promise<unknown>, what: string): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`${what}: expected it to reject, it resolved.`);
}

/** Compares bit for bit, and what comes twice has to come twice in both. */
class Comparison {
  readonly #pairs = new Map<object, object>();

  difference(got: unknown, expected: unknown, at: string): string | undefined {
    if (typeof got !== 'object' || typeof expected !== 'object' || got === null || expected === null) {
      return Object.is(got, expected) ? undefined : this.#differ(got, expected, at);
    }
    const partner = this.#pairs.get(expected);
    if (partner !== undefined) {
      return partner === got ? undefined : `expected \`${at}\` to be the same object as before, it is another`;
    }
    this.#pairs.set(expected, got);
    if (kindOf(got) !== kindOf(expected)) return `expected \`${at}\` to be ${kindOf(expected)}, got ${kindOf(got)}`;
    if (isBytes(got) && isBytes(expected)) return this.#bytes(bytesOf(got), bytesOf(expected), at);
    if (got instanceof Date) return this.difference(got.getTime(), (expected as Date).getTime(), at);
    if (got instanceof Map || got instanceof Set) {
      return this.difference([...got], [...(expected as Iterable<unknown>)], `${at}.(${kindOf(got)})`);
    }
    return this.#keys(got as Record<string, unknown>, expected as Record<string, unknown>, at);
  }

  #keys(got: Record<string, unknown>, expected: Record<string, unknown>, at: string): string | undefined {
    const [keys, wanted] = [Object.keys(got).sort(), Object.keys(expected).sort()];
    if (keys.join() !== wanted.join()) return `expected the keys ${shown(wanted)} in \`${at}\`, got ${shown(keys)}`;
    for (const key of wanted) {
      const found = this.difference(got[key], expected[key], at === '' ? key : `${at}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #bytes(got: Uint8Array, expected: Uint8Array, at: string): string | undefined {
    if (got.length !== expected.length) return `expected \`${at}\` to have ${expected.length} bytes, got ${got.length}`;
    const first = got.findIndex((byte, i) => byte !== expected[i]);
    return first === -1 ? undefined : `byte ${first} of \`${at}\` is ${got[first]}, not ${expected[first]}`;
  }

  #differ(got: unknown, expected: unknown, at: string): string {
    const told = (value: unknown) => (Object.is(value, -0) ? '-0' : `${shown(value)} (${typeof value})`);
    return `expected \`${at === '' ? 'it' : at}\` to be ${told(expected)}, got ${told(got)}`;
  }
}
