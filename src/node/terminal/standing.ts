import type { LoopContext, LoopStateValue } from '../../chart/context.ts';
import { givenIn } from '../../chart/journal.ts';
import type { Json } from '../../data/json.ts';
import type { LoopRun, RunProgress } from '../../run/run.ts';
import { Rate } from './rate.ts';
import { clean } from './text.ts';

/** Where a running loop stands, and those that run below it. */
export interface Standing {
  path: string;
  /** Its path below the loop above it. */
  name: string;
  value: LoopStateValue;
  /** Steps of this run of it. */
  steps: number;
  /** How many there will be, where a number called `total` in its state says it. */
  total: number | undefined;
  /** Steps a second. */
  rate: number | undefined;
  /** Seconds until all steps are taken. */
  left: number | undefined;
  /** The numbers of its state that have changed. */
  numbers: [name: string, value: number][];
  below: Standing[];
  /** What has ended in its step. */
  ended: number;
  failed: { name: string; message: string }[];
}

/** What is known of a loop from looks before. */
interface Before {
  rate: Rate;
  /** The numbers of its state as they were when it was first seen. */
  first: Map<string, number>;
  changed: Set<string>;
  /** Those that are not just its steps, counted once more. */
  own: Set<string>;
}

/** Of more loops than these, those that do not run are forgotten. */
const most = 1000;

/** Looks at a run again and again, and knows what has changed. */
export class Looks {
  readonly #run: LoopRun<unknown>;
  readonly #before = new Map<string, Before>();

  constructor(run: LoopRun<unknown>) {
    this.#run = run;
  }

  /** @param time milliseconds, by a clock that is never set */
  look(time: number): { root: Standing; progress: RunProgress } {
    const { progress } = this.#run;
    const above: Standing[] = [];
    let root: Standing | undefined;
    for (const loop of progress.loops) {
      while (above.length > 0 && !loop.path.startsWith(`${above.at(-1)!.path}.`)) above.pop();
      const parent = above.at(-1);
      const standing = this.#standing(loop, parent, time);
      parent?.below.push(standing);
      root ??= standing;
      above.push(standing);
    }
    addEnded(root!, this.#run.actor);
    if (this.#before.size > most) this.#forget(progress);
    return { root: root!, progress };
  }

  #standing(loop: RunProgress['loops'][number], parent: Standing | undefined, time: number): Standing {
    const { path, value, steps, state } = loop;
    const before = this.#knownOf(path);
    before.rate.look(time, steps);
    const total = totalIn(state);
    return {
      path,
      name: clean(parent === undefined ? path : path.slice(parent.path.length + 1)),
      value,
      steps,
      total,
      rate: before.rate.at(time),
      left: total === undefined ? undefined : before.rate.left(time, total - steps),
      numbers: changedIn(state, steps, before),
      below: [],
      ended: 0,
      failed: [],
    };
  }

  #knownOf(path: string): Before {
    let before = this.#before.get(path);
    if (before === undefined) {
      before = { rate: new Rate(), first: new Map(), changed: new Set(), own: new Set() };
      this.#before.set(path, before);
    }
    return before;
  }

  #forget({ loops }: RunProgress): void {
    const running = new Set(loops.map(({ path }) => path));
    for (const path of this.#before.keys()) if (!running.has(path)) this.#before.delete(path);
  }
}

/** A number in the state of a loop, or deeper in it: `loss`, `report.loss`. */
export function numberAt(state: Json, names: string[]): number | undefined {
  let value: unknown = state;
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === 'number' ? value : undefined;
}

function totalIn(state: Json): number | undefined {
  const total = numberAt(state, ['total']);
  return total !== undefined && Number.isFinite(total) && total > 0 ? total : undefined;
}

function changedIn(state: Json, steps: number, { first, changed, own }: Before): [string, number][] {
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return [];
  const numbers: [string, number][] = [];
  for (const [name, value] of Object.entries(state)) {
    if (typeof value !== 'number' || name === 'total') continue;
    if (!first.has(name)) first.set(name, value);
    else if (!Object.is(first.get(name), value)) changed.add(name);
    if (value !== steps) own.add(name);
    if (changed.has(name) && own.has(name)) numbers.push([clean(name), value]);
  }
  return numbers;
}

/** What has ended in a step is no running loop any more: the step's journal has it. */
function addEnded(standing: Standing, actor: unknown): void {
  const { context, children } = (
    actor as { getSnapshot(): { context: LoopContext; children: Record<string, any> } }
  ).getSnapshot();
  const failed = new Map<string, string>();
  for (const got of givenIn(context.inFlight)) {
    if (got.run === undefined) continue;
    standing.ended++;
    // Run once more, it may have done better.
    failed.delete(got.run);
    if ('error' in got) failed.set(got.run, [got.error.name, got.error.message].filter(Boolean).join(': '));
  }
  for (const [name, message] of failed) {
    if (!context.running.includes(name)) standing.failed.push({ name: clean(name), message: clean(message) });
  }
  for (const below of standing.below) {
    const child = children[below.path.slice(standing.path.length + 1)];
    if (child !== undefined) addEnded(below, child);
  }
}
