import { effect, type Signal, signal } from '@preact/signals';
import { keep, recall } from './browser-storage.ts';

/** A border between two parts of the page, named after the part whose size it sets. */
export type Border = 'tree' | 'state' | 'log' | 'timeline';

const KEPT = 'loopchart borders';
/** In pixels: no part becomes so small that its border cannot be found again. */
const LEAST = 60;

/** The sizes, in pixels, of the parts whose borders somebody has moved. */
export const paneSizes: Signal<Readonly<Partial<Record<Border, number>>>> = signal({});

/** Sizes are kept in this browser. One that is no number, because somebody else wrote it, is not taken. */
export function startPaneSizes(): void {
  try {
    const kept: unknown = JSON.parse(recall('local', KEPT) ?? '{}');
    for (const [name, size] of Object.entries(kept ?? {})) if (Number.isFinite(size)) setPaneSize(name as Border, size);
  } catch {
    // Not ours.
  }
  effect(() => keep('local', KEPT, JSON.stringify(paneSizes.value)));
}

export function setPaneSize(name: Border, size: number): void {
  paneSizes.value = { ...paneSizes.value, [name]: Math.max(LEAST, Math.round(size)) };
}

/** Back to where the page itself would put it. */
export function resetPaneSize(name: Border): void {
  const { [name]: _, ...rest } = paneSizes.value;
  paneSizes.value = rest;
}

/** For the style sheet, which has a size of its own for each that is not set, and sees that all find room. */
export function paneSizeStyle(): Record<string, string> {
  return Object.fromEntries(Object.entries(paneSizes.value).map(([name, size]) => [`--${name}-size`, `${size}px`]));
}
