import { Loop } from 'loopchart';

/*
 * What a step has begun and would have awaited later, when it never comes to that: its run is suspended or aborted, what it
 * awaits first fails, or it throws itself. Prints, for each case, the failures that nobody heard of (each would end a Node
 * process) and which clean-ups have run.
 */

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** Takes so many turns of the event loop, or fails in the last. */
class Takes extends Loop<number> {
  override state = { n: 0 };
  readonly turns: number;
  readonly fails: boolean;
  constructor(turns: number, fails: boolean) {
    super();
    this.turns = turns;
    this.fails = fails;
  }
  get done() {
    return this.state.n >= this.turns;
  }
  reset() {
    this.state.n = 0;
  }
  async advance() {
    await turn();
    if (this.fails && this.state.n + 1 === this.turns) throw new Error('refused');
    this.state.n++;
  }
  override onRunEnd() {
    return this.state.n;
  }
}

type Way = 'suspend' | 'abort' | 'what is awaited fails' | 'it throws itself' | 'it ends itself' | 'it goes on';

/** The loop whose step is left. */
abstract class Shape extends Loop {
  override state = { over: false };
  readonly slow = new Takes(60, false);
  readonly other = new Takes(60, false);
  readonly first: Takes;
  readonly way: Way;
  cleanedUp: string[] = [];

  constructor(way: Way) {
    super();
    this.way = way;
    const waits = way === 'suspend' || way === 'abort';
    this.first = new Takes(waits ? 60 : 12, way === 'what is awaited fails');
  }
  get done() {
    return this.state.over;
  }
  reset() {}

  /** What is awaited first. */
  async beforeThat(): Promise<void> {
    await this.first.run();
  }
  leave() {
    if (this.way === 'it throws itself') throw new Error('thrown');
    if (this.way === 'it ends itself') throw this.end('enough');
    this.state.over = true;
  }
}

const shapes: Record<string, new (way: Way) => Shape> = {
  'a child, by a function': class extends Shape {
    async load() {
      return (await this.slow.run()) + 1;
    }
    async advance() {
      const next = this.load();
      await this.first.run();
      this.leave();
      await next;
    }
  },
  'two children in turn, by a function': class extends Shape {
    async load() {
      await new Promise<void>((resolve) => setImmediate(resolve));
      await this.other.run();
      return await this.slow.run();
    }
    async advance() {
      const next = this.load();
      await this.first.run();
      this.leave();
      await next;
    }
  },
  'a child, by then': class extends Shape {
    async advance() {
      const next = this.slow
        .run()
        .then((n) => n + 1)
        .then(String);
      await this.first.run();
      this.leave();
      await next;
    }
  },
  'a child, by finally, beside something else': class extends Shape {
    async advance() {
      const next = this.slow.run().finally(() => this.cleanedUp.push('finally'));
      await turns(14);
      if (this.way === 'what is awaited fails') throw new Error('refused');
      this.leave();
      await next;
    }
  },
  'children together': class extends Shape {
    async advance() {
      const both = Promise.all([this.slow.run(), this.other.run()]);
      await this.first.run();
      this.leave();
      await both;
    }
  },
  'once, by a function': class extends Shape {
    async load() {
      return (await this.once('warm', () => turns(60))) ?? 1;
    }
    async advance() {
      const next = this.load();
      await this.first.run();
      this.leave();
      await next;
    }
  },
  'once, by then, before a sleep': class extends Shape {
    async advance() {
      const next = this.once('warm', () => turns(60)).then(() => 1);
      await this.sleep('a while', this.way === 'suspend' || this.way === 'abort' ? 60_000 : 1);
      if (this.way === 'what is awaited fails') throw new Error('refused');
      this.leave();
      await next;
    }
  },
  'in onRunStart': class extends Shape {
    async load() {
      return (await this.slow.run()) + 1;
    }
    override async onRunStart() {
      const next = this.load();
      await this.first.run();
      this.leave();
      await next;
    }
    advance() {
      this.state.over = true;
    }
  },
  'in onAdvanceStart': class extends Shape {
    async load() {
      return (await this.slow.run()) + 1;
    }
    override async onAdvanceStart() {
      const next = this.load();
      await this.first.run();
      this.leave();
      await next;
    }
    advance() {
      this.state.over = true;
    }
  },
  // A suspend waits for its step to end.
  'a loop without children': class extends Loop {
    override state = { n: 0 };
    cleanedUp: string[] = [];
    readonly way: Way;
    constructor(way: Way) {
      super();
      this.way = way;
    }
    get done() {
      return this.state.n >= 2;
    }
    reset() {}
    async load() {
      return (await this.once('warm', () => turns(60))) ?? 1;
    }
    async advance() {
      const next = this.load();
      await this.once('first', async () => {
        await turns(this.way === 'suspend' || this.way === 'abort' ? 60 : 12);
        if (this.way === 'what is awaited fails') throw new Error('refused');
      });
      if (this.way === 'it throws itself') throw new Error('thrown');
      if (this.way === 'it ends itself') throw this.end('enough');
      this.state.n++;
      await next;
    }
  } as never,
  'a step that does its work in a function': class extends Shape {
    async load() {
      return this.slow.run();
    }
    async work() {
      const next = this.load();
      await this.first.run();
      this.leave();
      await next;
    }
    async advance() {
      await this.work();
    }
  },
  // What is awaited is told, so that it can clean up.
  'several functions that are awaited together': class extends Shape {
    async worker(name: string, child: Takes) {
      try {
        return await child.run();
      } finally {
        this.cleanedUp.push(name);
      }
    }
    async advance() {
      await Promise.all([this.worker('a', this.slow), this.worker('b', this.other), this.worker('c', this.first)]);
      this.leave();
    }
  },
  'a function that is awaited': class extends Shape {
    override async beforeThat() {
      try {
        await this.first.run();
      } finally {
        await turns(3);
        this.cleanedUp.push('before that');
      }
    }
    async advance() {
      await this.beforeThat();
      this.leave();
    }
  },
  'a step that catches, and awaits the other then': class extends Shape {
    async load() {
      try {
        return (await this.slow.run()) + 1;
      } finally {
        this.cleanedUp.push('load');
      }
    }
    async advance() {
      const next = this.load();
      try {
        await this.first.run();
        this.leave();
      } finally {
        await next;
        this.cleanedUp.push('advance');
      }
    }
  },
};

let unhandled: string[] = [];
process.on('unhandledRejection', (error) => unhandled.push(error instanceof Error ? error.message : String(error)));

const ways: Way[] = ['suspend', 'abort', 'what is awaited fails', 'it throws itself', 'it ends itself', 'it goes on'];
for (const [shape, Made] of Object.entries(shapes)) {
  for (const way of ways) {
    for (const mode of ['alone', 'started', 'watched'] as const) {
      const cutFromOutside = way === 'suspend' || way === 'abort';
      if (mode === 'alone' && (cutFromOutside || shape === 'once, by then, before a sleep')) continue;
      const loop = new Made(way);
      let status: string;
      if (mode === 'alone') {
        status = await loop.run().then(
          () => 'finished',
          () => 'failed',
        );
      } else {
        const run = loop.start(mode === 'watched' ? { inspect: () => {} } : {});
        const { outcome } = run;
        await turns(10);
        if (way === 'suspend') await run.suspend();
        if (way === 'abort') run.abort(new Error('enough'));
        ({ status } = await outcome);
        await run.settled;
      }
      await turns(40);
      const cleanedUp = loop.cleanedUp.sort();
      process.stdout.write(`${JSON.stringify({ shape, way, mode, status, unhandled, cleanedUp })}\n`);
      unhandled = [];
    }
  }
}

/** Asks for something else when it is run again, with a function under way that nobody has come to await yet. */
class Changes extends Loop {
  override state = { over: false };
  readonly slow = new Takes(60, false);
  readonly first = new Takes(3, false);
  readonly second = new Takes(60, false);
  readonly other = new Takes(60, false);
  readonly when: string;
  changed = false;
  constructor(when: string) {
    super();
    this.when = when;
  }
  get done() {
    return this.state.over;
  }
  reset() {}
  async load() {
    return (await this.slow.run()) + 1;
  }
  async advance() {
    const next = this.load();
    await (this.changed && this.when === 'first' ? this.other : this.first).run();
    await (this.changed && this.when === 'second' ? this.other : this.second).run();
    await next;
    this.state.over = true;
  }
}

for (const when of ['first', 'second']) {
  for (const mode of ['started', 'watched'] as const) {
    const run = new Changes(when).start();
    await turns(20);
    const from = await run.suspend();
    const again = new Changes(when);
    again.changed = true;
    const { outcome } = again.start({ from, ...(mode === 'watched' ? { inspect: () => {} } : {}) });
    const { status, error } = await outcome;
    await turns(40);
    const way = 'a resume asks for something else';
    const { code } = error as { code?: string };
    process.stdout.write(
      `${JSON.stringify({ shape: `the ${when} child`, way, mode, status: `${status}: ${code}`, unhandled, cleanedUp: [] })}\n`,
    );
    unhandled = [];
  }
}
