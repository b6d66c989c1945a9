import { effect, type Signal, signal } from '@preact/signals';
import { keep, recall } from './browser-storage.ts';

export type Theme = 'system' | 'light' | 'dark';

const KEPT = 'loopchart theme';

export const theme: Signal<Theme> = signal('system');
/** What is on the screen now. Canvases read their colours again when it changes. */
export const dark: Signal<boolean> = signal(false);

export function startTheme(): void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const kept = recall('local', KEPT);
  if (kept === 'light' || kept === 'dark') theme.value = kept;
  const apply = () => {
    const is = theme.value === 'system' ? system.matches : theme.value === 'dark';
    document.documentElement.dataset.theme = is ? 'dark' : 'light';
    dark.value = is;
  };
  system.addEventListener('change', apply);
  effect(() => {
    keep('local', KEPT, theme.value === 'system' ? undefined : theme.value);
    apply();
  });
}

export function toggleTheme(): void {
  theme.value = dark.value ? 'light' : 'dark';
}

/** The value of one of the sheet's colours, for what is drawn by hand. */
export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
