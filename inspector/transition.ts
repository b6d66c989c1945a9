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
      return (
        afterStep(line, before) ??
        (contextAfter(
          line as Parameters<typeof contextAfter>[0],
          before as Parameters<typeof contextAfter>[1],
        ) as LoopContext)
      );
    } catch {
      // A line that the chart cannot follow, such as one of a later version: what it committed is still to be seen.
      const { commit } = line.event;
      return commit && typeof commit === 'object' ? { ...before, ...commit } : before;
    }
  },
};

/**
 * What the chart says of a step after which the loop just goes on, which is what nearly all lines are. While a run
 * streams in, some thousands of them lie between two frames: asking the chart for each would take all of the time.
 */
function afterStep({ event, value, status = 'active', tr }: EventLine, before: LoopContext): LoopContext | undefined {
  const { type, steps, commit, done, ended } = event;
  if (type !== 'loop.advanced' || value !== 'advancing' || status !== 'active') return undefined;
  if (tr?.length !== 1 || !tr[0]![0].endsWith('.advancing') || tr[0]![1] !== null) return undefined;
  if (before.pace !== null || ended !== undefined || typeof commit !== 'object' || commit === null) return undefined;
  if (typeof before.steps !== 'number' || typeof steps !== 'number') return undefined;
  const { state, progress, children = before.children, restarting } = commit as LoopContext;
  return { ...before, state, progress, children, restarting, steps: before.steps + steps, done, inFlight: null };
}
