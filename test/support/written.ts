import { type Checkpoint, Loop, type LoopRun, Progress, type RecordingLine, record } from 'loopchart';
import { createActor, fromPromise, waitFor } from 'xstate';
import { shop } from './app.ts';
import { keepingAll } from './cuts.ts';
import { turn } from './loops.ts';

/*
 * Runs in which everything happens that recordings and checkpoints have a key for. What they have written is held against
 * docs/format.md: a key that nothing here writes is documented in vain, or wants a run of its own.
 */

interface Does {
  reset?: () => unknown;
  onAdvanceStart?: () => unknown;
  advance?: (...args: any[]) => unknown;
  onRunEnd?: () => unknown;
}

/** A model, as it is for checkpoints. */
class Weight {
  w = 0;
  stateDict() {
    return this.w;
  }
  loadStateDict(w: number) {
    this.w = w;
  }
}

/** Does in its hooks what it is told. */
class Doer extends Loop<unknown, any[]> {
  override state: any = { n: 0 };
  readonly progress: Progress = new Progress();
  weight: Weight | null = null;
  does: Does = {};

  get done() {
    return this.state.n >= 2;
  }

  reset(): any {
    this.state = { n: 0 };
    return this.does.reset?.();
  }

  override onAdvanceStart(): any {
    return this.does.onAdvanceStart?.();
  }

  advance(...args: any[]): any {
    this.state.n++;
    return this.does.advance?.(...args);
  }

  override onRunEnd(): any {
    return this.does.onRunEnd?.();
  }
}

class Middle extends Doer {
  inner: Doer = new Doer();
}

/** Three levels. */
class Outer extends Doer {
  middle: Middle = new Middle();
  other: Doer = new Doer();
}

/** `when` has the loops before the run, and the run once it has begun. */
type Scene = (outer: Outer) => undefined | ((run: LoopRun<unknown>) => unknown);

const runs = (one: Doer, ...args: unknown[]) => one.run(...args).catch(() => {});

/** Steps that run children, ask `once` and catch errors. */
const steps: Scene[] = [
  (outer) => {
    // A child of another class in the place of one.
    outer.does.reset = () => outer.replace({ other: Middle });
    return undefined;
  },
  (outer) => {
    outer.does.onAdvanceStart = () => outer.once('early', () => 1);
    outer.middle.inner.does.onRunEnd = () => ({ $error: Number.NaN });
    outer.middle.does.advance = () => outer.middle.inner.run([Number.NaN], new Map());
    outer.does.advance = async () => {
      await outer.once('value', () => [1]);
      await outer.once('error', () => Promise.reject(new TypeError('no'))).catch(() => {});
      await outer.once('runs', async () => {
        await outer.once('within', () => turn());
        await outer.other.run();
      });
      await outer.middle.run({ a: 1 });
      await turn();
    };
    return undefined;
  },
  (outer) => {
    outer.middle.does.advance = async () => {
      await outer.middle.sleep('a while', 1);
      await outer.middle.once('waits', () => outer.middle.receive('value'));
    };
    outer.does.advance = () => outer.middle.run();
    return async (run) => {
      while (run.waitingFor.length === 0) await turn();
      for (const value of [1, 2, 3, 4]) run.actor.send({ type: 'loop.give', key: 'value', value });
    };
  },
  (outer) => {
    outer.other.does.advance = () => Promise.reject(new Error('lost', { cause: { status: 503 } }));
    outer.does.advance = () => Promise.all([runs(outer.other), runs(outer.middle)]);
    return undefined;
  },
  (outer) => {
    // A model that is changed where it is not changed again.
    const { middle } = outer;
    const weight = new Weight();
    middle.inner.weight = weight;
    middle.inner.does.advance = () => middle.inner.once('train', () => void weight.w++);
    middle.does.advance = () => middle.inner.run();
    outer.does.advance = () => middle.run();
    return undefined;
  },
  (outer) => {
    // Counters and a child that another child changes.
    outer.middle.does.advance = () => {
      outer.progress.incrementReady();
      outer.other.state.n++;
      return turn();
    };
    outer.does.advance = () => outer.middle.run();
    return undefined;
  },
  (outer) => {
    // A state of many keys; and a run that outlives the `once` that has begun it, and that nobody awaits.
    outer.middle.does.advance = async () => {
      for (let i = 0; i < 20; i++) await turn();
    };
    outer.other.does.advance = () => turn();
    outer.does.advance = async () => {
      for (let i = 0; i < 100; i++) outer.state[`row ${i}`] = i;
      await outer.once('begin', () => void outer.middle.run());
      await outer.other.run();
    };
    return undefined;
  },
  (outer) => {
    // Parts of states.
    const { middle, other } = outer;
    middle.does.onRunEnd = () => middle.state;
    other.does.advance = () => turn();
    outer.does.advance = async () => {
      outer.state.rows = [{ id: 1 }];
      await outer.once('row', () => outer.state.rows[0]);
      await middle.run();
      await other.run();
    };
    return undefined;
  },
  (outer) => {
    // Lists that are used up.
    outer.middle.does.advance = (list: number[]) => {
      list.pop();
      return turn();
    };
    outer.does.advance = async (list: unknown) => {
      if (Array.isArray(list)) list.pop();
      await outer.middle.run([1, 2, 3]);
      await outer.other.run();
    };
    return undefined;
  },
];

/** Ends of every kind. */
const ends: Scene[] = [
  (outer) => {
    const reason = Object.assign(new RangeError('enough'), { inner: new Error('in it') });
    outer.middle.inner.does.advance = () => Promise.reject(outer.end(reason));
    outer.middle.does.advance = () => outer.middle.inner.run();
    outer.does.advance = () => outer.middle.run();
    return undefined;
  },
  (outer) => {
    outer.does.reset = () => {
      throw outer.end('at once');
    };
    return undefined;
  },
  (outer) => {
    outer.does.advance = () => {
      throw outer.end(null);
    };
    return undefined;
  },
  (outer) => {
    outer.does.onRunEnd = () => new Map();
    return undefined;
  },
  (outer) => {
    outer.does.advance = () => {
      throw new Map([[1, 2]]);
    };
    return undefined;
  },
  (outer) => {
    // The other is still running when this one fails.
    outer.other.does.advance = () => new Promise(() => {});
    outer.middle.does.advance = async () => {
      await turn();
      throw new Error('while the other runs');
    };
    outer.does.advance = () => Promise.all([outer.middle.run(), outer.other.run()]);
    return undefined;
  },
];

/** What anyone may send. */
const controls: Scene[] = (['loop.stop', 'loop.abort'] as const).map((type) => (outer) => {
  outer.does.advance = () => runs(outer.other);
  outer.other.does.advance = () => turn();
  return async (run) => {
    await turn();
    await run.pause();
    run.actor.send({ type: 'loop.step', n: 1 });
    while (run.waitingFor.length > 0) await turn();
    run.actor.send({ type: 'loop.resume' });
    run.actor.send({ type, reason: new Map() });
  };
});

async function recorded(scene: Scene, options: object = {}): Promise<RecordingLine[]> {
  const recorder = record();
  const outer = new Outer();
  const during = scene(outer);
  const run = outer.start({ args: [1], inspect: recorder, ...options });
  await Promise.all([during?.(run), run.outcome]);
  return recorder.recording;
}

/**
 * Somebody begins to record while a machine handles an event: in a hook of one child that follows another at once. Beside
 * it runs one that nobody has looked at, and which has an actor only after that.
 */
async function recordedBeside(): Promise<RecordingLine[]> {
  const recorder = record();
  const outer = new Outer();
  const { middle, other } = outer;
  let goOn!: () => void;
  other.does.advance = () => {
    throw other.end('at once');
  };
  other.does.onRunEnd = () =>
    new Promise<void>((resolve) => {
      goOn = resolve;
    });
  middle.does.advance = () => turn();
  let run: LoopRun<unknown> | undefined;
  middle.does.onRunEnd = () => {
    run!.actor.system.inspect(recorder);
    setImmediate(goOn);
  };
  outer.does.advance = async () => {
    // The second step, so that the machine does not know of the first.
    if (outer.state.n < 2) return;
    await outer.once('map', () => new Map());
    const first = middle.run();
    await turn();
    run!.actor.getSnapshot();
    await outer.once('beside', () => Promise.all([first, other.run()]).then(() => {}));
  };
  run = outer.start();
  await run.outcome;
  return recorder.recording;
}

/** Somebody begins to record in the middle of many steps that nobody has watched, and asks for steps. */
async function recordedStepping(): Promise<RecordingLine[]> {
  const recorder = record();
  const loop = new Doer();
  let run: LoopRun<unknown> | undefined;
  Object.defineProperty(loop, 'done', { get: () => loop.state.n >= 9 });
  loop.does.advance = () => {
    if (loop.state.n !== 5) return;
    run!.actor.system.inspect(recorder);
    void run!.step();
  };
  run = loop.start();
  while (loop.state.n < 5 || run.waitingFor.length > 0) await turn();
  run.resume();
  await run.outcome;
  return recorder.recording;
}

/** A hook's actor that somebody has put in the place of ours, and that fails. */
async function recordedProvided(): Promise<RecordingLine[]> {
  const recorder = record();
  const machine = new Outer().machine.provide({
    actors: { reset: fromPromise(() => Promise.reject(new Error('provided'))) as any },
  });
  const actor = createActor(machine, { input: [], inspect: recorder.next });
  const over = new Promise<void>((resolve) => {
    actor.subscribe({ error: () => resolve(), complete: () => resolve() });
  });
  actor.start();
  await over;
  return recorder.recording;
}

/** What came to its end before it was recorded, and what could not be taken down. */
async function recordedOdd(): Promise<RecordingLine[]> {
  const outer = new Outer();
  outer.does.onRunEnd = () => 7;
  const done = outer.start();
  await done.outcome;
  const ended = await recorded(() => undefined, { from: await done.checkpoint(), args: undefined });
  const faulty = record();
  faulty.next(null as any);
  return [...ended, ...faulty.recording];
}

/** An app with a machine and other actors beside a loop. */
async function recordedApp(): Promise<RecordingLine[]> {
  const recorder = record(undefined, { apps: true });
  const app = createActor(shop(), { inspect: recorder }).start();
  app.send({ type: 'open' });
  await waitFor(app, ({ value }) => value === 'ready');
  return recorder.recording;
}

/** Lines of recordings of all these. */
export async function writtenLines(): Promise<RecordingLine[]> {
  const told: RecordingLine[] = [];
  for (const scene of [...steps, ...ends, ...controls]) told.push(...(await recorded(scene)));
  told.push(...(await recordedBeside()));
  told.push(...(await recordedStepping()));
  told.push(...(await recordedProvided()), ...(await recordedOdd()), ...(await recordedApp()));
  return told;
}

/** As JSON, checkpoints of runs at each of their steps. */
export async function writtenCheckpoints(): Promise<Checkpoint[]> {
  const store = keepingAll();
  for (const scene of steps) {
    const outer = new Outer();
    const during = scene(outer);
    outer.does.onRunEnd = () => 7;
    const run = outer.start({ args: [[1, 2]], store, every: 'step', durability: 'sync' });
    await Promise.all([during?.(run), run.outcome]);
  }
  return store.kept.map((text) => JSON.parse(text));
}
