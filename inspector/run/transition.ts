import { marked, wholeOf } from '../../src/data/shared.ts';
import { contextAfter } from '../../src/index.ts';
import type { EventLine, Line, LoopContext } from '../lines/line.ts';
import { asItCame } from '../lines/whole-line.ts';

/** The pure chart: what a loop holds after an event, from what it held before. In all of these, each object lies in all of its places. */
export interface Chart {
  after(line: EventLine, before: LoopContext): LoopContext;
}

/** The library's own chart: contexts are worked out here, so that a recording need not hold them. */
export const chart: Chart = {
  after(line, before) {
    try {
      return afterStep(line, before) ?? afterAny(line, before);
    } catch {
      // A line that the chart cannot follow, such as one of a later version: what it committed is still to be seen.
      const { commit } = line.event;
      return commit && typeof commit === 'object' ? { ...before, ...commit } : before;
    }
  },
};

/**
 * Whether the chart says of an event just that a step was taken, after which the loop goes on. Nearly all lines are such. While
 * a run streams in, some thousands of them lie between two frames: asking the chart for each would take all of the time.
 */
export function isStep(line: Line, before: LoopContext): before is LoopContext & { steps: number } {
  if (line.type !== 'event') return false;
  const { event, value, status = 'active', tr } = line;
  const { type, steps, commit, ended } = event;
  return (
    type === 'loop.advanced' &&
    value === 'advancing' &&
    status === 'active' &&
    tr?.length === 1 &&
    tr[0]![0].endsWith('.advancing') &&
    tr[0]![1] === null &&
    before.pace === null &&
    ended === undefined &&
    typeof commit === 'object' &&
    commit !== null &&
    typeof before.steps === 'number' &&
    typeof steps === 'number'
  );
}

/** By the library, which reads lines as files hold them. */
function afterAny(line: EventLine, before: LoopContext): LoopContext {
  const told = asItCame(line) as Parameters<typeof contextAfter>[0];
  const after = contextAfter(told, marked(withoutInner(before)));
  // What it took over from the line may refer to other parts of that.
  return withInner(wholeOf(after, { ref: String(line.seq), root: told }) as LoopContext, before);
}

/**
 * What the loops in a loop held when they last ran is handed on by the chart, and not looked at. Of a loop with hundreds
 * in it that is nearly all there is, and to copy it for each event took most of the time: a word stands for each.
 */
const INNER = 'as before';

function withoutInner(before: LoopContext): LoopContext {
  const { children } = before;
  if (!isObject(children)) return before;
  return { ...before, children: Object.fromEntries(Object.keys(children).map((name) => [name, INNER])) };
}

function withInner(after: LoopContext, { children: before }: LoopContext): LoopContext {
  const { children } = after;
  if (!isObject(children) || !isObject(before)) return after;
  const whole = Object.entries(children).map(([name, inner]) => [name, inner === INNER ? before[name] : inner]);
  return { ...after, children: Object.fromEntries(whole) };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function afterStep(line: EventLine, before: LoopContext): LoopContext | undefined {
  if (!isStep(line, before)) return undefined;
  const { steps, commit, done } = line.event;
  const { state, progress, children = before.children, restarting } = commit as LoopContext;
  return {
    ...before,
    state,
    progress,
    children,
    restarting,
    steps: before.steps + (steps as number),
    done,
    inFlight: null,
  };
}
