import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type CheckpointStore, Loop, memoryStore } from 'loopchart';
import { fileStore, resumable } from 'loopchart/node';
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest';

const scratch = mkdtempSync(join(tmpdir(), 'loopchart-resumable-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Three steps; before the second it may be held up, or fail. */
class Steps extends Loop<string, [greeting: string]> {
  override state = { n: 0 };
  before: (n: number) => void | Promise<void> = () => {};

  get done() {
    return this.state.n >= 3;
  }

  reset() {
    this.state.n = 0;
  }

  async advance() {
    await this.before(this.state.n);
    this.state.n++;
  }

  override onRunEnd(greeting: string) {
    return `${greeting} ${this.state.n}`;
  }
}

class Tree extends Loop {
  steps = new Steps();
  override state = { done: false };

  get done() {
    return this.state.done;
  }

  reset() {}

  async advance() {
    await this.steps.run('hello');
    this.state.done = true;
  }
}

const listeners = () => ['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal));

/** What `tell` was told. */
function teller() {
  const told: string[] = [];
  return { told, tell: (text: string) => void told.push(text) };
}

describe('a run under an id', () => {
  test('begins anew, goes on where it was suspended, and then stays finished', async () => {
    const store = memoryStore();
    const before = listeners();
    const { told, tell } = teller();

    const loop = new Tree();
    loop.steps.before = async (n) => {
      if (n === 1) void first.run.suspend('enough for today');
    };
    const first = await resumable(loop, { id: 'tree', store, tell });
    expect(first.from).toBeUndefined();
    expect(await first.outcome).toMatchObject({ status: 'suspended', reason: 'enough for today', exitCode: 0 });

    const second = await resumable(new Tree(), { id: 'tree', store, tell });
    expect(second.from?.position.steps).toBe(2);
    expect(await second.outcome).toMatchObject({ status: 'finished', exitCode: 0, steps: 1 });

    const untouched = new Tree();
    untouched.steps.before = () => {
      throw new Error('a run that has finished takes no step');
    };
    expect(await (await resumable(untouched, { id: 'tree', store, tell })).outcome).toMatchObject({
      status: 'finished',
      exitCode: 0,
    });
    expect(told).toEqual([
      'tree: suspended: enough for today, after 2 steps. Started again, it goes on from there.\n',
      'tree: goes on in tree.steps, after 2 steps.\n',
      'tree: had finished before, and gives its output again. Deleted from its store, it begins anew.\n',
    ]);

    await store.delete('tree');
    expect((await resumable(new Tree(), { id: 'tree', store, tell })).from).toBeUndefined();
    await expect.poll(listeners).toEqual(before);
  });

  test('that fails says so with its error, and goes on from what was saved last', async () => {
    const store = memoryStore();
    const { told, tell } = teller();
    const loop = new Steps();
    loop.before = (n) => {
      if (n === 2) throw new TypeError('the line is down');
    };
    const failed = await resumable(loop, { id: 'a', store, every: 'step', durability: 'sync', args: ['hello'], tell });
    expect(await failed.outcome).toMatchObject({ status: 'failed', exitCode: 1 });
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^a: failed, after 2 steps\.\nTypeError: the line is down\n {4}at /);

    const { from, outcome } = await resumable(new Steps(), { id: 'a', store, args: ['hello'], tell });
    expect(from?.position.steps).toBe(2);
    expect(await outcome).toMatchObject({ status: 'finished', output: 'hello 3', exitCode: 0 });
  });

  test.for<[string, (run: { stop(reason: string): unknown; abort(reason: unknown): void }) => unknown, number, RegExp]>(
    [
      ['stopped', (run) => run.stop('seen enough'), 0, /^a: stopped: seen enough, after 1 step\.\n$/],
      ['aborted', (run) => run.abort('no use'), 1, /^a: aborted: no use, after 0 steps\.\n$/],
    ],
  )('that is %s says so', async ([status, end, exitCode, text]) => {
    const { told, tell } = teller();
    const loop = new Steps();
    loop.before = async () => {
      await new Promise(setImmediate);
      end(program.run);
    };
    const program = await resumable(loop, { id: 'a', store: memoryStore(), args: ['hello'], tell });
    expect(await program.outcome).toMatchObject({ status, exitCode });
    expect(told).toEqual([expect.stringMatching(text)]);
  });

  test('what is thrown may be anything', async () => {
    const { told, tell } = teller();
    const loop = new Steps();
    loop.before = () => {
      throw new Proxy(new Error('hidden'), {
        get() {
          throw new Error('not to be looked at');
        },
      });
    };
    const { outcome } = await resumable(loop, { id: 'a', store: memoryStore(), args: ['hello'], tell });
    expect((await outcome).exitCode).toBe(1);
    expect(told[0]).toMatch(/^a: failed, after 0 steps\.\n/);
  });

  test('has other arguments than it was begun with: it is refused, and nothing is lost', async () => {
    const store = memoryStore();
    const tell = () => {};
    const { outcome } = await resumable(new Steps(), { id: 'a', store, args: ['hello'], tell });
    await outcome;
    const before = listeners();
    await expect(resumable(new Steps(), { id: 'a', store, args: ['good morning'], tell })).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
      message: expect.stringContaining('`a` was begun with, ["hello"], got ["good morning"]'),
    });
    await expect.poll(listeners).toEqual(before);
    const again = await resumable(new Steps(), { id: 'a', store, args: ['hello'], tell });
    expect((await again.outcome).output).toBe('hello 3');
    // Whoever brings checkpoints forward may say that the arguments are others now.
    const migrated = await resumable(new Steps(), {
      id: 'a',
      store,
      args: ['good morning'],
      tell,
      migrate: (checkpoint) => ({
        ...checkpoint,
        phase: { ...checkpoint.phase, context: { ...checkpoint.phase.context, args: ['good morning'] } },
      }),
    });
    expect((await migrated.outcome).status).toBe('finished');
  });

  test('arguments that are no plain data are taken as they are', async () => {
    class Sum extends Loop<number, [numbers: Map<string, number>]> {
      override state = { sum: 0, done: false };
      get done() {
        return this.state.done;
      }
      reset() {}
      advance(numbers: Map<string, number>) {
        for (const n of numbers.values()) this.state.sum += n;
        this.state.done = true;
      }
      override onRunEnd() {
        return this.state.sum;
      }
    }
    const store = memoryStore();
    for (let i = 0; i < 2; i++) {
      const { outcome } = await resumable(new Sum(), { id: 'a', store, args: [new Map([['x', 2]])], tell: () => {} });
      expect((await outcome).output).toBe(2);
    }
  });

  test('that another process holds is refused before it is loaded', async () => {
    const directory = join(scratch, 'busy');
    const holder = fileStore(directory);
    await holder.acquire('a');
    let loaded = false;
    const mine = fileStore(directory);
    const store: CheckpointStore = {
      ...mine,
      load: (id) => {
        loaded = true;
        return mine.load(id);
      },
    };
    const before = listeners();
    await expect(resumable(new Steps(), { id: 'a', store, args: ['hello'] })).rejects.toMatchObject({
      code: 'STORE_BUSY',
    });
    expect(loaded).toBe(false);
    await expect.poll(listeners).toEqual(before);
    await holder.release('a');
    const { outcome } = await resumable(new Steps(), { id: 'a', store, args: ['hello'] });
    expect((await outcome).status).toBe('finished');
    // It has given the run back.
    await holder.acquire('a');
    await holder.release('a');
  });

  test('a store that cannot be read, or that has no `acquire`, is as good as with start()', async () => {
    const saved = new Map<string, any>();
    const store = {
      save: async (id: string, checkpoint: unknown) => void saved.set(id, structuredClone(checkpoint)),
      load: async (id: string) => {
        if (id === 'broken') throw new Error('the disk is gone');
        return saved.get(id);
      },
      list: async () => [],
      delete: async () => {},
    };
    const tell = () => {};
    const before = listeners();
    await expect(resumable(new Steps(), { id: 'broken', store, args: ['x'], tell })).rejects.toThrow(
      'the disk is gone',
    );
    const first = resumable(new Steps(), { id: 'a', store, args: ['x'], tell });
    await expect(resumable(new Steps(), { id: 'a', store, args: ['x'], tell })).rejects.toMatchObject({
      code: 'STORE_BUSY',
    });
    expect((await (await first).outcome).output).toBe('x 3');
    expect((await (await resumable(new Steps(), { id: 'a', store, args: ['x'], tell })).outcome).output).toBe('x 3');
    await expect(resumable(new Steps(), { id: 'broken', store, args: ['x'], tell })).rejects.toThrow(
      'the disk is gone',
    );
    await expect.poll(listeners).toEqual(before);
  });
});

test('the types of output and arguments are those of the loop', () => {
  const store = memoryStore();
  const starts = () => [
    resumable(new Steps(), { id: 'a', store, args: ['hello'] }),
    resumable(new Tree(), { id: 'a', store }),
    // @ts-expect-error the hooks have a parameter
    resumable(new Steps(), { id: 'a', store }),
    // @ts-expect-error of another type
    resumable(new Steps(), { id: 'a', store, args: [1] }),
    // @ts-expect-error what it goes on from is loaded
    resumable(new Tree(), { id: 'a', store, from: undefined }),
    // @ts-expect-error without an id it could not be found again
    resumable(new Tree(), { store }),
  ];
  expectTypeOf(starts).toBeFunction();
  const one = async () => (await (await resumable(new Steps(), { id: 'a', store, args: ['hello'] })).outcome).output;
  expectTypeOf(one).returns.resolves.toEqualTypeOf<string | undefined>();
});

test.for<[string, object]>([
  ['`id` to be a string that is not empty, got `""`', { id: '' }],
  ['`id` to be a string that is not empty, got `undefined`', { id: undefined }],
  ['`store` to have save and load, got `{}`', { store: {} }],
  ['`tell` to be a function, got `"loudly"`', { tell: 'loudly' }],
  [
    'options among args, migrate, store, every, durability, inspect, signal, id, paused, tell, got `"evry"`',
    { evry: 1 },
  ],
  ['leave out `from`', { from: undefined }],
  ['`every` to be', { every: 'day' }],
])('bad options are refused by name: %s', async ([text, wrong]) => {
  const before = listeners();
  const options = { id: 'a', store: memoryStore(), args: ['hello'], ...wrong };
  await expect(resumable(new Steps(), options as never)).rejects.toMatchObject({
    code: 'MISCONFIGURATION',
    message: expect.stringContaining(text),
  });
  await expect(resumable({} as never, options as never)).rejects.toThrow('resumable expected a loop');
  await expect.poll(listeners).toEqual(before);
});

describe.skipIf(process.platform === 'win32')('signals', () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const file = join(import.meta.dirname, 'programs/resumable.ts');

  /** Starts the program. Once it has written what stands in front of a signal, it gets that, one after the other. */
  async function start(directory: string, what: string[], ...signals: [at: string, signal: NodeJS.Signals][]) {
    const args = [`--import=${tsx}`, '--conditions=loopchart-source', file, join(scratch, directory), ...what];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (more: string) => {
        text[stream] += more;
        const [next] = signals;
        if (next === undefined || !text[stream].includes(next[0])) return;
        signals.shift();
        child.kill(next[1]);
      });
    }
    const [code] = await once(child, 'close');
    return { code, lines: text.stdout.trimEnd().split('\n'), errors: text.stderr };
  }

  const rowsOf = (...starts: { lines: string[] }[]) =>
    starts.flatMap(({ lines }) => lines.filter((line) => /^a \d$/.test(line)));

  test('SIGINT and SIGTERM suspend, the exit code says which, and the next start goes on', async () => {
    const first = await start('plain', [], ['a 2', 'SIGINT']);
    expect(first.code).toBe(130);
    expect(first.lines.slice(-2)).toEqual(['suspended  130', 'listeners 0 0']);
    expect(first.errors).toMatch(/^a: suspended: SIGINT, after \d steps\. Started again, it goes on from there\.\n$/);

    const second = await start('plain', [], ['a 4', 'SIGTERM']);
    expect(second.code).toBe(143);
    expect(second.errors).toMatch(/^a: goes on in rows, after \d steps\.\na: suspended: SIGTERM, /);

    const third = await start('plain', []);
    expect(third).toMatchObject({ code: 0, errors: expect.stringMatching(/^a: goes on in rows, after \d steps\.\n$/) });
    expect(rowsOf(first, second, third)).toEqual(['a 1', 'a 2', 'a 3', 'a 4', 'a 5', 'a 6']);
    expect(third.lines).toContain('finished a: 6 rows 0');
  }, 60_000);

  test('a second one ends the process at once, with what was saved last', async () => {
    const first = await start('second', ['hangs'], ['hangs', 'SIGINT'], ['A second one', 'SIGTERM']);
    expect(first.code).toBe(143);
    expect(first.lines).toEqual(['a 1', 'a 2', 'hangs']);
    expect(first.errors).toBe(
      'a: SIGINT; waits for the step in flight: rows (advancing). A second one ends the program at once.\n',
    );
    const next = await start('second', []);
    expect(next.errors).toBe('a: goes on in rows, after 2 steps.\n');
    expect(rowsOf(next)).toEqual(['a 3', 'a 4', 'a 5', 'a 6']);
  }, 60_000);

  test('who listens as well is called, and has the end of the process to itself', async () => {
    const polite = await start('listens', ['listens'], ['a 2', 'SIGINT']);
    expect(polite.code).toBe(130);
    expect(polite.lines.filter((line) => line === 'mine as well')).toHaveLength(1);
    expect(polite.lines.slice(-2)).toEqual(['suspended  130', 'listeners 1 0']);

    const first = await start('abort', ['listens', 'hangs'], ['hangs', 'SIGINT'], ['A second one', 'SIGINT']);
    expect(first.lines.slice(-4)).toEqual(['mine as well', 'mine as well', 'aborted  130', 'listeners 1 0']);
    expect(first.code).toBe(130);
    expect(first.errors).toMatch(/\na: aborted, after 2 steps\.\n.*a second signal, SIGINT, before it was saved\.\n$/);
    expect((await start('abort', [])).errors).toBe('a: goes on in rows, after 2 steps.\n');
  }, 60_000);

  test('several runs of one process are suspended together', async () => {
    const both = await start('both', ['two'], ['b 2', 'SIGINT']);
    expect(both.code).toBe(130);
    expect(both.lines.slice(-3)).toEqual(['suspended  130', 'suspended  130', 'listeners 0 0']);
    const next = await start('both', ['two']);
    expect(next.errors).toMatch(/^[ab]: goes on in rows, after \d steps\.\n[ab]: goes on in rows, after \d steps\.\n$/);
    expect(next.lines).toEqual(expect.arrayContaining(['finished a: 6 rows 0', 'finished b: 6 rows 0']));
  }, 60_000);

  test('a failure ends with 1, and its error is told', async () => {
    const failed = await start('fails', ['fails']);
    expect(failed.code).toBe(1);
    expect(failed.errors).toMatch(/^a: failed, after 2 steps\.\nTypeError: the line is down\n/);
  }, 60_000);

  test('one that comes before the run has begun ends it before its first hook', async () => {
    let open!: () => void;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const store = memoryStore();
    const slow = { ...store, load: async (id: string) => await gate.then(() => store.load(id)) };
    const before = listeners();
    const { told, tell } = teller();
    const loop = new Steps();
    loop.before = () => {
      throw new Error('no step is taken');
    };
    const starting = resumable(loop, { id: 'a', store: slow, args: ['hello'], tell });
    await new Promise(setImmediate);
    // As Node does when the signal comes: of this process, the tests' runner must not get one.
    process.emit('SIGTERM', 'SIGTERM');
    open();
    const { outcome } = await starting;
    expect(await outcome).toMatchObject({ status: 'aborted', exitCode: 143 });
    expect(told).toEqual(['a: aborted, after 0 steps.\nThe run was ended by SIGTERM before it went on.\n']);
    await expect.poll(listeners).toEqual(before);
    const { outcome: whole } = await resumable(new Steps(), { id: 'a', store, args: ['hello'], tell });
    expect((await whole).output).toBe('hello 3');
  });

  test('a run that cannot be saved ends with the error', async () => {
    const store = memoryStore();
    const full = {
      ...store,
      save: async () => {
        throw new Error('the disk is full');
      },
    };
    const { told, tell } = teller();
    const loop = new Steps();
    loop.before = () => void process.emit('SIGINT', 'SIGINT');
    const { outcome } = await resumable(loop, { id: 'a', store: full, every: 'run', args: ['hello'], tell });
    expect(await outcome).toMatchObject({ status: 'aborted', exitCode: 1 });
    expect(told[0]).toMatch(/^a: aborted, after 1 step\.\nError: the disk is full\n/);
  });
});
