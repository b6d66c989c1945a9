import { effect, type Signal, signal } from '@preact/signals';
import { keep, recall } from './browser-storage.ts';

/** A border between two parts of the page, named after the part whose size it sets. */
export type Border = 'tree' | 'state' | 'log' | 'timeline';

const KEPT = 'loopchart borders';
/** In pixels: no part becomes so small that its border cannot be found again. */
const LEAST = 60;

/** The sizes, in pixels, of the parts whose borders somebody has moved. */
export const borders: Signal<Readonly<Partial<Record<Border, number>>>> = signal({});

/** Sizes are kept in this browser. One that is no number, because somebody else wrote it, is not taken. */
export function startBorders(): void {
  try {
    const kept: unknown = JSON.parse(recall('local', KEPT) ?? '{}');
    for (const [name, size] of Object.entries(kept ?? {})) if (Number.isFinite(size)) setBorder(name as Border, size);
  } catch {
    // Not ours.
  }
  effect(() => keep('local', KEPT, JSON.stringify(borders.value)));
}

export function setBorder(name: Border, size: number): void {
  borders.value = { ...borders.value, [name]: Math.max(LEAST, Math.round(size)) };
}

/** Back to where the page itself would put it. */
export function resetBorder(name: Border): void {
  const { [name]: _, ...rest } = borders.value;
  borders.value = rest;
}

/** For the style sheet, which has a size of its own for each that is not set, and sees that all find room. */
export function borderStyle(): Record<string, string> {
  return Object.fromEntries(Object.entries(borders.value).map(([name, size]) => [`--${name}-size`, `${size}px`]));
}
