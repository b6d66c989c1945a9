import { effect, type Signal, signal } from '@preact/signals';
import type { Breakpoint } from '../../src/inspect/breakpoint.ts';
import type { Hello, Settings } from '../lines/line.ts';
import { isOver } from '../run/actor.ts';
import { standing } from '../run/standing.ts';
import type { Recording } from './recording.ts';
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

/** Of recordings that are not shown at the moment, what was last known. */
const kept = new WeakMap<Recording, Settings>();
/** Those that have been taken over. */
const greeted = new WeakSet<Hello>();

/** Keeps what is shown of the program's settings as the program has them. */
export function followSettings(): void {
  effect(() => {
    const recording = session.recording.value;
    settings.value = (recording && kept.get(recording)) ?? NONE;
    clearRefusal();
    if (!recording) return;
    const { source } = recording;
    const isShown = () => session.recording.peek()?.source === source;
    source.onSettings = (told) => {
      if (isShown()) settings.value = told;
      else for (const one of session.recordings.peek()) if (one.source === source) kept.set(one, told);
    };
    source.onRefused = (reason) => {
      if (isShown()) refusal.value = { reason, count: (refusal.peek()?.count ?? 0) + 1 };
    };
  });
  effect(() => {
    for (const recording of session.recordings.value) {
      const hello = recording.status.value?.hello;
      if (!hello || greeted.has(hello)) continue;
      greeted.add(hello);
      kept.set(recording, hello.settings);
      if (session.recording.peek() === recording) settings.value = hello.settings;
    }
  });
  effect(() => {
    const recording = session.recording.peek();
    if (recording) kept.set(recording, settings.value);
  });
}
