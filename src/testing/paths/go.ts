import { type Actor, createActor, fromCallback } from 'xstate';
import { machineOf } from '../../actors/compile.ts';
import type { LoopMachine } from '../../chart/machine-type.ts';
import { relay } from '../../chart/xstate-inner.ts';
import { LoopError } from '../../data/errors.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { ownActors } from '../../tree/own-names.ts';
import { childrenOf, pathOf } from '../../tree/tree.ts';
import type { PathStep } from './map.ts';

/** In the place of each actor of a loop's machine: it does nothing, and what it would have said is sent by hand. */
const silent = fromCallback(() => {});

/** Sends an actor of a loop's machine along a path. See `Path.go`. */
export function go<L>(
  loop: AnyLoop,
  args: readonly unknown[],
  steps: readonly PathStep[],
  watch: (actor: Actor<LoopMachine<L>>) => void,
): Actor<LoopMachine<L>> {
  const names = [...ownActors, ...childrenOf(loop).map(([name]) => name)];
  const actors = Object.fromEntries(names.map((name) => [name, silent]));
  const machine = machineOf(loop).provide({ actors } as any);
  const actor = createActor(machine, { input: args, id: pathOf(loop) } as any) as unknown as Actor<LoopMachine<L>>;
  // Or XState takes a failure that nobody looks at for one that nobody has foreseen.
  actor.subscribe({ error: () => {} });
  watch(actor);
  actor.start();
  for (const { name, event, snapshot } of steps) {
    // In the name of its own actors: of a stranger it would not take what they say.
    relay(actor, actor, event as any);
    const { value } = actor.getSnapshot();
    if (value === snapshot.value) continue;
    throw new LoopError(
      'REPLAY_MISMATCH',
      `Expected \`${name}\` to lead to ${snapshot.value}, got ${String(value)}: somebody else has sent events to the actor.`,
      pathOf(loop),
    );
  }
  return actor;
}
