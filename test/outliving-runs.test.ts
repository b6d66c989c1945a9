import { type Checkpoint, Loop } from 'loopchart';
import { timeout } from 'loopchart/patterns';
import { describe, expect, test } from 'vitest';
import { fromEveryCut } from './support/cuts.ts';

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Takes so many steps, each of some turns of the event loop, and notes in each what it works on. */
class Worker extends Loop<string, [task?: unknown]> {
  override state = { n: 0, seen: [] as unknown[] };
  readonly steps: number;
  readonly turns: number;
  fails = false;
  constructor(steps: number, turns: number) {
    super();
    this.steps = steps;
    this.turns = turns;
  }
  get done() {
    return this.state.n >= this.steps;
  }
  reset() {
    this.state = { n: 0, seen: [] };
  }
  async advance(task: unknown = 'nothing') {
    await turns(this.turns);
    this.state.seen.push(typeof task === 'object' ? 'a signal' : task);
    this.state.n++;
    if (this.fails && this.done) throw new Error('worn out');
  }
  override onRunEnd() {
    return this.state.seen.join();
  }
}

/** Two steps, in each of which a `once` is over while a child that it has run still works. */
abstract class Outlived extends Loop<unknown> {
  override state: { i: number; got: unknown[] } = { i: 0, got: [] };
  readonly slow: Worker = new Worker(5, 4);
  readonly quick: Worker = new Worker(1, 1);
  readonly other: Worker = new Worker(2, 2);
  get done() {
    return this.state.i >= 2;
  }
  reset() {
    this.state = { i: 0, got: [] };
  }
  abstract work(i: number): Promise<unknown>;
  async advance() {
    const got = await this.work(this.state.i);
    // What the last step has left behind is whole by now.
    this.state.got.push(got);
    this.state.i++;
  }
  override onRunEnd() {
    return { got: this.state.got, slow: this.slow.state.seen };
  }
}

/** How many of the checkpoints were taken while a run had outlived its `once`. */
function outlived(texts: string[]): number {
  return texts.filter((text) => {
    const { inFlight } = (JSON.parse(text) as Checkpoint).phase.context as { inFlight: any };
    const over = (inFlight?.got ?? []).flat().flatMap(({ once }: any) => once ?? []);
    return inFlight?.asked.some((one: any) => one.run !== undefined && over.includes(one.in));
  }).length;
}

async function exactly(make: () => Outlived): Promise<void> {
  const { whole, texts, resumed } = await fromEveryCut(make);
  expect(whole.status).toBe('finished');
  expect(outlived(texts)).toBeGreaterThan(2);
  for (const { status, output } of resumed)
    expect({ status, output }).toEqual({ status: 'finished', output: whole.output });
}

describe('a child that goes on though the `once` that ran it is over goes on after a resume, and its step waits for it', () => {
  test('where it has lost a race', async () => {
    class Raced extends Outlived {
      async work(i: number) {
        const first = await this.once('first', () => Promise.race([this.slow.run(i), this.quick.run(i)]));
        return [first, await this.other.run(first)];
      }
    }
    await exactly(() => new Raced());
  });

  test('where another one beside it has failed', async () => {
    class Failed extends Outlived {
      async work(i: number) {
        this.quick.fails = i === 0;
        const both = this.once('both', () => Promise.all([this.quick.run(i), this.slow.run(i)]));
        return await both.catch(() => this.other.run('fallback'));
      }
    }
    await exactly(() => new Failed());
  });

  test('where it took too long', async () => {
    class Late extends Outlived {
      async work(i: number) {
        if (i > 0) return await timeout(this, 'answer', 60_000, () => this.slow.run(i));
        return await timeout(this, 'answer', 1, () => this.slow.run(i)).catch(() => this.other.run('fallback'));
      }
    }
    class Slow extends Late {
      override readonly slow = new Worker(10, 20);
    }
    await exactly(() => new Slow());
  });

  test('where nobody awaits it: then the step fails if it does, and not otherwise', async () => {
    class Unheard extends Outlived {
      readonly awaits: boolean;
      constructor(awaits: boolean) {
        super();
        this.awaits = awaits;
        this.slow.fails = true;
      }
      async work(i: number) {
        await this.once('begin', () => {
          const run = this.slow.run(i);
          if (this.awaits) run.catch(() => {});
        });
        return await this.other.run(i);
      }
    }
    await exactly(() => new Unheard(true));
    const { whole, texts, resumed } = await fromEveryCut(() => new Unheard(false));
    expect(outlived(texts)).toBeGreaterThan(0);
    for (const { status, error } of [whole, ...resumed] as any[])
      expect([status, error.message]).toEqual(['failed', 'worn out']);
  });
});

test('one that was given what is no plain data cannot go on by itself, and is refused by name', async () => {
  class Signalled extends Outlived {
    async work() {
      const { signal } = new AbortController();
      const first = await this.once('first', () => Promise.race([this.slow.run(signal), this.quick.run()]));
      return [first, await this.other.run(first)];
    }
  }
  const { whole, texts, resumed } = await fromEveryCut(() => new Signalled());
  expect(whole.status).toBe('finished');
  const refused = resumed.filter(({ status }) => status === 'failed') as any[];
  expect(refused).toHaveLength(outlived(texts));
  for (const { error } of refused) {
    expect(error.code).toBe('RESUME_MISMATCH');
    expect(error.message).toBe(
      "signalled: The step in flight had run `slow` in once('first'), which had returned when the checkpoint was taken while the run went on. " +
        'It cannot go on now, for it was given an argument that is no plain data. Give it plain data, or await it in that function.',
    );
  }
});
