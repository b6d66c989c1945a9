import { freshContext } from './context.ts';
import { firstSnapshot } from './xstate-inner.ts';

/** Gives a machine of the chart, and what `provide()` makes of it, its context from the beginning. */
export function withContext<Machine extends object>(machine: Machine): Machine {
  const { provide } = machine as any;
  return Object.assign(machine, {
    getInitialSnapshot: (scope: unknown, input: unknown) => firstSnapshot(machine, scope, input, freshContext(input)),
    provide: (given: unknown) => withContext(provide.call(machine, given)),
  });
}
