/** What has to hold for a way of the library's own chart, in few and plain words: there is little room at an arrow. */
const WORDS: Readonly<Record<string, string>> = {
  skips: 'nothing to do',
  ended: 'ended itself',
  left: 'ended itself',
  over: 'no more steps',
  wasOver: 'no more steps',
  held: 'pausing',
  keeps: 'outermost',
  isChild: 'inner loop',
  mine: 'it runs',
  stale: 'dealt with',
};

/** A guard of the library's own chart in plain words; any other by its own name. */
export const guardInWords = (guard: string): string => (Object.hasOwn(WORDS, guard) ? WORDS[guard]! : guard);
