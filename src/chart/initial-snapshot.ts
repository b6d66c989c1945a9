import { freshContext } from './context.ts';

/*
 * What this relies on of XState (5.33) that is not in its documentation: a machine begins by `getInitialSnapshot`, which
 * has `_getPreInitialState` read `config.context`; both are methods of its class. Where the context is a function, it is
 * called by an `assign`, and that warns in development where the machine begins within an action of an app, as it does
 * when that action looks at a run whose children have no actors yet.
 */

/** Gives a machine of the chart, and what `provide()` makes of it, its context from the beginning. */
export function withContext<Machine extends object>(machine: Machine): Machine {
  const own = machine as any;
  const { getInitialSnapshot, _getPreInitialState } = Object.getPrototypeOf(own);
  const { provide } = own;
  return Object.assign(own, {
    getInitialSnapshot(scope: unknown, input: unknown) {
      const config = { ...own.config, context: freshContext(input) };
      const beginning = Object.create(own, {
        config: { value: config },
        _getPreInitialState: { value: (...given: unknown[]) => _getPreInitialState.apply(beginning, given) },
      });
      const snapshot = getInitialSnapshot.call(beginning, scope, input);
      snapshot.machine = own;
      return snapshot;
    },
    provide: (given: unknown) => withContext(provide.call(own, given)),
  });
}
