import { type Checkpoint, type CheckpointStore, Loop, LoopError, type LoopRun, memoryStore } from 'loopchart';
import { describe, expect, test, vi } from 'vitest';
import { runProgram } from './support/program.ts';

/** A turn of the event loop. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** Lets the run go on until nothing of it runs, however many turns that takes. */
async function quiet(run: LoopRun<unknown>): Promise<void> {
  while (run.waitingFor.length > 0) await turn();
}

function gate() {
  let open!: () => void;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

const never = new Promise<never>(() => {});

class Count extends Loop<number> {
  override state = { n: 0 };
  readonly limit: number;

  constructor(limit = 3) {
    super();
    this.limit = limit;
  }

  get done() {
    return this.state.n >= this.limit;
  }

  reset() {
    if (!this.restarting) this.state.n = 0;
  }

  async advance() {
    this.state.n++;
  }

  override onRunEnd() {
    return this.state.n;
  }
}

class CountNow extends Count {
  override advance(): any {
    this.state.n++;
  }
}

class Both extends Loop<number[]> {
  override state = { outputs: [] as number[] };
  a: Count;
  b: Count;
  readonly limit: number;

  constructor(a: Count, b: Count, limit = 1) {
    super();
    this.a = a;
    this.b = b;
    this.limit = limit;
  }

  get done() {
    return this.state.outputs.length >= 2 * this.limit;
  }

  reset() {}

  async advance() {
    this.state.outputs.push(...(await Promise.all([this.a.run(), this.b.run()])));
  }

  override onRunEnd() {
    return this.state.outputs;
  }
}

class InTurn extends Both {
  override async advance() {
    const a = await this.a.run();
    this.state.outputs.push(a, await this.b.run());
  }
}

/** What the hooks of the two loops below tell, and what one of them does when it comes to its place. */
interface Script {
  log: string[];
  place: string;
  act: () => void;
  acted: boolean;
  /** Hooks take a turn of the event loop. */
  slow: boolean;
  /** The step of `Outer` that runs, which tells whether `Inner` is skipped. */
  outer: number;
  /** Steps of `Inner`. */
  taken: number;
}

function hit(script: Script, line: string): void {
  script.log.push(line);
  if (script.acted || script.place !== line) return;
  script.acted = true;
  script.act();
  script.log.push('*');
}

abstract class Staged extends Loop<string> {
  override state = { n: 0, told: '' };
  readonly script: Script;
  abstract readonly name: string;

  constructor(script: Script) {
    super();
    this.script = script;
  }

  hook(name: string): any {
    hit(this.script, `${this.name}.${name}`);
    return this.script.slow ? turn() : undefined;
  }

  get done() {
    hit(this.script, `${this.name}.done${this.state.n}`);
    return this.state.n >= 2;
  }

  override get skip() {
    hit(this.script, `${this.name}.skip`);
    return false;
  }

  reset() {
    if (!this.restarting) this.state = { n: 0, told: '' };
    return this.hook('reset');
  }

  override onRunStart() {
    return this.hook('onRunStart');
  }

  override onAdvanceStart() {
    return this.hook(`onAdvanceStart${this.state.n}`);
  }

  override onAdvanceEnd() {
    return this.hook(`onAdvanceEnd${this.state.n}`);
  }

  advance(): any {
    this.state.n++;
    return this.hook(`advance${this.state.n}`);
  }

  override async onRunEnd() {
    await this.hook('onRunEnd');
    return `${this.name}${this.state.n}${this.state.told}`;
  }

  override async onSkip() {
    await this.hook('onSkip');
    return 'skipped';
  }
}

class Inner extends Staged {
  readonly name = 'inner';

  override get skip() {
    hit(this.script, 'inner.skip');
    return this.script.outer === 2;
  }
}

class Outer extends Staged {
  readonly name = 'outer';
  inner: Inner;

  constructor(script: Script) {
    super(script);
    this.inner = new Inner(script);
  }

  override async advance() {
    this.script.outer = ++this.state.n;
    await this.hook(`advance${this.state.n}`);
    this.state.told += ` ${await this.inner.run()}`;
  }
}

function makeScript(place: string, slow: boolean): Script {
  return { log: [], place, act: () => {}, acted: false, slow, outer: 0, taken: 0 };
}

/** The same two loops as plain loops. Yields before each step; `stops`: the act is a stop, which is looked for there. */
function* plain(script: Script, stops = false): Generator<void> {
  function* loop(name: string, advance: ((n: number) => Generator<void>) | undefined): Generator<void> {
    hit(script, `${name}.skip`);
    if (name === 'inner' && script.outer === 2) return hit(script, 'inner.onSkip');
    hit(script, `${name}.reset`);
    hit(script, `${name}.onRunStart`);
    hit(script, `${name}.done0`);
    for (let n = 0; n < 2 && !(stops && script.acted); ) {
      yield;
      hit(script, `${name}.onAdvanceStart${n}`);
      n++;
      if (name === 'outer') script.outer = n;
      hit(script, `${name}.advance${n}`);
      if (advance === undefined) script.taken++;
      else yield* advance(n);
      hit(script, `${name}.onAdvanceEnd${n}`);
      hit(script, `${name}.done${n}`);
    }
    hit(script, `${name}.onRunEnd`);
  }
  yield* loop('outer', () => loop('inner', undefined));
}

function whole(place: string): string[] {
  const script = makeScript(place, false);
  for (const _ of plain(script));
  return script.log;
}

/** Every place in a run of the two loops where a hook may call a control. */
const everywhere = [...new Set(whole(''))];
const uninterrupted = 'outer2 inner2 skipped';

/** Before the constructor of the run has returned, nobody has it: the hooks of the root that complete at once are not in it. */
function places(slow: boolean): string[] {
  const early = ['outer.skip', 'outer.reset', 'outer.onRunStart', 'outer.done0'];
  return everywhere.filter((place) => !(slow ? early.slice(0, 2) : early).includes(place));
}

const speeds = [
  { slow: false, watched: false },
  { slow: false, watched: true },
  { slow: true, watched: false },
];
const ways = ['method', 'event'] as const;

function each(body: (place: string, way: (typeof ways)[number], begin: Begin) => Promise<void>) {
  return async () => {
    const failures: string[] = [];
    for (const { slow, watched } of speeds) {
      for (const place of places(slow)) {
        for (const way of ways) {
          try {
            await body(place, way, (act) => beginRun(place, slow, watched, act));
          } catch (error) {
            const where = `${way} at ${place}, ${slow ? 'slow' : 'at once'}, ${watched ? 'watched' : 'unwatched'}`;
            failures.push(`${where}: ${(error as Error).message}`);
          }
        }
      }
    }
    expect(failures).toEqual([]);
  };
}

type Begin = (act: (run: LoopRun<string>) => void) => ReturnType<typeof beginRun>;

function beginRun(place: string, slow: boolean, watched: boolean, act: (run: LoopRun<string>) => void) {
  const script = makeScript(place, slow);
  let began!: () => void;
  const acted = new Promise<void>((resolve) => {
    began = resolve;
  });
  const loop = new Outer(script);
  const run: LoopRun<string> = loop.start(watched ? { inspect: () => {} } : {});
  const { outcome } = run;
  script.act = () => {
    act(run);
    began();
  };
  return { run, outcome, loop, script, acted, log: script.log };
}

describe('from within a hook, wherever it is', () => {
  test('the hooks run as those of plain loops', async () => {
    for (const { slow, watched } of speeds) {
      const { run, log } = beginRun('', slow, watched, () => {});
      expect(await run.output).toBe(uninterrupted);
      expect(log).toEqual(whole(''));
    }
  });

  test(
    'pause: the innermost loop finishes its step, then everything waits, and resume goes on as if nothing had happened',
    each(async (place, way, begin) => {
      const { run, acted, log } = begin((run) => {
        if (way === 'event') return run.actor.send({ type: 'loop.pause' });
        void run.pause();
        void run.pause();
      });
      await acted;
      await quiet(run);

      const expected = makeScript(place, false);
      const plainRun = plain(expected);
      while (plainRun.next().done !== true && !expected.acted);
      expect(log).toEqual(expected.log);
      await turns(3);
      expect(log).toEqual(expected.log);

      if (way === 'event') run.actor.getSnapshot().status === 'active' && run.actor.send({ type: 'loop.resume' });
      else run.resume();
      run.resume();
      expect(await run.outcome).toEqual({ status: 'finished', output: uninterrupted, steps: 2 });
      expect(log).toEqual(whole(place));
    }),
  );

  test(
    'stop: steps in flight are finished, children begun after it take none, hooks and outputs are as normal',
    each(async (place, way, begin) => {
      const { run, log, acted } = begin((run) => {
        if (way === 'event') return run.actor.send({ type: 'loop.stop', reason: 'enough' });
        void run.stop('enough');
        void run.stop('again');
      });
      await acted;
      const outcome = await run.outcome;
      const script = makeScript(place, false);
      for (const _ of plain(script, true));
      expect(log).toEqual(script.log);
      expect(outcome).toMatchObject({ status: 'stopped', reason: 'enough' });
      expect(outcome.output).toMatch(/^outer/);
    }),
  );

  test(
    'abort: nothing more runs, signals abort, and the output rejects with the reason',
    each(async (_, way, begin) => {
      const reason = new Error('enough');
      let signals: AbortSignal[] = [];
      const loops = begin((run) => {
        signals = [loops.loop, loops.loop.inner].filter((one) => one.running).map((one) => one.signal);
        if (way === 'event') return run.actor.send({ type: 'loop.abort', reason });
        run.abort(reason);
        run.abort(new Error('again'));
      });
      const { run, log, acted } = loops;
      await acted;
      await turns(3);
      expect(log.slice(log.indexOf('*') + 1)).toEqual([]);
      expect(await run.outcome).toMatchObject({ status: 'aborted', reason, error: reason });
      expect(signals.map((signal) => [signal.aborted, signal.reason])).toEqual(signals.map(() => [true, reason]));
    }),
  );
});

describe('suspend', () => {
  test(
    'from within a hook, wherever it is: another process goes on and comes to the same end',
    each(async (_, way, begin) => {
      if (way === 'event') return;
      let checkpoint!: Promise<Checkpoint>;
      const { run, acted, outcome } = begin((run) => {
        checkpoint = run.suspend('for now');
        expect(run.suspend('again')).toBe(checkpoint);
      });
      await acted;
      const { status, reason, output, error } = await outcome;
      if (status === 'finished') {
        expect(output).toBe(uninterrupted);
        await expect(checkpoint).rejects.toMatchObject({ code: 'RUN_ENDED' });
        return;
      }
      expect([status, reason]).toEqual(['suspended', 'for now']);
      expect(error).toMatchObject({ code: 'SUSPENDED', path: 'outer' });
      const loop = new Outer(makeScript('', false));
      const from = JSON.parse(JSON.stringify(await checkpoint)) as Checkpoint;
      expect(await loop.start({ from }).outcome).toEqual({ status: 'finished', output: uninterrupted, steps: 2 });
      expect(run.id).toBe(from.runId);
    }),
  );

  test('without a store it gives the checkpoint, and the actors are gone', async () => {
    const loop = new Count(Infinity);
    const run = loop.start({ id: 'mine' });
    await turn();
    const checkpoint = await run.suspend();
    expect(checkpoint).toMatchObject({ format: 1, loop: 'Count', runId: 'mine' });
    expect(run.actor.getSnapshot().status).toBe('stopped');
    expect(loop.running).toBe(false);
    const { n } = loop.state;
    await turns(3);
    expect(loop.state.n).toBe(n);
    await expect(run.output).rejects.toThrow('count: was suspended. Go on with start({ from: checkpoint }).');
  });

  test('a run that is suspended is saved, also with durability exit, and the same loops may go on', async () => {
    const store = memoryStore();
    const loop = new InTurn(new Count(2), new Count(2), 2);
    const run = loop.start({ id: 'a', store, durability: 'exit', paused: true });
    await run.step(3);
    await run.suspend('a reason');
    const from = (await store.load('a'))!;
    expect(from.position).toEqual({ steps: 3, loops: { inTurn: 0, 'inTurn.b': 1 } });
    expect(await loop.start({ from }).output).toEqual([2, 2, 2, 2]);
  });

  test('children that run in parallel are each suspended at a boundary', async () => {
    const run = new Both(new Count(4), new Count(6)).start({ paused: true });
    await run.step(2);
    const from = JSON.parse(JSON.stringify(await run.suspend())) as Checkpoint;
    expect(from.position).toEqual({ steps: 4, loops: { both: 0, 'both.a': 2, 'both.b': 2 } });
    const next = new Both(new Count(4), new Count(6)).start({ from });
    expect(await next.outcome).toEqual({ status: 'finished', output: [4, 6], steps: 1 });
    expect(next.progress.steps).toBe(10);
  });

  test('a run that is paused', async () => {
    const run = new Count(5).start({ paused: true });
    await run.step(2);
    expect((await run.suspend()).stateDict).toEqual({ state_dict: { n: 2 } });
  });

  test('what is resumed while it is being saved runs no step that the checkpoint does not know of', async () => {
    const saved = gate();
    const saves: Checkpoint[] = [];
    const store: CheckpointStore = {
      ...memoryStore(),
      async save(_, checkpoint) {
        await saved.promise;
        saves.push(checkpoint);
      },
    };
    const loop = new Count(Infinity);
    const run = loop.start({ store, every: 'run' });
    await turn();
    const suspended = run.suspend();
    await quiet(run);
    run.resume();
    await turns(3);
    saved.open();
    await suspended;
    expect(saves.at(-1)!.stateDict).toEqual({ state_dict: loop.state });
  });

  test('a save that fails leaves the run as it was: paused, and it can go on', async () => {
    const store: CheckpointStore = { ...memoryStore(), save: () => Promise.reject(new Error('no space left')) };
    const run = new Count(3).start({ store, durability: 'exit', paused: true });
    await run.step();
    await expect(run.suspend()).rejects.toThrow('no space left');
    expect(run.actor.getSnapshot()).toMatchObject({ status: 'active', value: 'paused' });
    run.resume();
    expect(await run.outcome).toMatchObject({ status: 'failed', error: new Error('no space left') });
  });
});

describe('step', () => {
  test('takes steps of the innermost loop, whichever that is', async () => {
    for (const { slow, watched } of speeds) {
      for (let n = 1; n <= 4; n++) {
        const script = makeScript('', slow);
        const run = new Outer(script).start({ paused: true, ...(watched ? { inspect: () => {} } : {}) });
        const expected = makeScript('', false);
        const plainRun = plain(expected);
        await quiet(run);
        plainRun.next();
        expect(script.log).toEqual(expected.log);
        for (let budget = n; ; budget += n) {
          await run.step(n);
          let ended: boolean | undefined;
          while (expected.taken < budget && !ended) ended = plainRun.next().done;
          expect(script.log).toEqual(expected.log);
          if (ended) break;
        }
        expect(await run.output).toBe(uninterrupted);
      }
    }
  });

  test('what an ended child did not take is for the next', async () => {
    const run = new InTurn(new Count(2), new Count(4), 3).start({ paused: true });
    await run.step(3);
    expect(run.progress.loops.map(({ path, value, state }) => [path, value, state])).toEqual([
      ['inTurn', 'advancing', { outputs: [] }],
      ['inTurn.b', 'paused', { n: 1 }],
    ]);
    await run.step(5);
    expect(run.progress.loops.map(({ path, value, state }) => [path, value, state])).toEqual([
      ['inTurn', 'advancing', { outputs: [2, 4] }],
      ['inTurn.b', 'paused', { n: 0 }],
    ]);
    await run.step(100);
    expect(await run.output).toEqual([2, 4, 2, 4, 2, 4]);
  });

  test('where several run in parallel, each takes them', async () => {
    const loop = new Both(new Count(4), new CountNow(7));
    const run = loop.start({ paused: true });
    await run.step(2);
    expect([loop.a.state, loop.b.state]).toEqual([{ n: 2 }, { n: 2 }]);
    await run.step(1);
    expect([loop.a.state, loop.b.state]).toEqual([{ n: 3 }, { n: 3 }]);
    run.actor.send({ type: 'loop.step', n: 3 });
    await quiet(run);
    expect([loop.a.state, loop.b.state, loop.a.running]).toEqual([{ n: 4 }, { n: 6 }, false]);
    run.resume();
    expect(await run.output).toEqual([4, 7]);
  });

  test('in a run that is not paused it counts from where the run is, at both speeds', async () => {
    for (const watched of [false, true]) {
      for (const Class of [Count, CountNow]) {
        let stepped: Promise<void> | undefined;
        class Stepper extends Class {
          override advance() {
            if (this.state.n === 10) stepped = run.step(5);
            return super.advance();
          }
        }
        const loop = new Stepper(1000);
        const run: LoopRun<number> = loop.start(watched ? { inspect: () => {} } : {});
        while (stepped === undefined) await turn();
        await stepped;
        // The step that asked is the first of them.
        expect([watched, Class.name, loop.state.n]).toEqual([watched, Class.name, 15]);
        run.abort();
        await run.outcome;
      }
    }
  });

  test('resolves when the run ends first, and after it has ended', async () => {
    const run = new Count(2).start({ paused: true });
    await run.step(10);
    await run.step();
    expect(await run.outcome).toEqual({ status: 'finished', output: 2, steps: 2 });
  });

  test('takes a whole number from 1 up', () => {
    const run = new Count(2).start({ paused: true });
    for (const n of [0, -1, 1.5, Number.NaN, '1' as never]) {
      expect(() => run.step(n)).toThrow(`Expected the number of steps to be a whole number from 1 up, got \`${n}\`.`);
    }
    run.resume();
    return run.output;
  });
});

describe('from outside', () => {
  test('a sync loop of many steps is paused, takes steps, goes on, is stopped', async () => {
    for (const watched of [false, true]) {
      const loop = new CountNow(Infinity);
      const run = loop.start(watched ? { inspect: () => {} } : {});
      await turn();
      await run.pause();
      const { n } = loop.state;
      expect(n).toBeGreaterThan(0);
      await turns(3);
      expect(loop.state.n).toBe(n);
      expect(run.progress).toEqual({
        steps: n,
        loops: [{ path: 'countNow', value: 'paused', steps: n, state: { n } }],
      });
      await run.step(7);
      expect(loop.state.n).toBe(n + 7);
      await Promise.all([run.pause(), run.pause()]);
      expect(loop.state.n).toBe(n + 7);
      run.resume();
      run.resume();
      await turn();
      const outcome = await run.stop('enough');
      expect(outcome).toEqual({ status: 'stopped', reason: 'enough', output: loop.state.n, steps: loop.state.n });
      expect(loop.state.n).toBeGreaterThan(n + 7);
    }
  });

  test('stop between two steps takes none', async () => {
    for (const Class of [Count, CountNow]) {
      const loop = new Class(Infinity);
      const run = loop.start({ inspect: () => {} });
      await turn();
      const { n } = loop.state;
      await run.stop();
      expect(loop.state.n).toBe(n);
    }
  });

  test('paused: true waits before the first step, of a child as well, and stop ends it there', async () => {
    const loop = new InTurn(new Count(2), new Count(2));
    const run = loop.start({ paused: true });
    await quiet(run);
    expect(run.progress.loops).toEqual([{ path: 'inTurn', value: 'paused', steps: 0, state: { outputs: [] } }]);
    await run.pause();
    expect(await run.stop('not today')).toEqual({ status: 'stopped', reason: 'not today', output: [], steps: 0 });
    expect(loop.a.state.n).toBe(0);
  });

  test('paused: true of a loop without a step ends', async () => {
    expect(await new Count(0).start({ paused: true }).outcome).toEqual({ status: 'finished', output: 0, steps: 0 });
  });

  test('paused: true with a checkpoint waits before the next step', async () => {
    const first = new InTurn(new Count(3), new Count(3)).start({ paused: true });
    await first.step(4);
    const from = await first.suspend();
    const loop = new InTurn(new Count(3), new Count(3));
    const run = loop.start({ from, paused: true });
    await quiet(run);
    expect(run.progress.loops[1]).toEqual({ path: 'inTurn.b', value: 'paused', steps: 1, state: { n: 1 } });
    await run.step();
    expect(loop.b.state).toEqual({ n: 2 });
    run.resume();
    expect(await run.output).toEqual([3, 3]);
  });

  test('all of them may be called again, and when the run has ended', async () => {
    for (const end of [
      (_: LoopRun<number>) => {},
      (run: LoopRun<number>) => void run.stop(),
      (run: LoopRun<number>) => void run.suspend(),
      (run: LoopRun<number>) => run.abort(),
    ]) {
      const run = new Count(100).start();
      await turn();
      end(run);
      end(run);
      const outcome = await run.outcome;
      await run.pause();
      run.resume();
      await run.step();
      run.abort(new Error('too late'));
      expect(await run.stop('too late')).toBe(outcome);
      if (outcome.status !== 'suspended') await expect(run.suspend()).rejects.toMatchObject({ code: 'RUN_ENDED' });
      expect(await run.outcome).toBe(outcome);
      expect(run.waitingFor).toEqual([]);
    }
  });

  test('a step of a paused child ends with the run when that is aborted', async () => {
    const run = new InTurn(new Count(5), new Count(5)).start({ paused: true });
    await run.step(2);
    const [stepped, checkpoint, output] = [run.step(1000), run.checkpoint(), run.output];
    run.abort('a reason');
    await stepped;
    await expect(checkpoint).rejects.toMatchObject({ code: 'RUN_ENDED' });
    await expect(output).rejects.toBe('a reason');
  });
});

describe('parallel children', () => {
  test('pause, resume and stop reach each of them', async () => {
    const loop = new Both(new Count(Infinity), new CountNow(Infinity), 5);
    const run = loop.start();
    await turn();
    await run.pause();
    const counts = [loop.a.state.n, loop.b.state.n];
    expect(Math.min(...counts)).toBeGreaterThan(0);
    await turns(3);
    expect([loop.a.state.n, loop.b.state.n]).toEqual(counts);
    run.resume();
    await turns(2);
    const { output, status } = await run.stop();
    expect(status).toBe('stopped');
    expect(output).toEqual([loop.a.state.n, loop.b.state.n]);
    expect(output![0]).toBeGreaterThan(counts[0]!);
    expect(output![1]).toBeGreaterThan(counts[1]!);
  });

  test('abort ends them and their signals, and nothing of them runs on', async () => {
    const loop = new Both(new Count(Infinity), new CountNow(Infinity));
    const run = loop.start();
    await turn();
    const signals = [loop.signal, loop.a.signal, loop.b.signal];
    const reason = new Error('enough');
    run.abort(reason);
    const counts = [loop.a.state.n, loop.b.state.n];
    expect(await run.outcome).toEqual({ status: 'aborted', reason, error: reason, steps: 0 });
    await turns(3);
    expect([loop.a.state.n, loop.b.state.n]).toEqual(counts);
    expect(signals.map((signal) => signal.reason)).toEqual([reason, reason, reason]);
    expect([loop.running, loop.a.running, loop.b.running]).toEqual([false, false, false]);
  });

  test('a branch of a step that goes on when its run is over runs no child', async () => {
    class Branches extends Both {
      said: unknown;
      override async advance() {
        const branch = (async () => {
          await turns(5);
          this.said = await this.b.run().catch((error) => error);
        })();
        await turns(2);
        run.abort('enough');
        await branch;
      }
    }
    const loop = new Branches(new Count(3), new Count(3));
    const run: LoopRun<number[]> = loop.start();
    expect((await run.outcome).status).toBe('aborted');
    await turns(10);
    expect([loop.said, loop.b.state.n, loop.b.running]).toEqual(['enough', 0, false]);
  });

  test('one that fails ends the others', async () => {
    class Failing extends Count {
      override async advance() {
        if (++this.state.n === 3) throw new Error('lost');
      }
    }
    const loop = new Both(new CountNow(Infinity), new Failing(Infinity));
    const run = loop.start();
    expect(await run.outcome).toMatchObject({ status: 'failed', error: new Error('lost') });
    const { n } = loop.a.state;
    await turns(3);
    expect(loop.a.state.n).toBe(n);
    expect(loop.a.running).toBe(false);
  });
});

describe('a hook that never resolves', () => {
  const hooks = ['reset', 'onRunStart', 'onAdvanceStart', 'advance', 'onAdvanceEnd', 'onRunEnd', 'onSkip'] as const;
  const values = { reset: 'resetting', onRunStart: 'starting', onRunEnd: 'ending', onSkip: 'skipped' };

  for (const hook of hooks) {
    test(`${hook}: all wait and say for what, abort ends it`, async () => {
      class Stuck extends Count {
        aborted = false;
        override get skip() {
          return hook === 'onSkip';
        }
      }
      Object.assign(Stuck.prototype, {
        [hook](this: Stuck) {
          this.signal.addEventListener('abort', () => {
            this.aborted = true;
          });
          return never;
        },
      });
      for (const under of [false, true]) {
        const stuck = new Stuck(1);
        const loop = under ? new InTurn(new Count(1), stuck) : stuck;
        const run = loop.start() as LoopRun<unknown>;
        const settled: string[] = [];
        const told = (name: string) => [() => settled.push(name), () => settled.push(`${name} rejected`)] as const;
        await turn();
        void run.pause().then(...told('pause'));
        void run.step().then(...told('step'));
        void run.checkpoint().then(...told('checkpoint'));
        void run.suspend().then(...told('suspend'));
        void run.stop().then(...told('stop'));
        await turns(5);
        expect(settled).toEqual([]);
        const value = hook in values ? values[hook as keyof typeof values] : 'advancing';
        expect(run.waitingFor).toEqual([`${under ? 'inTurn.b' : 'stuck'} (${value})`]);
        run.abort('at last');
        expect(await run.outcome).toMatchObject({ status: 'aborted', reason: 'at last' });
        await turn();
        expect(settled.sort()).toEqual(['checkpoint rejected', 'pause', 'step', 'stop', 'suspend rejected']);
        expect(stuck.aborted).toBe(true);
        expect(run.waitingFor).toEqual([]);
        expect(stuck.running).toBe(false);
      }
    });
  }
});

describe('a signal', () => {
  test('that is aborted already: no hook runs', async () => {
    const script = makeScript('', false);
    const reason = new Error('before');
    const run = new Outer(script).start({ signal: AbortSignal.abort(reason) });
    expect(await run.outcome).toEqual({ status: 'aborted', reason, error: reason, steps: 0 });
    await turns(2);
    expect(script.log).toEqual([]);
  });

  test('that is aborted later ends the run, children too', async () => {
    const controller = new AbortController();
    const loop = new InTurn(new Count(2), new Count(Infinity));
    const run = loop.start({ signal: controller.signal });
    await turn();
    const { signal } = loop.b;
    controller.abort();
    expect(await run.outcome).toEqual({
      status: 'aborted',
      reason: controller.signal.reason,
      error: controller.signal.reason,
      steps: 0,
    });
    expect(signal.reason).toBe(controller.signal.reason);
  });

  test('that is aborted after the end changes nothing, and the run has let go of it', async () => {
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const run = new Count(2).start({ signal: controller.signal });
    const outcome = await run.outcome;
    await turn();
    expect(remove).toHaveBeenCalledOnce();
    controller.abort();
    expect(await run.outcome).toBe(outcome);
    expect(outcome).toEqual({ status: 'finished', output: 2, steps: 2 });
  });

  test('that many runs are given warns of nothing, and ends all of them', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => void warnings.push(warning);
    process.on('warning', listen);
    try {
      const controller = new AbortController();
      const runs = Array.from({ length: 30 }, () => new Count(3).start({ signal: controller.signal, paused: true }));
      await Promise.all(runs.slice(0, 10).map((run) => run.stop()));
      await turn();
      const reason = new Error('enough');
      controller.abort(reason);
      const outcomes = await Promise.all(runs.slice(10).map((run) => run.outcome));
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'aborted', reason });
      expect(warnings).toEqual([]);
    } finally {
      process.off('warning', listen);
    }
  });

  test("of the loop is there during a run only, and is not aborted by the run's end", async () => {
    const loop = new Count(2);
    expect(() => loop.signal).toThrow('count: `signal` belongs to a run, and the loop is not running.');
    const run = loop.start({ paused: true });
    const { signal } = loop;
    run.resume();
    await run.output;
    expect(signal.aborted).toBe(false);
    expect(() => loop.signal).toThrow(LoopError);
  });
});

describe('the outcome', () => {
  test('finished, with the reason of an end', async () => {
    class Ends extends Count {
      override async advance() {
        if (++this.state.n === 2) throw this.end('exhausted');
      }
    }
    expect(await new Count(2).start().outcome).toEqual({ status: 'finished', output: 2, steps: 2 });
    expect(await new Ends().start().outcome).toEqual({ status: 'finished', output: 2, reason: 'exhausted', steps: 1 });
  });

  test('skipped', async () => {
    class Skipped extends Count {
      override get skip() {
        return true;
      }
      override onSkip() {
        return -1;
      }
    }
    expect(await new Skipped().start().outcome).toEqual({ status: 'skipped', output: -1, steps: 0 });
  });

  test('stopped, with and without a reason', async () => {
    for (const reason of [undefined, 'enough', { code: 1 }]) {
      const run = new Count(Infinity).start({ paused: true });
      await run.step(2);
      const stopped = { status: 'stopped', output: 2, reason, steps: 2 };
      expect(await run.stop(reason)).toEqual(stopped);
      expect(await run.outcome).toEqual(stopped);
    }
  });

  test('aborted, with any reason, which output rejects with', async () => {
    for (const reason of [new TypeError('no'), 'enough', { code: 1 }, null, 0]) {
      const run = new Count(Infinity).start({ paused: true });
      await run.step(2);
      run.abort(reason);
      const { output } = run;
      await expect(output).rejects.toBe(reason);
      expect(await run.outcome).toEqual({ status: 'aborted', error: reason, reason, steps: 2 });
    }
    const run = new Count(Infinity).start({ paused: true });
    run.abort();
    expect(await run.outcome).toMatchObject({ status: 'aborted', error: { code: 'STOPPED', path: 'count' } });
    const sent = new Count(Infinity).start({ paused: true });
    sent.actor.send({ type: 'loop.abort' });
    expect(await sent.outcome).toMatchObject({ status: 'aborted', error: { code: 'STOPPED', path: 'count' } });
  });

  test('failed, with what the hook threw as it was', async () => {
    for (const thrown of [new TypeError('no'), 'a string', undefined, null, { code: 1 }]) {
      class Fails extends Count {
        override async advance() {
          if (++this.state.n === 3) throw thrown;
        }
      }
      for (const loop of [new Fails(Infinity), new InTurn(new Count(1), new Fails(Infinity))]) {
        const run = loop.start() as LoopRun<unknown>;
        const { output } = run;
        expect(
          await output.then(
            () => 'resolved',
            (error) => [error],
          ),
        ).toEqual([thrown]);
        const { status, error, steps } = await run.outcome;
        expect([status, error, steps]).toEqual(['failed', thrown, loop instanceof Fails ? 2 : 0]);
      }
    }
  });

  test('an actor that somebody stopped is an aborted run', async () => {
    const run = new Count(Infinity).start();
    await turn();
    run.actor.stop();
    expect(await run.outcome).toMatchObject({ status: 'aborted', error: { code: 'STOPPED' } });
  });

  test('is heard: nothing is unhandled where somebody asked; where nobody did, a failure is', async () => {
    const heard = await runProgram('unheard.ts');
    expect(heard).toEqual([
      { case: 'start, and nobody asks', unhandled: ['lost'] },
      { case: 'run, and nobody awaits it', unhandled: ['lost'] },
      { case: 'output, and nobody awaits it', unhandled: ['lost'] },
      { case: 'output is caught', unhandled: [] },
      { case: 'output is caught a turn later, before the end', unhandled: [] },
      { case: 'outcome', unhandled: [] },
      { case: 'stop', unhandled: [] },
      { case: 'suspend', unhandled: [] },
      { case: 'iteration', unhandled: [] },
      { case: 'a child, caught by its parent', unhandled: [] },
      { case: 'a child, whose parent does not wait for it', unhandled: [] },
      { case: 'a run that finishes, and nobody asks', unhandled: [] },
    ]);
  });
});

describe('progress', () => {
  test('can be iterated over: where the run stands each time it has changed, until it ends', async () => {
    const seen: number[] = [];
    const run = new InTurn(new Count(3), new Count(3)).start();
    for await (const { steps, loops } of run) {
      seen.push(steps);
      expect(loops[0]).toMatchObject({ path: 'inTurn' });
    }
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(6);
    expect((await run.outcome).status).toBe('finished');
    for await (const _ of run) expect.unreachable();
  });

  test('shows the last state also to who takes long over each', async () => {
    class Fails extends Count {
      override advance() {
        if (this.state.n === 5) throw new Error('lost');
        return super.advance();
      }
    }
    const runs: [start: () => LoopRun<unknown>, last: [number, string]][] = [
      [() => new Count(10).start(), [10, 'finished']],
      [() => new InTurn(new Count(3), new Count(3)).start({ inspect: () => {} }), [6, 'finished']],
      [() => new Count(10).start({ store: memoryStore(), every: 'step' }), [10, 'finished']],
      [() => new Fails(10).start({ inspect: () => {} }), [5, 'failed']],
    ];
    for (const [start, last] of runs) {
      const run = start();
      const seen: unknown[] = [];
      try {
        for await (const { steps, loops } of run) {
          seen.push([steps, loops[0]!.value]);
          // As long as the run takes, and longer.
          await run.outcome;
        }
      } catch (error) {
        expect(error).toMatchObject({ message: 'lost' });
      }
      expect(seen.at(-1)).toEqual(last);
    }
  });

  test('iteration that is left does not touch the run, and several may go on side by side', async () => {
    class Slow extends Count {
      override async advance() {
        await turn();
        this.state.n++;
      }
    }
    const run = new Slow(50).start({ inspect: () => {} });
    const read = async (most: number) => {
      let seen = 0;
      for await (const _ of run) if (++seen === most) break;
      return seen;
    };
    const [few, all] = await Promise.all([read(2), read(Infinity)]);
    expect(few).toBe(2);
    expect(all).toBeGreaterThan(2);
    expect(await run.output).toBe(50);
  });

  test('iteration throws what the run failed with or was aborted with; a stop and a suspend just end it', async () => {
    class Fails extends Count {
      override async advance() {
        throw new Error('lost');
      }
    }
    const read = async (run: LoopRun<unknown>) => {
      for await (const _ of run);
      return (await run.outcome).status;
    };
    await expect(read(new Fails().start())).rejects.toThrow('lost');
    for (const [end, status] of [
      [(run: LoopRun<number>) => void run.stop(), 'stopped'],
      [(run: LoopRun<number>) => void run.suspend(), 'suspended'],
    ] as const) {
      const run = new Count(Infinity).start();
      const reading = read(run);
      await turn();
      end(run);
      expect(await reading).toBe(status);
    }
    const run = new Count(Infinity).start();
    const reading = read(run);
    await turn();
    run.abort('enough');
    await expect(reading).rejects.toBe('enough');
  });
});

describe('saving', () => {
  /** Keeps every save; a save is done when `open` is called, if it is slow. */
  function ownStore(slow = false) {
    const saves: number[] = [];
    const log: string[] = [];
    const open: (() => void)[] = [];
    let inFlight = 0;
    const store: CheckpointStore = {
      async save(_, checkpoint) {
        expect(inFlight++).toBe(0);
        saves.push(checkpoint.position.steps);
        log.push(`save ${checkpoint.position.steps}`);
        if (slow) await new Promise<void>((resolve) => open.push(resolve));
        inFlight--;
      },
      load: async () => undefined,
      list: async () => [],
      delete: async () => {},
    };
    return { store, saves, log, open };
  }

  test('every step, every n steps, and at the end of the run only', async () => {
    for (const watched of [false, true]) {
      for (const Class of [Count, CountNow]) {
        for (const [every, expected] of [
          ['step', [1, 2, 3, 4, 5, 6, 7]],
          [{ steps: 1 }, [1, 2, 3, 4, 5, 6, 7]],
          [{ steps: 3 }, [3, 6, 7]],
          [{ steps: 7 }, [7]],
          [{ steps: 100 }, [7]],
          ['run', [7]],
        ] as const) {
          const { store, saves } = ownStore();
          const inspect = watched ? { inspect: () => {} } : {};
          await new Class(7).start({ store, every, durability: 'sync', ...inspect }).output;
          expect([every, saves]).toEqual([every, expected]);
        }
      }
    }
  });

  test('steps are those of innermost loops, of all that run', async () => {
    const { store, saves } = ownStore();
    await new InTurn(new Count(2), new Count(3), 2).start({ store, every: { steps: 4 }, durability: 'sync' }).output;
    expect(saves).toEqual([4, 8, 10]);

    // Side by side they do not wait for one another to count: a save may come a few steps late.
    const parallel = ownStore();
    await new Both(new Count(40), new Count(40)).start({
      store: parallel.store,
      every: { steps: 4 },
      durability: 'sync',
    }).output;
    const gaps = parallel.saves.map((steps, i) => steps - (parallel.saves[i - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(2 * 4);
    expect(parallel.saves.at(-1)).toBe(80);
  });

  test('every n milliseconds: at the next boundary once they have passed', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      for (const Class of [Count, CountNow]) {
        class Slow extends Class {
          override advance() {
            vi.advanceTimersByTime(10);
            return super.advance();
          }
        }
        const { store, saves } = ownStore();
        await new Slow(20).start({ store, every: { ms: 55 }, durability: 'sync', inspect: () => {} }).output;
        expect(saves).toEqual([6, 12, 18, 20]);
        const second = ownStore();
        await new Slow(250).start({ store: second.store, inspect: () => {} }).output;
        expect(second.saves).toEqual([100, 200, 250]);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  test('every n milliseconds, also after the clock of the machine was set back or forth', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    try {
      class Slow extends Count {
        override advance() {
          vi.advanceTimersByTime(10);
          if (this.state.n === 8) vi.setSystemTime(Date.now() - 3_600_000);
          if (this.state.n === 14) vi.setSystemTime(Date.now() + 7_200_000);
          return super.advance();
        }
      }
      const { store, saves } = ownStore();
      await new Slow(20).start({ store, every: { ms: 55 }, durability: 'sync', inspect: () => {} }).output;
      expect(saves).toEqual([6, 12, 18, 20]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('every n milliseconds, also where the clock was put in its place while the run went on', async () => {
    const { store, saves } = ownStore();
    const run = new Count(20).start({ store, every: { ms: 3_600_000 }, durability: 'sync', paused: true });
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      await run.step(3);
      expect(saves).toEqual([1]);
    } finally {
      vi.useRealTimers();
    }
    await run.stop();
  });

  describe('in a store that stands still', () => {
    const still = () => new Promise<never>(() => {});
    const reason = new Error('enough');

    test.each(['sync', 'async'] as const)(
      'does not hold up an abort (%s), nor the error of a step',
      async (durability) => {
        const { store, saves } = ownStore(true);
        const released: string[] = [];
        store.release = (id) => void released.push(id);
        const run = new Count(100).start({ store, id: 'run', every: 'step', durability });
        while (saves.length === 0) await turn();
        run.abort(reason);
        expect(await run.outcome).toMatchObject({ status: 'aborted', reason });
        // What is being written is still the run's.
        expect(released).toEqual([]);

        class Fails extends Count {
          override advance() {
            if (this.state.n === 1) throw reason;
            return super.advance();
          }
        }
        const failing = new Fails(100).start({ store: { ...store, save: still }, every: 'step', durability: 'async' });
        expect(await failing.outcome).toMatchObject({ status: 'failed', error: reason });
      },
    );

    test('releases the run when it has come to an end after all', async () => {
      const { store, saves, open } = ownStore(true);
      let released!: () => void;
      const release = new Promise<void>((resolve) => {
        released = resolve;
      });
      store.release = released;
      const run = new Count(100).start({ store, every: 'step', durability: 'sync' });
      while (saves.length === 0) await turn();
      run.abort(reason);
      await run.outcome;
      for (const done of open) done();
      await release;
      expect(saves).toEqual([1]);
    });

    test('ends the run that was stopped or has finished, once it is aborted', async () => {
      for (const end of ['stop', 'finish', 'suspend'] as const) {
        const { store, saves } = ownStore(true);
        const run = new Count(end === 'finish' ? 1 : 100).start({
          store,
          every: end === 'suspend' ? 'run' : 'step',
          durability: 'async',
          paused: end === 'suspend',
        });
        const suspended = end === 'suspend' ? run.suspend() : undefined;
        suspended?.catch(() => {});
        while (saves.length === 0) await turn();
        if (end === 'stop') void run.stop();
        while (end !== 'suspend' && run.waitingFor.length > 0) await turn();
        run.abort(reason);
        expect(await run.outcome).toMatchObject({ status: 'aborted', reason, error: reason });
        await expect(run.output).rejects.toBe(reason);
        if (suspended !== undefined) await expect(suspended).rejects.toMatchObject({ code: 'RUN_ENDED' });
      }
    });

    test('is no reason to call a run aborted that was saved in time', async () => {
      const { store, open } = ownStore(true);
      const run = new Count(1).start({ store, every: 'run' });
      while (open.length === 0) await turn();
      run.abort(reason);
      open[0]!();
      expect(await run.outcome).toMatchObject({ status: 'finished', output: 1 });
    });

    test('does not hold up an abort while it is acquired, nor the end while it is released', async () => {
      const told: string[] = [];
      let acquired!: () => void;
      const acquire = new Promise<void>((resolve) => {
        acquired = resolve;
      });
      const store = { ...memoryStore(), acquire: () => acquire, release: () => void told.push('released') };
      const run = new Count(3).start({ store });
      run.abort(reason);
      run.abort(new Error('again'));
      expect(await run.outcome).toMatchObject({ status: 'aborted', reason, steps: 0 });
      expect(told).toEqual([]);
      // What came too late is given back.
      acquired();
      await turn();
      expect(told).toEqual(['released']);

      const releasing = { ...memoryStore(), release: still };
      expect(await new Count(3).start({ store: releasing }).outcome).toMatchObject({ status: 'finished', output: 3 });
    });
  });

  test('sync: no step begins before the save of the last is done', async () => {
    const { store, log } = ownStore();
    const slow: CheckpointStore = {
      ...store,
      async save(id, checkpoint) {
        await turns(2);
        await store.save(id, checkpoint);
      },
    };
    class Logs extends Both {
      override async advance() {
        const run = async (loop: Count) => {
          const n = await loop.run();
          this.state.outputs.push(n);
        };
        await Promise.all([run(this.a), run(this.b)]);
      }
    }
    class Told extends Count {
      override async advance() {
        this.state.n++;
        log.push('step');
      }
    }
    await new Told(3).start({ store: slow, every: 'step', durability: 'sync' }).output;
    expect(log.splice(0)).toEqual(['step', 'save 1', 'step', 'save 2', 'step', 'save 3']);
    await new Logs(new Told(2), new Told(2)).start({ store: slow, every: 'step', durability: 'sync' }).output;
    const counted = log.reduce(
      ([steps, saved], line) => {
        if (line !== 'step') return [steps!, steps!];
        expect(steps! - saved!).toBeLessThan(2);
        return [steps! + 1, saved!];
      },
      [0, 0],
    );
    expect(counted).toEqual([4, 4]);
  });

  test('async: one save at a time goes on beside the run, and the newest of what waits is next', async () => {
    const { store, saves, open } = ownStore(true);
    const run = new Count(10).start({ store, every: 'step', paused: true });
    await run.step(4);
    await turns(2);
    expect(saves).toEqual([1]);
    open.shift()!();
    await turns(2);
    expect(saves).toEqual([1, 4]);
    await run.step(1);
    open.shift()!();
    await turns(2);
    expect(saves).toEqual([1, 4, 5]);
    open.shift()!();
    await turns(2);
    expect(saves).toEqual([1, 4, 5]);
    run.resume();
    while (open.length === 0) await turn();
    open.shift()!();
    let ended = false;
    void run.outcome.then(() => {
      ended = true;
    });
    while (!ended) {
      open.shift()?.();
      await turn();
    }
    expect(saves.at(-1)).toBe(10);
  });

  test('async: the last boundary before a hook that hangs is saved, however quick the saves are', async () => {
    for (let delay = 0; delay < 12; delay++) {
      const saves: number[] = [];
      const store: CheckpointStore = {
        ...memoryStore(),
        async save(_, { position }) {
          for (let i = 0; i < delay; i++) await null;
          saves.push(position.steps);
        },
      };
      class Hangs extends Count {
        override async advance() {
          if (this.state.n === 20) await never;
          this.state.n++;
        }
      }
      const run = new Hangs(100).start({ store, every: 'step' });
      // However many slices a busy machine takes for twenty steps.
      while (saves.at(-1) !== 20) await turns(1);
      run.abort();
      await run.outcome;
    }
  });

  test('exit: only what is suspended or finished', async () => {
    const { store, saves } = ownStore();
    const run = new Count(5).start({ store, every: 'step', durability: 'exit', paused: true });
    await run.step(3);
    expect(saves).toEqual([]);
    const from = await run.suspend();
    expect(saves).toEqual([3]);
    await new Count(5).start({ from, store, every: 'step', durability: 'exit' }).output;
    expect(saves).toEqual([3, 5]);
    const stopped = new Count(5).start({ store, every: 'step', durability: 'exit' });
    await stopped.stop();
    expect(saves).toEqual([3, 5]);
  });

  test('a save that fails ends the run with its error, and the checkpoint before it stays', async () => {
    for (const durability of ['sync', 'async'] as const) {
      const store = memoryStore();
      const failing: CheckpointStore = {
        ...store,
        async save(id, checkpoint) {
          await turn();
          if (checkpoint.position.steps > 3) throw new Error('no space left');
          await store.save(id, checkpoint);
        },
      };
      const run = new Count(Infinity).start({ id: 'a', store: failing, every: { steps: 3 }, durability });
      await expect(run.output).rejects.toThrow('no space left');
      expect((await run.outcome).error).toEqual(new Error('no space left'));
      expect((await store.load('a'))!.position.steps).toBe(3);
    }
  });

  test('a store that throws where it should reject is treated alike', async () => {
    for (const durability of ['sync', 'async'] as const) {
      const store: CheckpointStore = {
        ...memoryStore(),
        save() {
          throw new Error('broken');
        },
      };
      const run = new Count(Infinity).start({ store, every: 'step', durability });
      await expect(run.output).rejects.toThrow('broken');
    }
  });

  test('the store is released when the last save is done, before anybody hears of the end', async () => {
    const { store, log } = ownStore();
    const released: CheckpointStore = {
      ...store,
      async release(id) {
        await turn();
        log.push(`release ${id}`);
      },
    };
    const run = new Count(2).start({ id: 'a', store: released, every: 'run' });
    await run.outcome.then(() => log.push('ended'));
    expect(log).toEqual(['save 2', 'release a', 'ended']);
  });

  test('what is saved in memory is a copy, and goes on from there', async () => {
    const store = memoryStore();
    const first = new InTurn(new Count(3), new Count(3), 2).start({ id: 'a', store, every: 'step', paused: true });
    await first.step(4);
    await turn();
    first.abort();
    await first.outcome;
    const from = (await store.load('a'))!;
    expect(from.position.steps).toBe(4);
    expect(await store.list('a')).toMatchObject([{ runId: 'a', steps: 4 }]);
    const run = new InTurn(new Count(3), new Count(3), 2).start({ from, store, every: 'step' });
    expect(run.id).toBe('a');
    expect(await run.output).toEqual([3, 3, 3, 3]);
    expect((await store.load('a'))!.phase.value).toBe('finished');
    await store.delete('a');
    expect([await store.load('a'), await store.list()]).toEqual([undefined, []]);
  });
});

describe('options that make no sense are refused before anything runs', () => {
  const wrong: [options: any, message: string][] = [
    [
      { evry: 'step' },
      'start expected options among args, from, migrate, store, every, durability, inspect, signal, id, paused, got `evry`',
    ],
    [{ args: 'a' }, '`args` to be an array, got `a`'],
    [{ every: 'never' }, "`every` to be 'step', 'run'"],
    [{ every: { steps: 0 } }, 'got `{"steps":0}`'],
    [{ every: { steps: 1.5 } }, 'got `{"steps":1.5}`'],
    [{ every: { ms: -1 } }, 'got `{"ms":-1}`'],
    [{ every: {} }, 'got `{}`'],
    [{ every: null }, 'got `null`'],
    [{ every: 5 }, 'got `5`'],
    [{ durability: 'now' }, "`durability` to be 'sync', 'async' or 'exit', got `now`"],
    [{ store: {} }, '`store` to have save and load, got `{}`'],
    [{ store: null }, '`store` to have save and load, got `null`'],
    [{ id: '' }, '`id` to be a string that is not empty'],
    [{ id: 7 }, '`id` to be a string that is not empty, got `7`'],
    [{ inspect: 7 }, '`inspect`'],
    [{ inspect: [{}] }, '`inspect`'],
    [{ signal: {} }, '`signal`'],
    [{ paused: 'yes' }, '`paused`'],
    [{ migrate: 7 }, '`migrate`'],
  ];
  for (const [options, message] of wrong) {
    test(JSON.stringify(options), () => {
      const loop = new Count();
      expect(() => loop.start(options)).toThrow(expect.objectContaining({ code: 'MISCONFIGURATION', path: 'count' }));
      expect(() => loop.start(options)).toThrow(message);
      expect(loop.running).toBe(false);
    });
  }

  test('a second run of the same loops at the same time', async () => {
    const loop = new InTurn(new Count(2), new Count(2));
    const run = loop.start({ paused: true });
    await run.step();
    expect(() => loop.start()).toThrow('inTurn: is running already.');
    await expect(loop.run()).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
    run.resume();
    expect(await run.output).toEqual([2, 2]);
    expect(await loop.run()).toEqual([2, 2, 2, 2].slice(0, 2));
  });
});

test('a reason that has no words does not keep a run from ending', async () => {
  const reason = Object.assign(Object.create(null), { a: 1 });
  const suspended = new Count(3).start({ paused: true });
  await suspended.suspend(reason);
  expect(await suspended.outcome).toMatchObject({ status: 'suspended', reason });
  class Ends extends Count {
    override advance(): any {
      throw this.end(reason);
    }
  }
  expect((await new Ends(3).start().outcome).status).toBe('finished');
});
