/** What has to hold for a way of the library's own chart, in few and plain words: there is little room at an arrow. */
const WORDS: Readonly<Record<string, string>> = {
  skips: 'skip',
  ended: 'ended',
  left: 'ended',
  over: 'over',
  wasOver: 'over',
  held: 'paused',
  keeps: 'outermost',
  isChild: 'inner',
  mine: 'running',
  stale: 'known',
};

/** A guard of the library's own chart in plain words; any other by its own name. */
export const guardInWords = (guard: string): string => (Object.hasOwn(WORDS, guard) ? WORDS[guard]! : guard);
