import { contextAfter } from '../src/index.ts';
import type { EventLine, LoopContext } from './line.ts';

/** The pure chart: what a loop holds after an event, from what it held before. */
export interface Chart {
  after(line: EventLine, before: LoopContext): LoopContext;
}

/** The library's own chart: contexts are worked out here, so that a recording need not hold them. */
export const chart: Chart = {
  after(line, before) {
    try {
      return contextAfter(
        line as Parameters<typeof contextAfter>[0],
        before as Parameters<typeof contextAfter>[1],
      ) as LoopContext;
    } catch {
      // A line that the chart cannot follow, such as one of a later version: what it committed is still to be seen.
      const { commit } = line.event;
      return commit && typeof commit === 'object' ? { ...before, ...commit } : before;
    }
  },
};
