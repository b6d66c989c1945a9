import { Loop, memoryStore } from 'loopchart';

/** Prints, for each case, the failures that nobody heard of: each would end a Node process. */

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

class Fails extends Loop {
  n = 0;
  get done() {
    return false;
  }
  reset() {}
  async advance() {
    await turn();
    if (++this.n === 5) throw new Error('lost');
  }
}

class Finishes extends Fails {
  override get done() {
    return this.n === 3;
  }
}

class Parent extends Loop {
  child = new Fails();
  over = false;
  readonly waits: boolean;
  constructor(waits: boolean) {
    super();
    this.waits = waits;
  }
  get done() {
    return this.over;
  }
  reset() {}
  async advance() {
    const run = this.child.run();
    if (this.waits) await run.catch(() => {});
    this.over = true;
  }
}

const broken = {
  ...memoryStore(),
  save: () => Promise.reject(new Error('disk')),
  acquire: () => Promise.reject(new Error('disk')),
};

const cases: Record<string, () => unknown> = {
  'start, and nobody asks': () => new Fails().start(),
  'run, and nobody awaits it': () => void new Fails().run(),
  'output, and nobody awaits it': () => void new Fails().start().output,
  'output is caught': () => new Fails().start().output.catch(() => {}),
  'output is caught a turn later, before the end': async () => {
    const run = new Fails().start();
    await turn();
    run.output.catch(() => {});
  },
  outcome: () => new Fails().start().outcome,
  abort: () => new Fails().start().abort(new Error('asked for')),
  'a signal that aborts': () => new Fails().start({ signal: AbortSignal.abort(new Error('too late')) }),
  'a store that fails': () => new Fails().start({ store: broken }),
  stop: () => void new Fails().start({ paused: true }).stop(),
  suspend: () => void new Fails().start().suspend(),
  iteration: async () => {
    try {
      for await (const _ of new Fails().start());
    } catch {}
  },
  'a child, caught by its parent': () => new Parent(true).run(),
  'a child, whose parent does not wait for it': () => new Parent(false).run().catch(() => {}),
  'a run that finishes, and nobody asks': () => new Finishes().start(),
};

let unhandled: string[] = [];
process.on('unhandledRejection', (error) => unhandled.push((error as Error).message));

for (const [name, body] of Object.entries(cases)) {
  void body();
  for (let i = 0; i < 100; i++) await turn();
  process.stdout.write(`${JSON.stringify({ case: name, unhandled })}\n`);
  unhandled = [];
}
