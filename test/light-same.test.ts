import { Loop, type LoopRun } from 'loopchart';
import { afterEach, expect, test } from 'vitest';
import { allowLight } from '../src/light/light-runner.ts';
import { turn } from './support/loops.ts';

/*
 * A run in which nobody looks, one that is watched, and one that somebody looks at all the time come to the same: the same
 * output or error, the same hooks of each loop in the same order.
 */

afterEach(() => allowLight(true));

/** What a loop does in one of its hooks. */
type Does = (loop: Told, hook: string) => unknown;

/** Logs its hooks, and does in them what it is told. */
class Told extends Loop<string, [string?]> {
  override state = { i: 0 };
  readonly below: Told[];
  readonly #name: string;
  readonly #log: string[];
  readonly #steps: number;
  readonly #does: Does;

  constructor(name: string, log: string[], steps: number, does: Does, below: Told[] = []) {
    super();
    this.#name = name;
    this.#log = log;
    this.#steps = steps;
    this.#does = does;
    this.below = below;
  }

  get done() {
    return this.state.i >= this.#steps;
  }

  #hook(hook: string): any {
    this.#log.push(`${this.#name} ${hook}`);
    return this.#does(this, hook);
  }

  reset(): any {
    this.state.i = 0;
    return this.#hook('reset');
  }

  override onRunStart(): any {
    return this.#hook('onRunStart');
  }

  override onAdvanceStart(): any {
    return this.#hook('onAdvanceStart');
  }

  advance(): any {
    this.state.i++;
    return this.#hook('advance');
  }

  override onAdvanceEnd(): any {
    return this.#hook('onAdvanceEnd');
  }

  override onRunEnd(): any {
    const did = this.#hook('onRunEnd');
    return did instanceof Promise ? did.then(() => this.#name) : this.#name;
  }
}

const nothing: Does = () => undefined;
const slow: Does = () => turn();
const runsBelow: Does = async (loop, hook) => {
  if (hook === 'advance') await loop.below[0]!.run();
};

/** A root whose steps run the loop below, and note what it failed with. */
function catching(
  log: string[],
  below: Told[],
  run: (loop: Told) => Promise<unknown> = ({ below: [one] }) => one!.run(),
) {
  const does: Does = async (loop, hook) => {
    if (hook === 'advance') await run(loop).catch((error) => log.push(`root caught ${error.message}`));
  };
  return new Told('root', log, 2, does, below);
}

const trees: { [name: string]: (log: string[]) => Told } = {
  'a child that throws at once': (log) =>
    catching(log, [
      new Told('child', log, 1, (_, hook) => {
        if (hook === 'reset') throw new Error('at once');
      }),
    ]),
  'a child that throws after its last step': (log) =>
    catching(log, [
      new Told('child', log, 2, async (loop, hook) => {
        await turn();
        if (hook === 'onAdvanceEnd' && loop.state.i === 2) throw new Error('late');
      }),
    ]),
  'one of two side by side that fails': (log) => {
    const fails: Does = async (_, hook) => {
      await turn();
      if (hook === 'advance') throw new Error('beside');
    };
    const below = [new Told('a', log, 3, slow), new Told('b', log, 2, fails)];
    return catching(log, below, (loop) => Promise.all(loop.below.map((one) => one.run())));
  },
  'a child that nobody awaits': (log) =>
    new Told(
      'root',
      log,
      1,
      (loop, hook) => {
        if (hook === 'advance') void loop.below[0]!.run();
      },
      [new Told('child', log, 2, slow)],
    ),
  'a child that nobody awaits, and that fails': (log) => {
    const fails: Does = async (_, hook) => {
      await turn();
      if (hook === 'advance') throw new Error('lost');
    };
    const forgets: Does = (loop, hook) => {
      if (hook === 'advance') void loop.below[0]!.run();
    };
    return new Told('root', log, 1, forgets, [new Told('child', log, 2, fails)]);
  },
  'the end of the root, from two levels down': (log) => {
    const ends: Does = (_, hook) => {
      if (hook === 'advance') throw root.end('why');
    };
    const middle = new Told('middle', log, 3, runsBelow, [new Told('inner', log, 3, ends)]);
    const root: Told = new Told('root', log, 3, runsBelow, [middle]);
    return root;
  },
  'a loop that ends itself in a step': (log) => {
    const ends: Does = (loop, hook) => {
      if (hook === 'onAdvanceStart' && loop.state.i === 1) throw loop.end();
    };
    return new Told('root', log, 2, runsBelow, [new Told('child', log, 3, ends)]);
  },
  'a loop that ends itself in reset': (log) => {
    const ends: Does = (loop, hook) => {
      if (hook === 'reset') throw loop.end();
    };
    return new Told('root', log, 2, runsBelow, [new Told('child', log, 3, ends)]);
  },
  'a loop that ends itself in onRunStart, slowly': (log) => {
    const ends: Does = async (loop, hook) => {
      await turn();
      if (hook === 'onRunStart') throw loop.end();
    };
    return new Told('root', log, 2, runsBelow, [new Told('child', log, 3, ends)]);
  },
  'children that are run in every hook': (log) => {
    const inAll: Does = (loop) => loop.below[0]!.run();
    const middle = new Told('middle', log, 1, inAll, [new Told('inner', log, 2, nothing)]);
    return new Told('root', log, 2, inAll, [middle]);
  },
  'code that a step has left behind': (log) => {
    const leaves: Does = async (loop, hook) => {
      if (hook !== 'advance') return;
      const late = turn().then(() => turn().then(() => loop.below[1]!.run()));
      late.catch((error) => log.push(`late ${error.code}`));
      await loop.below[0]!.run();
      throw new Error('off');
    };
    return new Told('root', log, 2, leaves, [new Told('a', log, 1, nothing), new Told('b', log, 1, nothing)]);
  },
  'a child without steps': (log) => new Told('root', log, 2, runsBelow, [new Told('child', log, 0, nothing)]),
  '`once` in a parent and in its child': (log) => {
    const asks: Does = async (loop, hook) => {
      if (hook !== 'advance') return;
      const got = await loop.once('key', async () => {
        await turn();
        return loop.state.i;
      });
      log.push(`child got ${got}`);
    };
    const asksToo: Does = async (loop, hook) => {
      if (hook !== 'advance') return;
      await loop.below[0]!.run();
      await loop.once('key', () => 1);
    };
    return new Told('root', log, 2, asksToo, [new Told('child', log, 2, asks)]);
  },
};

async function ended(run: LoopRun<string>): Promise<unknown> {
  const outcome = await run.outcome;
  return 'error' in outcome ? (outcome.error as Error).message : outcome.output;
}

/** Looks again and again until the run is over. */
async function lookedAt(run: LoopRun<string>, look: () => unknown, every: () => Promise<unknown>): Promise<unknown> {
  let over = false;
  void run.outcome.then(() => {
    over = true;
  });
  while (!over) {
    look();
    await every();
  }
  return ended(run);
}

const ways: { [name: string]: (root: Told) => Promise<unknown> } = {
  run: (root) => root.run().catch((error) => error.message),
  start: (root) => ended(root.start()),
  watched: (root) => ended(root.start({ inspect: () => {} })),
  'looked at in each turn': (root) => {
    const run = root.start();
    return lookedAt(run, () => run.actor.getSnapshot(), turn);
  },
  'looked at in each microtask but some': (root) => {
    const run = root.start();
    let times = 0;
    return lookedAt(
      run,
      () => run.progress,
      async () => (++times % 7 === 0 ? turn() : undefined),
    );
  },
};

function byLoop(log: readonly string[]): Record<string, string[]> {
  const logs: Record<string, string[]> = {};
  for (const line of log) {
    const loop = line.slice(0, line.indexOf(' '));
    logs[loop] ??= [];
    logs[loop].push(line);
  }
  return logs;
}

async function outcomeOf(make: (log: string[]) => Told, way: (root: Told) => Promise<unknown>): Promise<unknown> {
  const log: string[] = [];
  const end = await way(make(log));
  for (let i = 0; i < 4; i++) await turn();
  return { end, log: byLoop(log) };
}

test.each(Object.entries(trees))('%s', async (_, make) => {
  allowLight(false);
  const expected = await outcomeOf(make, ways.run!);
  allowLight(true);
  for (const [way, go] of Object.entries(ways)) {
    expect({ way, ...((await outcomeOf(make, go)) as object) }).toEqual({ way, ...(expected as object) });
  }
});
