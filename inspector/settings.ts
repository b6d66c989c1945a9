import { batch, effect, type Signal, signal } from '@preact/signals';
import { isOver } from './actor.ts';
import type { Breakpoint, Hello } from './line.ts';
import { session } from './session.ts';
import { standing } from './tree.ts';

/** Steps a second; null for as fast as they come. */
export const speed: Signal<number | null> = signal(null);
export const breakpoints: Signal<readonly Breakpoint[]> = signal([]);
/** What the program would not do, and why, until something else is asked of it. */
export const refusal: Signal<{ reason: string; count: number } | undefined> = signal(undefined);

/** How often something was set from here: what a program said before that is out of date. */
let sent = 0;
/** The breakpoints as they were before the last ones were sent, until something else is sent. */
let before: readonly Breakpoint[] | undefined;

export function setSpeed(perSec: number | null): void {
  sent++;
  clearRefusal();
  speed.value = perSec;
  session.source.value?.send?.({ type: 'speed', perSec });
}

export function setBreakpoints(points: readonly Breakpoint[]): void {
  sent++;
  clearRefusal();
  before = breakpoints.value;
  breakpoints.value = points;
  session.source.value?.send?.({ type: 'break', points: [...points] });
}

/** Forgets what was refused: something else is asked for now. */
export function clearRefusal(): void {
  before = undefined;
  refusal.value = undefined;
}

/** Whether a breakpoint can still be met: one for a single running of a loop cannot when that is over. */
export function isOpen({ id }: Breakpoint): boolean {
  const { store } = session;
  const actor = id === undefined ? undefined : store.actors.get(id);
  const here = actor && standing(store, actor, store.last);
  return !here || !isOver(here.phase);
}

/** Asks the program how it is set: another page may have changed that. */
export async function refreshSettings(): Promise<void> {
  const source = session.source.peek();
  const since = sent;
  const hello = await source?.ask?.();
  if (!hello || source !== session.source.peek() || hello.runId !== session.status.peek()?.hello?.runId) return;
  if (since === sent) take(hello);
  else await refreshSettings();
}

function take({ perSec, points }: Hello): void {
  batch(() => {
    if (perSec !== undefined) speed.value = perSec;
    if (points) breakpoints.value = points;
  });
}

function refused(reason: string): void {
  // The answer does not say what it answers. The last that was sent is most likely; the program's own word, which
  // comes after, is certain.
  if (before) breakpoints.value = before;
  before = undefined;
  refusal.value = { reason, count: (refusal.peek()?.count ?? 0) + 1 };
  void refreshSettings();
}

/** Keeps what is shown of the program's settings as the program has them. */
export function followSettings(): void {
  effect(() => {
    session.runs.value;
    batch(() => {
      speed.value = null;
      breakpoints.value = [];
      clearRefusal();
    });
  });
  effect(() => {
    const { source } = session;
    if (source.value) source.value.onRefused = refused;
  });
  effect(() => {
    const hello = session.status.value?.hello;
    if (hello) take(hello);
  });
  // Somebody comes back to this page, perhaps from another one of the same run.
  addEventListener('focus', () => void refreshSettings());
}
