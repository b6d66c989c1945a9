import type { EventLine, LoopContext } from './line.ts';

/** The pure chart: what a loop holds after an event, from what it held before. */
export interface Chart {
  after(line: EventLine, before: LoopContext): LoopContext;
}

/** Applies what a step committed and counts it: enough to show a run, until the library's own chart is put here. */
export const commits: Chart = {
  after(line, before) {
    const { type, commit, steps, done } = line.event as { type: string; commit?: any; steps?: number; done?: boolean };
    if (type !== 'loop.advanced') return commit && typeof commit === 'object' ? { ...before, ...commit } : before;
    return {
      ...before,
      ...(commit && typeof commit === 'object' ? commit : {}),
      steps: (before.steps ?? 0) + (steps ?? 1),
      done: done ?? false,
    };
  },
};
