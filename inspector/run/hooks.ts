/** The hook that runs in each state of the machine; what happens in a pause is called by its state. */
const HOOKS: Record<string, string> = {
  entering: 'skip',
  skipped: 'onSkip',
  resetting: 'reset',
  starting: 'onRunStart',
  advancing: 'advance',
  paused: 'paused',
  ending: 'onRunEnd',
};

/** The hook that runs in a state; nothing in one that is the end of a loop. */
export const hookIn = (state: string): string | undefined => (Object.hasOwn(HOOKS, state) ? HOOKS[state] : undefined);
