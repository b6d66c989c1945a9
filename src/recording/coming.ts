import type { Subject } from './sighting.ts';

/** More events than this do not wait for one actor, unless it never handles them. */
const mostComing = 10_000;

/** An event is on its way to an actor. @param from the name of who has sent it */
export function noteComing({ coming }: Subject, event: object, from: string | undefined): void {
  if (coming.length < mostComing) coming.push(event, from);
}

/** Who sent an event that is handled now. `undefined`: somebody outside, who has no name. */
export function senderOf({ coming }: Subject, event: object): string | undefined {
  if (coming.length === 0) return undefined;
  const at = coming.indexOf(event);
  if (at < 0) {
    // Never handled, all of them.
    if (coming.length >= mostComing) coming.length = 0;
    return undefined;
  }
  const from = coming[at + 1] as string | undefined;
  // Those before it were dropped without a step.
  if (coming.length === at + 2) coming.length = 0;
  else coming.splice(0, at + 2);
  return from;
}
