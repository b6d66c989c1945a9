import type { Checkpoint, LoopRun } from 'loopchart';
import { Loop } from 'loopchart';
import { timeout } from 'loopchart/patterns';
import { expect, test } from 'vitest';
import { keepingAll } from './support/cuts.ts';
import { random } from './support/trees.ts';

/*
 * Random trees whose steps wait for values, in every way that code waits: in turn, side by side, in a `once`, in a race that
 * another wins, beside sleeps. Each value is given once, at some moment. However often the run is suspended, watched or
 * killed in between, the tree gets the same values.
 */

/** What a step does. */
type Act =
  | { do: 'receive' | 'sleep' | 'once' | 'race' | 'timeout' | 'nothing'; key: string }
  | { do: 'child' | 'beside'; children: number[] };

interface Plan {
  steps: Act[];
  children: Plan[];
}

function planOf(next: (n: number) => number, depth: number, path: string): Plan {
  const children = depth === 0 ? [] : Array.from({ length: next(3) }, (_, i) => planOf(next, depth - 1, `${path}${i}`));
  const steps = Array.from({ length: 1 + next(3) }, (_, i): Act => {
    const key = `${path}#${i}`;
    if (children.length > 0 && next(3) > 0) {
      const all = children.map((_, n) => n);
      return next(2) === 0 ? { do: 'child', children: [next(children.length)] } : { do: 'beside', children: all };
    }
    return { do: (['receive', 'receive', 'sleep', 'once', 'race', 'timeout', 'nothing'] as const)[next(7)]!, key };
  });
  return { steps, children };
}

class Waiter extends Loop<string[], [prefix: string]> {
  override state = { n: 0, got: [] as string[] };
  children: Waiter[];
  readonly plan: Plan;

  constructor(plan: Plan) {
    super();
    this.plan = plan;
    this.children = plan.children.map((child) => new Waiter(child));
  }
  get done() {
    return this.state.n >= this.plan.steps.length;
  }
  reset() {
    this.state = { n: 0, got: [] };
  }
  async advance(prefix: string) {
    const act = this.plan.steps[this.state.n]!;
    const got = await this.perform(act, prefix);
    this.state.got.push(...got);
    this.state.n++;
  }
  override onRunEnd() {
    return this.state.got;
  }

  async perform(act: Act, prefix: string): Promise<string[]> {
    if ('children' in act) {
      const runs = act.children.map((n) => this.children[n]!.run(`${prefix}${this.state.n}.`));
      return (await Promise.all(runs)).flat();
    }
    const key = prefix + act.key;
    switch (act.do) {
      case 'receive':
        return [await this.receive<string>(key)];
      case 'sleep':
        await this.sleep(key, 1);
        return [await this.receive<string>(key)];
      case 'once':
        return [await this.once('asks', async () => `${await this.receive<string>(key)}!`)];
      case 'race':
        return [await Promise.race([this.receive<string>(`${key} never`), this.receive<string>(key)])];
      case 'timeout': {
        const first = await timeout(this, 'late', 2, () => this.receive<string>(`${key} never`)).catch(
          (error) => error.name as string,
        );
        return [first, await this.receive<string>(key)];
      }
      case 'nothing':
        return [key];
    }
  }
}

/** What a tree gets, and the keys that it asks for. */
function expected(plan: Plan, prefix: string, keys: string[]): string[] {
  return plan.steps.flatMap((act, i) => {
    if ('children' in act) return act.children.flatMap((n) => expected(plan.children[n]!, `${prefix}${i}.`, keys));
    const key = prefix + act.key;
    if (act.do === 'nothing') return [key];
    keys.push(key);
    const value = `value of ${key}`;
    if (act.do === 'once') return [`${value}!`];
    return act.do === 'timeout' ? ['TimeoutError', value] : [value];
  });
}

const numbers = (seed: number) => {
  const next = random(seed);
  return (n: number) => Math.floor(next() * n);
};
const turn = () => new Promise((resolve) => setTimeout(resolve));
const cases = process.env.LOOPCHART_LONG === undefined ? 40 : 1000;

test(`${cases} trees get each value once, however often they are suspended, looked at and watched`, async () => {
  for (let seed = 1; seed <= cases; seed++) {
    const next = numbers(seed);
    const plan = planOf(next, 2, 'r');
    const keys: string[] = [];
    const whole = expected(plan, '>', keys);
    const left = shuffled(keys, next);
    const start = (from?: Checkpoint) =>
      new Waiter(plan).start({
        ...(from === undefined ? { args: ['>'] as [string] } : { from }),
        ...(next(4) === 0 ? { inspect: () => {} } : {}),
      });
    let run: LoopRun<string[]> = start();
    let ended = false;
    const follow = () => void run.outcome.then(({ status }) => (ended ||= status !== 'suspended'));
    follow();
    for (let i = 0; !ended && i < 2000; i++) {
      const what = next(6);
      if (what < 2 && left.length > 0) {
        const key = left.pop()!;
        await run.give(key, `value of ${key}`);
      } else if (what === 2) {
        void run.waitingFor;
      } else if (what === 3) {
        const checkpoint = await run.suspend().catch(() => undefined);
        if (checkpoint === undefined) break;
        run = start(JSON.parse(JSON.stringify(checkpoint)));
        follow();
      } else {
        await turn();
      }
    }
    const seeded = `seed ${seed}`;
    expect(left, seeded).toEqual([]);
    expect(await run.output, seeded).toEqual(whole);
    expect(run.actor.getSnapshot().context.given ?? [], seeded).toEqual([]);
  }
}, 300_000);

test(`${cases} trees go on from every checkpoint that was saved, with what had been acknowledged by then`, async () => {
  for (let seed = 1; seed <= cases / 4; seed++) {
    const next = numbers(1000 + seed);
    const plan = planOf(next, 2, 'r');
    const keys: string[] = [];
    const whole = expected(plan, '>', keys);
    const store = keepingAll();
    const run = new Waiter(plan).start({ args: ['>'], store, every: 'step', durability: 'sync' });
    /** How many checkpoints there were when a value was acknowledged. */
    const known = new Map<string, number>();
    for (const key of shuffled(keys, next)) {
      await run.give(key, `value of ${key}`);
      known.set(key, store.kept.length);
      if (next(2) === 0) await turn();
    }
    expect(await run.output, `seed ${1000 + seed}`).toEqual(whole);
    for (const [i, text] of store.kept.entries()) {
      const again = new Waiter(plan).start({ from: JSON.parse(text), ...(i % 3 === 0 ? { inspect: () => {} } : {}) });
      for (const [key, count] of known) if (count > i + 1) await again.give(key, `value of ${key}`).catch(() => {});
      expect(await again.output, `seed ${1000 + seed}, checkpoint ${i}`).toEqual(whole);
    }
  }
}, 300_000);

function shuffled<T>(items: readonly T[], next: (n: number) => number): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = next(i + 1);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}
