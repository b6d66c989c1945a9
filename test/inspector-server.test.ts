import { MisconfigurationError } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { inspector } from '../src/node/inspector.ts';
import { Count, Epochs, ended, serve, told, visit } from './support/server.ts';

describe('the run', () => {
  test('never hears of what goes wrong in here', async () => {
    const served = await serve();
    class Hostile extends Count {
      override onRunEnd(): any {
        return new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('trap');
            },
            get: (_, key) => {
              if (key === 'then') return undefined;
              throw new Error('trap');
            },
          },
        );
      }
    }
    const run = new Hostile(3).start({ inspect: served });
    await run.outcome;
    const one = await visit(served);
    await one.until(ended);
    served.next(null as any);
    served.next({ type: '@xstate.microstep', actorRef: { system: {} } } as any);
    expect(told).toContain('could not take down');
    await one.until((lines) => lines.some(({ why }) => why === 'fault'));
    expect(await new Count(3).start({ inspect: served }).output).toBe(3);
  });

  test('is not slowed or fattened by a page that does not read', async () => {
    const served = await serve({ limits: { waiting: 100_000, events: 500 } });
    const stalled = await visit(served);
    stalled.socket.pause();
    const well = await visit(served);
    await new Epochs(100, new Count(200, true)).start({ inspect: served }).output;
    await well.until(ended);
    stalled.socket.resume();
    await stalled.until(ended);
    const lagged = stalled.lines.filter(({ type }) => type === 'lagged');
    const missed = lagged.reduce((sum, { count }) => sum + count, 0);
    expect(missed).toBeGreaterThan(1000);
    const seqs = stalled.lines.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    expect(stalled.lines.length - lagged.length + missed).toBe(well.lines.at(-1).seq);
  });

  test('goes on when the inspector is closed, and the inspector may be closed twice', async () => {
    const served = await serve();
    const run = new Count(300, true).start({ inspect: served });
    await run.step(3);
    await served.close();
    await served.close();
    run.resume();
    expect(await run.output).toBe(300);
  });
});

test('options are checked', async () => {
  for (const options of [
    { prot: 1 },
    { port: -1 },
    { token: 'short' },
    { token: 'with spaces in it ....' },
    { redact: 1 },
    { limits: { event: 1 } },
    { limits: { events: 0 } },
    { origins: 'x' },
    { frames: 'https://docs.example' },
    { frames: ['https:'] },
    { frames: ['*'] },
    { frames: ['data:'] },
    { frames: ["https://docs.example; script-src 'unsafe-inline'"] },
    { frames: ['https://docs.example/path'] },
  ]) {
    await expect(inspector(options as any), JSON.stringify(options)).rejects.toThrow(MisconfigurationError);
  }
});
