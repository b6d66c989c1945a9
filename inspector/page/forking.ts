import { effect, type Signal, signal } from '@preact/signals';
import type { ForkAnswer, ForkMoments, ForkOffer } from '../lines/fork.ts';
import type { Actor } from '../run/actor.ts';
import type { StateEdit } from '../sources/source.ts';
import { session } from './session.ts';

/** A message to the program is no longer: it would hang up. */
const LONGEST = 60_000;

/** Milliseconds for which somebody looks at one of a list who goes past it by keys. */
const GOES_PAST = 150;

/** A fork that somebody is about to begin. */
export interface Forking {
  /** The outermost loop of the run that it is a fork of. */
  id: string;
  /** Whether the run as it stands is wanted (`now`), what its store has saved last (`saved`), or one of the moments. */
  from: string;
  /** The checkpoints of the run that there are; nothing until the program has said. */
  moments: ForkMoments | undefined;
  /** What the program is asked for, as long as it has not answered. */
  waits: 'checkpoint' | 'fork' | undefined;
  offer: ForkOffer | undefined;
  /** Why the program would not do what it was asked for last. */
  refused: string;
}

/** The fork that is about to be begun: as long as there is one, its dialog is open. */
export const forking: Signal<Forking | undefined> = signal(undefined);

/** Whether the program can make forks of a run. */
export function canFork({ path, loop }: Actor): boolean {
  const forks = session.status.value?.hello?.forks ?? [];
  return session.controllable && (forks.includes(path.name) || forks.includes(loop));
}

/** Opens the dialog, with the run as it stands; where it is over, with what its store has kept. */
export function openFork(root: Actor): void {
  if (!canFork(root) || session.status.value?.kind !== 'live') return;
  const { id } = root;
  const from = root.ended ? 'saved' : 'now';
  forking.value = { id, from, moments: undefined, waits: 'checkpoint', offer: undefined, refused: '' };
  session.source.value?.send?.({ type: 'moments', id });
  session.source.value?.send?.({ type: 'take', id, from });
}

/** Asks for another checkpoint to begin from. Of those that somebody goes past, none is asked for. */
export function takeFrom(from: string): void {
  const now = forking.peek();
  if (!now || now.waits === 'fork') return;
  forking.value = { ...now, from, waits: 'checkpoint', offer: undefined, refused: '' };
  clearTimeout(timer);
  timer = window.setTimeout(() => session.source.peek()?.send?.({ type: 'take', id: now.id, from }), GOES_PAST);
}

let timer = 0;

/** Closes the dialog. The program need not hold the checkpoint any more. */
export function closeFork(): void {
  if (!forking.peek()) return;
  clearTimeout(timer);
  forking.value = undefined;
  session.source.peek()?.send?.({ type: 'release' });
}

/** Begins the fork. */
export function beginFork(edits: StateEdit[], args: unknown[] | undefined, paused: boolean): void {
  const now = forking.value;
  if (!now?.offer || now.waits) return;
  const command = { type: 'fork' as const, checkpoint: now.offer.checkpoint, edits, ...(args && { args }), paused };
  if (new TextEncoder().encode(JSON.stringify(command)).length > LONGEST) {
    refuse('Expected changes of at most 60 kB, got more. Change less, or let the program that makes the fork do it.');
    return;
  }
  forking.value = { ...now, waits: 'fork', refused: '' };
  session.source.value?.send?.(command);
}

function refuse(refused: string): void {
  const now = forking.peek();
  if (now) forking.value = { ...now, waits: undefined, refused };
}

/** Keeps what is known of the fork as the program says it. */
export function followForks(): void {
  effect(() => {
    const source = session.source.value;
    closeFork();
    if (source) source.onFork = answered;
  });
  // A program that has gone answers nothing, and holds no checkpoint for whoever comes back.
  effect(() => {
    const kind = session.status.value?.kind;
    if (kind !== 'live' && kind !== undefined)
      refuse('The connection to the program broke. Close this, and fork again.');
  });
}

function answered(answer: ForkAnswer): void {
  const now = forking.value;
  if (answer.type === 'moments') {
    if (answer.id === now?.id) forking.value = { ...now, moments: answer.told };
    return;
  }
  const isAwaited =
    (answer.type === 'refused' ? answer.of : answer.type) === (now?.waits === 'fork' ? 'forked' : 'taken');
  // It may have been closed meanwhile.
  if (!now?.waits || !isAwaited) return;
  if (answer.type === 'refused') refuse(answer.reason);
  else if (answer.type === 'taken') {
    if (answer.id === now.id && answer.from === now.from)
      forking.value = { ...now, waits: undefined, offer: answer.offer };
  } else {
    closeFork();
    // It is what somebody wants to see now.
    session.live();
    session.select(answer.id);
  }
}
