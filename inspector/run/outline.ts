import type { Floats } from './floats.ts';

/**
 * The indices of a line that are drawn: of more than fit on the screen, the lowest and highest of each part, and the first
 * that is not finite.
 *
 * @param parts at least one; a line of no more points than three for each is drawn whole
 */
export function outline(values: Floats, from: number, to: number, parts: number): number[] {
  const count = Math.max(0, to - from);
  if (count <= parts * 3) return Array.from({ length: count }, (_, at) => from + at);
  const kept: number[] = [];
  for (let part = 0; part < parts; part++) {
    const low = from + Math.floor((count * part) / parts);
    const high = from + Math.floor((count * (part + 1)) / parts);
    let least = -1;
    let greatest = -1;
    let odd = -1;
    for (let at = low; at < high; at++) {
      const value = values.at(at);
      if (!Number.isFinite(value)) {
        if (odd < 0) odd = at;
        continue;
      }
      if (least < 0 || value < values.at(least)) least = at;
      if (greatest < 0 || value > values.at(greatest)) greatest = at;
    }
    for (const at of [...new Set([least, greatest, odd])].sort((a, b) => a - b)) if (at >= 0) kept.push(at);
  }
  return kept;
}
