import { type Signal, signal } from '@preact/signals';
import type { Found } from '../run/held.ts';
import { flag, keepInLink } from './view-state.ts';

/** Whether only what changed is listed. */
export const onlyChanges: Signal<boolean> = signal(false);
keepInLink('state.changes', flag(onlyChanges));
/** What was opened or closed by hand, by path. */
export const opened: Signal<ReadonlyMap<string, boolean>> = signal(new Map());
/** The member that is looked at more closely, by path. */
export const chosenMember: Signal<string> = signal('');
/** What a search has found; nothing where none is searched for. */
export const foundMembers: Signal<Found | undefined> = signal(undefined);
