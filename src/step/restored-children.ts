import type { AnyActorRef } from 'xstate';

/** The actors that came out of a snapshot and wait for their parent's step to ask for them. */
export const waitingForParent: WeakMap<AnyActorRef, () => void> = new WeakMap();
