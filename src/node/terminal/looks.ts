import type { LoopContext } from '../../chart/context.ts';
import { givenIn } from '../../chart/journal.ts';
import type { RunProgress } from '../../run/progress.ts';
import type { LoopRun } from '../../run/run.ts';
import { Rate } from './rate.ts';
import { type Before, changedIn, type Standing, totalIn } from './standing.ts';
import { clean } from './text.ts';

/** What is read of a loop's actor. */
interface Actor {
  getSnapshot(): {
    status: string;
    value: Standing['value'];
    context: LoopContext;
    children: Record<string, Actor | undefined>;
  };
}

/** Of more loops than these, those that do not run are forgotten. */
const most = 1000;

/** Looks at a run again and again, and knows what has changed. */
export class Looks {
  readonly #run: LoopRun<unknown>;
  readonly #before = new Map<string, Before>();
  /** Those of the loops that ran at the last look, by path. */
  readonly #actors = new Map<string, Actor>();

  constructor(run: LoopRun<unknown>) {
    this.#run = run;
  }

  /** @param time milliseconds, by a clock that is never set */
  look(time: number): { root: Standing; progress: RunProgress } {
    const { progress, waitingFor } = this.#run;
    const above: Standing[] = [];
    let root: Standing | undefined;
    for (const loop of progress.loops) {
      while (above.length > 0 && !loop.path.startsWith(`${above.at(-1)!.path}.`)) above.pop();
      const parent = above.at(-1);
      const standing = this.#standing(loop, parent, time);
      const stands = `${loop.path} (${loop.value}): `;
      standing.waits = waitingFor.find((one) => one.startsWith(stands))?.slice(stands.length);
      parent?.below.push(standing);
      root ??= standing;
      above.push(standing);
    }
    const actor = this.#run.actor as unknown as Actor;
    this.#addStopped(root!, actor, time);
    this.#actors.clear();
    this.#addEnded(root!, actor);
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
      state,
      waits: undefined,
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

  /** What has ended in a step is no running loop any more: the step's journal has it. */
  #addEnded(standing: Standing, actor: Actor): void {
    this.#actors.set(standing.path, actor);
    const { context, children } = actor.getSnapshot();
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
      if (child !== undefined) this.#addEnded(below, child);
    }
  }

  /** An actor that is stopped, by a suspend, lets go of those below it; where these stand they still say. */
  #addStopped(standing: Standing, actor: Actor, time: number): void {
    const { status, context } = actor.getSnapshot();
    if (status !== 'stopped' || standing.below.length > 0) return;
    for (const name of context.running) {
      const path = `${standing.path}.${name}`;
      const child = this.#actors.get(path);
      const stopped = child?.getSnapshot();
      if (child === undefined || stopped?.status !== 'stopped') continue;
      const { value, context: own } = stopped;
      const below = this.#standing({ path, value, steps: own.steps, state: own.state }, standing, time);
      standing.below.push(below);
      this.#addStopped(below, child, time);
    }
  }

  #forget({ loops }: RunProgress): void {
    const running = new Set(loops.map(({ path }) => path));
    for (const path of this.#before.keys()) if (!running.has(path)) this.#before.delete(path);
  }
}
