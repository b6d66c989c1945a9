import { withEndEvents } from '../chart/end-events.ts';
import { withContext } from '../chart/initial-snapshot.ts';
import { markClass } from '../chart/loop-actor.ts';
import { chart } from '../chart/machine.ts';
import type { LoopMachine } from '../chart/machine-type.ts';
import { quickened } from '../chart/quick-transition.ts';
import { withoutStrangers } from '../chart/strangers.ts';
import { actorsOf, withActors } from '../chart/xstate-inner.ts';
import { persistWhole } from '../checkpoint/persisted.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import type { OwnActor } from '../tree/own-names.ts';
import { checkTree } from '../tree/strays.ts';
import { childrenOf } from '../tree/tree.ts';
import { endWith, type HookLogic } from './hooks.ts';
import { compiled, implement, machineLoops } from './machines.ts';
import { singleHook } from './single-hook.ts';
import { stepActor } from './step-actor.ts';

/**
 * The machine of a loop whose tree has been looked at, as `run` does before it starts.
 * @throws MisconfigurationError
 */
export function machineOf(loop: AnyLoop): LoopMachine {
  checkTree(loop);
  return compile(loop);
}

/** The chart with the actors that run the hooks of one loop, and the machines of its children under their fields' names. */
export function compile(loop: AnyLoop): LoopMachine {
  let machine = compiled.get(loop);
  if (machine === undefined) {
    const actors: Record<OwnActor, HookLogic> = {
      skip: singleHook(loop, 'skip'),
      onSkip: singleHook(loop, 'onSkip'),
      reset: singleHook(loop, 'reset'),
      onRunStart: singleHook(loop, 'onRunStart'),
      advance: stepActor(loop),
      onRunEnd: singleHook(loop, 'onRunEnd'),
      abort: endWith(loop),
      fail: endWith(loop),
    };
    markClass(actors, loop);
    machine = persistWhole(withoutStrangers(withEndEvents(quickened(withContext(withActors(chart, actors))))), loop);
    compiled.set(loop, machine);
    machineLoops.set(machine, loop);
  }
  // Children come and go; the machine of the parent is made once.
  const actors = actorsOf(machine);
  for (const [name, child] of childrenOf(loop)) implement(loop, actors, name, compile(child));
  return machine;
}
