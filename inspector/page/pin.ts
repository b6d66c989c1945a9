import { batch, type Signal, signal } from '@preact/signals';
import type { Against } from '../run/difference.ts';
import { session } from './session.ts';
import { keepInLink, oneOf } from './view-state.ts';

/** What the state is compared with. */
export const against: Signal<Against> = signal('step');
keepInLink('state.against', oneOf(against, ['step', 'iteration', 'pinned']));

/** Pins the moment that is shown and compares with it, or lets go of it and compares with the step before again. */
export function togglePin(): void {
  const { pinned, now } = session;
  if (now.value < 0) return;
  batch(() => {
    const unpins = pinned.value === now.value;
    pinned.value = unpins ? null : now.value;
    against.value = unpins ? 'step' : 'pinned';
  });
}
