import { describe, expect, test } from 'vitest';
import { Count, Epochs, eventTypes, serve, visit } from './support/server.ts';

describe('what a page may do', () => {
  test('pause, step, resume, stop', async () => {
    const served = await serve();
    const one = await visit(served);
    const run = new Count(1e6, true).start({ inspect: served });
    await one.until((lines) => lines.length > 10);
    const send = (type: string, more = {}) => one.send({ type: 'send', id: 'count#1', event: { type, ...more } });
    send('loop.pause');
    await one.until((lines) => lines.at(-1).value === 'paused');
    const { steps } = run.progress;
    send('loop.step', { n: 3 });
    await one.until(
      (lines) => lines.filter(({ value }) => value === 'paused').length >= 2 && lines.at(-1).value === 'paused',
    );
    expect(run.progress.steps).toBe(steps + 3);
    send('loop.resume');
    send('loop.stop', { reason: 'enough' });
    expect(await run.outcome).toMatchObject({ status: 'stopped', reason: 'enough' });
  });

  test('pause one of two runs, both, and let both go on', async () => {
    const served = await serve();
    const one = await visit(served);
    const runs = [new Count(1e6, true).start({ inspect: served }), new Count(1e6, true).start({ inspect: served })];
    const stands = (id: string) => one.lines.findLast((line) => line.id === id)?.value;
    await one.until(() => stands('count#1') === 'advancing' && stands('count#2') === 'advancing');
    one.send({ type: 'send', id: 'count#2', event: { type: 'loop.pause' } });
    await one.until(() => stands('count#2') === 'paused');
    const { steps } = runs[0]!.progress;
    await one.until(() => runs[0]!.progress.steps > steps + 3);
    one.send({ type: 'all', event: { type: 'loop.pause' } });
    await one.until(() => stands('count#1') === 'paused');
    expect(one.settings.going).toEqual([]);
    const at = runs.map(({ progress }) => progress.steps);
    one.send({ type: 'all', event: { type: 'loop.step', n: 2 } });
    await one.until(() => runs.every(({ progress }, i) => progress.steps === at[i]! + 2));
    one.send({ type: 'all', event: { type: 'loop.resume' } });
    await one.until(() => runs.every(({ progress }, i) => progress.steps > at[i]! + 4));
    one.send({ type: 'all', event: { type: 'loop.stop', reason: 'both' } });
    for (const run of runs) expect(await run.outcome).toMatchObject({ status: 'stopped', reason: 'both' });
  });

  test('go at so many steps a second, by pause, step and resume alone', async () => {
    const served = await serve();
    const one = await visit(served);
    const run = new Epochs(1e6, new Count(7, true)).start({ inspect: served });
    await one.until((lines) => lines.length > 10);
    one.send({ type: 'speed', perSec: 50 });
    await one.until((lines) => eventTypes(lines).includes('loop.pause'));
    expect((await visit(served)).hello).toMatchObject({ perSec: 50, points: [], going: ['epochs#1'] });
    const from = run.progress.steps;
    const began = performance.now();
    await one.until(
      (lines) => lines.filter(({ id, event }) => id === 'epochs#1' && event?.type === 'loop.step').length > 15,
    );
    const rate = ((run.progress.steps - from) / (performance.now() - began)) * 1000;
    expect(rate).toBeLessThan(80);
    one.send({ type: 'send', id: 'epochs#1', event: { type: 'loop.pause' } });
    // It has come: until then the next step is still due.
    await one.until(() => one.settings.going.length === 0);
    await run.pause();
    const at = run.progress.steps;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(run.progress.steps).toBe(at);
    // Between two steps it was paused as well, but went on.
    expect(one.settings).toMatchObject({ perSec: 50, going: [] });
    one.send({ type: 'speed', perSec: null });
    one.send({ type: 'send', id: 'epochs#1', event: { type: 'loop.resume' } });
    await one.until(() => run.progress.steps > at + 30);
    const kinds = new Set(eventTypes(one.lines).filter((type) => /pause|resume|step|stop|abort/.test(type)));
    expect([...kinds].sort()).toEqual(['loop.pause', 'loop.resume', 'loop.step']);
    await run.stop();
  });

  test.for([
    [{ path: 'epochs.inner', state: 'ending' }, { n: 7 }],
    [{ path: 'epochs', event: 'xstate.done.actor.*' }, {}],
    [{ path: 'epochs.inner', when: 'state.n >= 3 && !done' }, { n: 3 }],
  ] as const)('pause at a breakpoint: %j', async ([point, state]) => {
    const served = await serve();
    const one = await visit(served);
    const run = new Epochs(1e6, new Count(7, true)).start({ inspect: served, paused: true });
    await one.until((lines) => lines.at(-1)?.value === 'paused');
    one.send({ type: 'break', points: [point] });
    one.send({ type: 'send', id: 'epochs#1', event: { type: 'loop.resume' } });
    await one.until((lines) => eventTypes(lines.slice(10)).includes('loop.pause'));
    await run.pause();
    if ('when' in point) expect(run.progress.loops.at(-1)!.state).toMatchObject(state);
    expect(run.progress.loops[0]!.state).toEqual({ epoch: 'when' in point ? 0 : 1 });
    // Pages are told where it was met, whichever asked for it.
    const [hit] = one.settings.hits;
    expect(hit.point).toEqual(point);
    const met = one.lines.find(({ seq }) => seq === hit.seq);
    expect(met).toMatchObject({ id: hit.id, ...('state' in point && { value: point.state }) });
    expect((await visit(served)).hello.hits).toEqual([hit]);
    one.send({ type: 'break', points: [] });
    one.send({ type: 'send', id: 'epochs#1', event: { type: 'loop.step' } });
    await one.until(() => one.settings.hits.length === 0);
    run.abort(new Error('enough'));
    await run.outcome;
  });

  test('nothing that is not on the list', async () => {
    const served = await serve();
    const one = await visit(served);
    const run = new Count(1e6, true).start({ inspect: served });
    await one.until((lines) => lines.length > 5);
    const send = (event: unknown, id = 'count#1') => ({ type: 'send', id, event });
    const refused = [
      'no json',
      '[]',
      'null',
      { type: 'eval', code: '1' },
      { type: 'seek' },
      send({ type: 'loop.advanced', steps: 1, commit: { state: { n: 5 } }, done: true }),
      send({ type: 'xstate.done.actor.advance' }),
      send({ type: 'xstate.stop' }),
      send({ type: '__proto__' }),
      send({ type: 'loop.step', n: -1 }),
      send({ type: 'loop.step', n: 1.5 }),
      send({ type: 'loop.stop', reason: { toString: 1 } }),
      send({ type: 'loop.pause', extra: 1 }),
      send({ type: 'loop.pause' }, 'Other#1'),
      { ...send({ type: 'loop.pause' }), more: true },
      { type: 'speed', perSec: 0 },
      { type: 'break', points: [{ when: 'process.exit()' }] },
      { type: 'break', points: [{ path: 'count' }] },
      { type: 'all', event: { type: 'loop.give', key: 'a', value: 1 } },
      { type: 'all', event: { type: 'xstate.stop' } },
    ];
    for (const command of refused) one.send(command);
    await one.until((lines) => lines.filter(({ type }) => type === 'refused').length === refused.length);
    expect(eventTypes(one.lines).every((type) => type === 'loop.advanced' || type.startsWith('xstate.done'))).toBe(
      true,
    );
    for (let i = 0; i < 3; i++) one.send('{}');
    await new Promise((resolve) => one.socket.once('close', (code) => resolve(expect(code).toBe(1008))));
    await run.stop();
  });

  test('nothing at all, where it is read-only', async () => {
    const served = await serve({ readonly: true });
    const one = await visit(served);
    const run = new Count(1e6, true).start({ inspect: served });
    await one.until((lines) => lines.length > 5);
    expect(one.hello.readonly).toBe(true);
    one.send({ type: 'send', id: 'count#1', event: { type: 'loop.abort' } });
    one.send({ type: 'speed', perSec: 1 });
    one.send({ type: 'break', points: [] });
    one.send({ type: 'all', event: { type: 'loop.stop' } });
    await one.until((lines) => lines.filter(({ type }) => type === 'refused').length === 4);
    await run.stop('by its own');
    expect(await run.outcome).toMatchObject({ reason: 'by its own' });
  });
});
