import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Loop, type Recording, record, replay } from 'loopchart';
import { expect, test, vi } from 'vitest';
import { createActor, createMachine, fromPromise, fromTransition, type InspectionEvent, waitFor } from 'xstate';
import { Inspection } from '../src/inspect/inspection.ts';
import { Count, Family, Slow, turn } from './support/loops.ts';

type Observed = { next(event: InspectionEvent): void };

/** What an inspector tells a page that is connected: lines, each once. */
function pageOf(inspection: Inspection): any[] {
  const lines: any[] = [];
  const channel = { send: (text: string) => void lines.push(...JSON.parse(text)), waiting: 0 };
  inspection.connect(channel, 0);
  return lines;
}

/** Runs something under a recorder and an inspector, and gives what each tells of loops: they must agree. */
async function seen(run: (inspect: Observed) => Promise<unknown>): Promise<{ recording: Recording; lines: any[] }> {
  const recorder = record(undefined, { apps: true });
  const inspection = new Inspection();
  const lines = pageOf(inspection);
  const both = (event: InspectionEvent) => {
    recorder.next(event);
    inspection.next(event);
  };
  await run({ next: both });
  inspection.flush();
  inspection.close();
  const { recording } = recorder;
  const isAbout = ({ type }: { type: string }) => type === 'actor' || type === 'event';
  const told = lines.filter(isAbout);
  const key = (line: any) => [
    line.type,
    line.id,
    line.loop,
    line.kind,
    line.parent,
    line.under,
    line.from,
    line.event?.type,
    line.value,
    line.late,
  ];
  const transitions = ({ tr }: any) => tr?.map((one: any) => one.map((part: any) => [part].flat()));
  expect(told.map(key)).toEqual(recording.filter(isAbout).map(key));
  expect(told.map(transitions)).toEqual(recording.filter(isAbout).map(transitions));
  // And it is such that a replay can follow it.
  for (const _ of replay(recording));
  return { recording, lines: told };
}

const loopsIn = (recording: Recording) =>
  recording.flatMap((line) => (line.type === 'actor' && line.kind === undefined ? [`${line.id} ${line.loop}`] : []));

/** An app's own machine that runs a loop. */
const app = (id: string, src: any, context: object = {}) =>
  createMachine({
    id,
    context,
    initial: 'advancing',
    states: {
      advancing: { invoke: { id: 'count', src, input: [], onDone: 'finished' } },
      finished: { type: 'final' },
    },
  });

const completes = (machine: any, inspect: Observed) => {
  const actor = createActor(machine, { inspect, input: [] } as any).start();
  return waitFor(actor, ({ status }) => status === 'done');
};

test("an app's own machine is no loop, whatever it is called and whatever its states and its context are", async () => {
  const { context, config } = new Count(1).machine as any;
  for (const machine of [
    app('app', new Count(2).machine),
    app('loop', new Count(2).machine),
    app('loop', new Count(2).machine, { name: null, running: [], children: {}, steps: 0 }),
    // Made of the configuration of a loop's machine, and another all the same.
    createMachine({ ...config, on: {}, ...app('loop', new Count(2).machine).config, context } as any),
  ]) {
    const { recording } = await seen((inspect) => completes(machine, inspect));
    expect(loopsIn(recording)).toEqual(['count#1 Count']);
  }
});

test('nor is an actor of another kind that is called so, or holds what looks like actors', async () => {
  const odd = fromTransition((state: any) => state, {
    children: { me: 'not an actor', none: null },
    context: { running: [] },
  });
  const machine = createMachine({
    id: 'app',
    initial: 'go',
    states: {
      go: {
        invoke: [
          { id: 'loop', src: odd },
          { id: 'promise', src: fromPromise(async () => 'loop') },
          { id: 'count', src: new Count(2).machine, input: [], onDone: 'end' },
        ],
      },
      end: { type: 'final' },
    },
  });
  const { recording } = await seen((inspect) => completes(machine, inspect));
  expect(loopsIn(recording)).toEqual(['count#1 Count']);
});

test('a machine that `provide()` made is still that of its loop, at the top and below', async () => {
  const family = new Family();
  const machine = family.machine.provide({ actions: {}, actors: { first: new Slow(1).machine.provide({}) } } as any);
  const { recording } = await seen((inspect) => completes(machine, inspect));
  const loops = loopsIn(recording).map((line) => line.replace(/^x:\d+/, 'x'));
  expect(loops.slice(0, 2)).toEqual(['x#1 Family', 'x.first#1 Slow']);
});

test('loops that come out of a snapshot are known, also one that had ended', async () => {
  const family = new Family();
  const actor = createActor(family.machine, { input: [] }).start();
  while (family.first.state.n === 0) await turn();
  const snapshot = actor.getPersistedSnapshot();
  actor.stop();
  const again = createActor(new Family().machine, { snapshot, id: 'family' } as any);
  const { recording } = await seen(async ({ next }) => {
    again.system.inspect(next);
    again.start();
    await waitFor(again as any, ({ status }: any) => status === 'done');
  });
  expect(loopsIn(recording)).toContain('family#1 Family');
  expect(loopsIn(recording)).toContain('family.first#1 Slow');
  const over = createActor(new Family().machine, { snapshot: again.getPersistedSnapshot(), id: 'over' } as any);
  const { lines } = await seen(async ({ next }) => {
    over.system.inspect(next);
    over.start();
  });
  expect(lines).toMatchObject([{ type: 'actor', id: 'over#1', status: 'done' }]);
});

test('the loops of another copy of the library in the process are known', async () => {
  const own = record();
  vi.resetModules();
  const other = (await import('loopchart')) as typeof import('loopchart');
  expect(other.Loop).not.toBe(Loop);
  class Twice extends other.Loop<string> {
    override state = { n: 0 };
    get done() {
      return this.state.n >= 2;
    }
    reset() {
      this.state.n = 0;
    }
    advance() {
      this.state.n++;
    }
    override onRunEnd() {
      return 'other';
    }
  }
  expect(await new Twice().start({ inspect: own }).output).toBe('other');
  expect(loopsIn(own.recording)).toEqual(['twice#1 Twice']);
  expect([...replay(own.recording)].at(-1)).toMatchObject({ value: 'finished', output: 'other' });
});

test('loops that were paused, stepped, stopped or aborted, with an observer that comes late', async () => {
  for (const end of ['loop.stop', 'loop.abort'] as const) {
    const { lines } = await seen(async ({ next }) => {
      const family = new Family();
      const run = family.start();
      while (family.first.state.n === 0) await turn();
      run.actor.system.inspect(next);
      run.actor.send({ type: 'loop.pause' });
      await turn();
      run.actor.send({ type: 'loop.step' });
      await turn();
      run.actor.send({ type: end, reason: 'enough' });
      await run.outcome;
    });
    expect(lines[0]).toMatchObject({ id: 'family#1', late: true });
  }
});

test('one that was made and not begun when the observer came is not late', async () => {
  const actor = createActor(new Count(1).machine, { input: [], id: 'count' });
  const { lines } = await seen(async ({ next }) => {
    actor.system.inspect(next);
    actor.start();
    await waitFor(actor, ({ status }) => status === 'done');
  });
  expect(lines[0]).not.toHaveProperty('late');
});

test('an event says who sent it, also where somebody outside has sent the same object before', async () => {
  const family = new Family();
  const { lines } = await seen(async ({ next }) => {
    const run = family.start({ inspect: next });
    while (family.first.state.n === 0) await turn();
    const pause: any = { type: 'loop.pause' };
    run.actor.send(pause);
    run.actor.send(pause);
    await turn();
    run.actor.send({ type: 'loop.resume' });
    await run.outcome;
  });
  const pauses = lines.filter(({ event }) => event?.type === 'loop.pause');
  expect(pauses.filter(({ id }) => id === 'family#1').map(({ from }) => from)).toEqual([undefined, undefined]);
  expect(new Set(pauses.filter(({ id }) => id !== 'family#1').map(({ from }) => from))).toEqual(new Set(['family#1']));
});

test('an inspector tells each line once, however often it was attached to the run that it was given to', async () => {
  const alone = new Inspection();
  const once = pageOf(alone);
  await new Family().start({ inspect: alone }).output;
  alone.flush();
  const inspection = new Inspection();
  const lines = pageOf(inspection);
  const run = new Family().start({ inspect: inspection });
  for (let i = 0; i < 3; i++) inspection.attach(run.actor);
  await run.output;
  inspection.flush();
  // How loops that run side by side take turns is not the same each time.
  const what = (all: any[]) =>
    all.flatMap(({ type, id, event }) => (id === undefined ? [] : `${id} ${type} ${event?.type}`));
  expect(what(lines).sort()).toEqual(what(once).sort());
});

test('an observer that was closed is asked no more, and the run is no longer watched', async () => {
  const inspection = new Inspection();
  const run = new Family().start({ paused: true });
  inspection.attach(run.actor);
  inspection.close();
  const { last } = inspection;
  run.resume();
  await run.output;
  expect(inspection.last).toBe(last);
});

test('nothing that a run gives stops a recorder, and what its function throws does not reach the run', async () => {
  const machine = createMachine({
    id: 'app',
    initial: 'go',
    states: {
      go: { invoke: { id: 'count', src: new Count(2).machine, input: [], onDone: 'end' } },
      end: { type: 'final' },
    },
  });
  const thrown: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => thrown.push(error));
  const recorder = record(() => {
    throw new Error('disk full');
  });
  await completes(machine, recorder);
  await turn();
  process.removeAllListeners('uncaughtException');
  for (const listener of listeners) process.on('uncaughtException', listener);
  expect(thrown.length).toBeGreaterThan(3);
  expect(String(thrown[0])).toContain('disk full');
});

test('a line that could not be made is missing, and a replay says so', async () => {
  const recorder = record();
  const run = new Count(2).start({ inspect: recorder });
  await run.output;
  recorder.next({ type: '@xstate.microstep', actorRef: run.actor, event: null } as any);
  recorder.next(null as any);
  expect(recorder.recording.slice(-2)).toMatchObject([{ type: 'lagged', why: 'fault' }, { type: 'lagged' }]);
  expect(() => [...replay(recorder.recording)]).toThrow(expect.objectContaining({ code: 'REPLAY_MISMATCH' }));
});

test('of a run that has ended an inspector keeps its lines, and not its loops, however it was watched and however it ended', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const inspection = new Inspection({ limits: { events: 50 } });
  const loops: { how: string; loop: WeakRef<object> }[] = [];
  const begin = {
    given: (loop: Family) => loop.start({ inspect: inspection }),
    attached: (loop: Family) => {
      const run = loop.start();
      inspection.attach(run.actor);
      return run;
    },
  };
  // A function of its own, which leaves nothing of a run on the stack.
  const runOnce = async (watched: keyof typeof begin, end: 'output' | 'abort' | 'stop' | 'fail') => {
    const family = new Family();
    loops.push({ how: `${watched}, ${end}`, loop: new WeakRef(family) });
    loops.push({ how: `the child of one that was ${watched}, ${end}`, loop: new WeakRef(family.first) });
    if (end === 'fail')
      family.first.reset = () => {
        throw new Error('no');
      };
    const run = begin[watched](family);
    if (end === 'abort' || end === 'stop') {
      while (family.first.state.n === 0) await turn();
      run[end]('enough');
    }
    await run.outcome;
  };
  for (const watched of ['given', 'attached'] as const) {
    for (const end of ['output', 'abort', 'stop', 'fail'] as const) await runOnce(watched, end);
  }
  // The newest lines of all may hold what the last run gave.
  await new Count(60).start({ inspect: inspection }).output;
  const kept = () => loops.filter(({ loop }) => loop.deref() !== undefined).map(({ how }) => how);
  for (let i = 0; i < 20 && kept().length > 0; i++) {
    await turn();
    gc();
  }
  expect(kept()).toEqual([]);
  expect([...inspection.subjects].length).toBeLessThan(3);
});
