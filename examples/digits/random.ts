/** A random generator (mulberry32) whose whole position is one number: kept in the state of a loop, it goes on where it stood. */
export interface Random {
  position: number;
}

/** A generator for one purpose: the same numbers always give the same sequence. */
export function seeded(...numbers: number[]): Random {
  let position = 0x9e3779b9;
  for (const number of numbers) position = mix(position ^ number);
  return { position };
}

/** A number from 0 up to 1, without 1. */
export function next(random: Random): number {
  random.position = (random.position + 0x6d2b79f5) | 0;
  return mix(random.position) / 2 ** 32;
}

/** The numbers from 0 up to `count` in random order (Fisher-Yates). */
export function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(next(random) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), value | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
