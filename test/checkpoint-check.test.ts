import { type Checkpoint, LoopError, memoryStore, Progress } from 'loopchart';
import { beforeAll, describe, expect, test } from 'vitest';
import { Family, Slow, told, turn } from './support/loops.ts';

class Weights {
  w = [0, Number.NaN];
  stateDict() {
    return { w: [...this.w] };
  }
  loadStateDict(dict: { w: number[] }) {
    this.w = [...dict.w];
  }
}

class Counted extends Slow {
  readonly progress: Progress = new Progress();
  override async advance(by = 1) {
    this.progress.incrementReady();
    await super.advance(by);
    this.progress.incrementCompleted();
  }
}

/** A family with counters and weights, that may ask for a checkpoint in each of its hooks. */
class Tree extends Family {
  override first: Counted = new Counted(3);
  readonly weights: Weights = new Weights();
  readonly progress: Progress = new Progress();
  skips = false;
  /** Called in each hook with its name. */
  readonly at: (hook: string) => void;

  constructor(at: (hook: string) => void = () => {}) {
    super();
    this.at = at;
  }

  override get skip() {
    this.at('skip');
    return this.skips;
  }

  override onSkip() {
    return 'skipped';
  }

  override reset() {
    super.reset();
    this.at('reset');
  }

  override onRunStart() {
    this.at('onRunStart');
  }

  override async advance(greeting?: string) {
    this.progress.incrementReady();
    await super.advance(greeting);
    this.weights.w[0]!++;
    this.at(`step ${this.state.n}`);
  }

  override onAdvanceEnd() {
    this.progress.incrementCompleted();
  }
}

/** Where a run stands when its checkpoint is taken, and the output that it comes to. */
const moments: Record<string, { take(): Promise<Checkpoint>; output: string }> = {
  entering: {
    take: async () => {
      const store = { ...memoryStore(), acquire: () => turn() };
      const run = new Tree().start({ args: ['hi'], id: 'run', store });
      const checkpoint = await run.checkpoint();
      await run.output;
      return checkpoint;
    },
    output: told('hi'),
  },
  resetting: { take: () => duringHook('skip'), output: told('hi') },
  starting: { take: () => duringHook('reset'), output: told('hi') },
  'advancing, before the first step': { take: () => duringHook('onRunStart'), output: told('hi') },
  ending: { take: () => duringHook('step 3'), output: told('hi') },
  skipped: { take: () => duringHook('skip', true), output: 'skipped' },
  'in a step, a child in its middle': { take: () => afterSteps(2), output: told('hi') },
  'in a step, two children side by side': { take: () => afterSteps(6), output: told('hi') },
  'in the second step': { take: () => afterSteps(11), output: told('hi') },
  finished: {
    take: async () => {
      const run = new Tree().start({ args: ['hi'], id: 'run' });
      await run.output;
      return run.checkpoint();
    },
    output: told('hi'),
  },
};

async function duringHook(hook: string, skips = false): Promise<Checkpoint> {
  return new Promise((resolve, reject) => {
    let run: ReturnType<Tree['start']>;
    const tree = new Tree((name) => {
      if (name === hook) queueMicrotask(() => run.checkpoint().then(resolve, reject));
    });
    tree.skips = skips;
    run = tree.start({ args: ['hi'], id: 'run', inspect: () => {} });
    run.output.catch(reject);
  });
}

async function afterSteps(n: number): Promise<Checkpoint> {
  const run = new Tree().start({ args: ['hi'], id: 'run', paused: true });
  await run.step(n);
  return run.suspend();
}

type Path = (string | number)[];

/** Every place in a value, the value itself aside. */
function* placesIn(value: unknown, path: Path = []): Generator<Path> {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    const place = [...path, Array.isArray(value) ? Number(key) : key];
    yield place;
    yield* placesIn((value as Record<string, unknown>)[key], place);
  }
}

type Change = (holder: any, key: string | number) => void;
const put =
  (value: unknown): Change =>
  (holder, key) => {
    holder[key] = structuredClone(value);
  };
const changes: Record<string, Change> = {
  'taken out': (holder, key) => (Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key]),
  null: put(null),
  'another number': (holder, key) => put(typeof holder[key] === 'number' ? holder[key] + 1 : 7)(holder, key),
  'no whole number': put(-0.5),
  'a text': put('text'),
  constructor: put('constructor'),
  'the other of true and false': (holder, key) => put(holder[key] !== true)(holder, key),
  'an empty list': put([]),
  'an empty object': put({}),
  'in a list': (holder, key) => put([holder[key]])(holder, key),
};
for (const name of ['constructor', '__proto__', 'toString', 'other']) {
  changes[`called ${name}`] = (holder, key) => {
    if (Array.isArray(holder)) return;
    Object.defineProperty(holder, name, { value: holder[key], enumerable: true, configurable: true, writable: true });
    delete holder[key];
  };
  changes[`with ${name} in it`] = (holder, key) => {
    if (typeof holder[key] !== 'object' || holder[key] === null || Array.isArray(holder[key])) return;
    const value = { polluted: true, n: 1 };
    Object.defineProperty(holder[key], name, { value, enumerable: true, configurable: true, writable: true });
  };
}

/** A change of a checkpoint's JSON; `undefined` where it changes nothing. */
function changed(text: string, place: Path, change: Change): Checkpoint | undefined {
  const copy = JSON.parse(text);
  const holder = place.slice(0, -1).reduce((value, key) => value[key], copy);
  change(holder, place.at(-1)!);
  return JSON.stringify(copy) === text ? undefined : copy;
}

type Came = { output: string } | { refused: string } | { failed: string };

/** What comes of a run from a checkpoint; it throws what is no error of the library. */
async function cameOf(from: Checkpoint, skips: boolean): Promise<Came> {
  const tree = new Tree();
  tree.skips = skips;
  let run: ReturnType<Tree['start']>;
  try {
    run = tree.start({ from });
  } catch (error) {
    if (!(error instanceof LoopError)) throw error;
    return { refused: error.code };
  }
  const { output, error } = await run.outcome;
  if (error === undefined) return { output: output! };
  if (!(error instanceof LoopError)) throw error;
  return { failed: error.code };
}

const refusals = ['CHECKPOINT_UNREADABLE', 'CHECKPOINT_MISMATCH'];

describe.each(Object.keys(moments))('a checkpoint taken %s', (name) => {
  const { take, output } = moments[name]!;
  let text: string;
  beforeAll(async () => {
    text = JSON.stringify(await take());
  });

  test('goes on as it was written, whatever order its keys are in', async () => {
    expect(await cameOf(JSON.parse(text), name === 'skipped')).toEqual({ output });
    const turnedRound = JSON.parse(text, (_, value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    expect(await cameOf(turnedRound, name === 'skipped')).toEqual({ output });
  });

  test('whose JSON was changed anywhere is refused, or comes to the right end', { timeout: 600_000 }, async () => {
    let count = 0;
    for (const place of placesIn(JSON.parse(text))) {
      for (const [how, change] of Object.entries(changes)) {
        const from = changed(text, place, change);
        if (from === undefined) continue;
        count++;
        const what = `${place.join('.')}, ${how}`;
        const came = await cameOf(from, name === 'skipped').catch((error) => ({ thrown: `${error}` }));
        const right = 'refused' in came ? refusals.includes(came.refused) : 'output' in came && came.output === output;
        expect(right ? 'fine' : { what, came }).toBe('fine');
      }
    }
    expect(count).toBeGreaterThan(100);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('polluted' in {}).toBe(false);
  });

  test('that a program has changed on purpose never ends in anything but an error with a code', {
    timeout: 600_000,
  }, async () => {
    // What the loops saved, and what they got, means what the program says: only the library's own parts are changed.
    const own = (place: Path) =>
      !['stateDict', 'assets', 'seal'].includes(String(place[0])) &&
      !place.some((key) => ['args', 'output', 'dict', 'before', 'inFlight'].includes(String(key)));
    const { seal: _, ...unsealed } = JSON.parse(text);
    const base = JSON.stringify(unsealed);
    for (const place of placesIn(unsealed)) {
      if (!own(place)) continue;
      for (const [how, change] of Object.entries(changes)) {
        const from = changed(base, place, change);
        if (from === undefined) continue;
        const what = `${place.join('.')}, ${how}`;
        const came = await cameOf(from, name === 'skipped').catch((error) => ({ thrown: `${error?.stack}` }));
        expect('thrown' in came ? { what, came } : 'fine').toBe('fine');
      }
    }
    expect('polluted' in {}).toBe(false);
  });
});

test('what cannot even be looked at is refused as no checkpoint, with the error that it threw', async () => {
  const { seal: _, encoded: __, ...good } = JSON.parse(JSON.stringify(await afterSteps(2)));
  const { proxy: revoked, revoke } = Proxy.revocable(good, {});
  revoke();
  const throws = () => {
    throw new Error('do not look');
  };
  const roundAndRound = structuredClone(good);
  roundAndRound.phase.children.first = roundAndRound.phase;
  for (const from of [
    revoked,
    new Proxy(good, { get: throws }),
    {
      ...good,
      get phase() {
        return throws();
      },
    },
    roundAndRound,
  ]) {
    const run = () => new Tree().start({ from });
    expect(run).toThrow(expect.objectContaining({ code: 'CHECKPOINT_UNREADABLE', path: 'tree' }));
    expect(() => new Tree().start({ from, migrate: (one) => one })).toThrow(LoopError);
  }
});
