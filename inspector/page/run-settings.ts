import { effect, type Signal, signal } from '@preact/signals';
import type { Breakpoint } from '../../src/inspect/breakpoint.ts';
import type { Settings } from '../lines/line.ts';
import { isOver } from '../run/actor.ts';
import { standing } from '../run/standing.ts';
import { session } from './session.ts';

const NONE: Settings = { perSec: null, points: [], going: [], hits: [] };

/** How the run is driven, in the program's words. Of a recording there are only breakpoints, at which playing halts. */
export const settings: Signal<Settings> = signal(NONE);
/** What the program would not do, and why, until something else is asked of it. */
export const refusal: Signal<{ reason: string; count: number } | undefined> = signal(undefined);

export function setSpeed(perSec: number | null): void {
  clearRefusal();
  // Until the program has its say, it is shown as it was wanted.
  settings.value = { ...settings.value, perSec };
  session.source.value?.send?.({ type: 'speed', perSec });
}

export function setBreakpoints(points: readonly Breakpoint[]): void {
  clearRefusal();
  settings.value = { ...settings.value, points: [...points] };
  session.source.value?.send?.({ type: 'break', points: [...points] });
}

/** Forgets what was refused: something else is asked for now. */
export function clearRefusal(): void {
  refusal.value = undefined;
}

/** Whether a breakpoint can still be met: one for a single run of a loop cannot when that is over. */
export function isOpen({ id }: Breakpoint): boolean {
  const { store } = session;
  const actor = id === undefined ? undefined : store.actors.get(id);
  const here = actor && standing(store, actor, store.last);
  return !here || !isOver(here.phase);
}

/** Keeps what is shown of the program's settings as the program has them. */
export function followSettings(): void {
  effect(() => {
    session.runs.value;
    settings.value = NONE;
    clearRefusal();
  });
  effect(() => {
    const source = session.source.value;
    if (!source) return;
    source.onSettings = (told) => {
      settings.value = told;
    };
    source.onRefused = (reason) => {
      refusal.value = { reason, count: (refusal.peek()?.count ?? 0) + 1 };
    };
  });
  effect(() => {
    const hello = session.status.value?.hello;
    if (hello) settings.value = hello.settings;
  });
}
