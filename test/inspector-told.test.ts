import { Loop, record, replay } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { faultOf } from '../inspector/lines/line.ts';
import { Inspection } from '../src/inspect/inspection.ts';
import { Count, Epochs, ended, serve, visit } from './support/server.ts';

describe('what a page is told', () => {
  test('every line in order, as the page reads it, from one that comes before, within and after the run', async () => {
    const served = await serve();
    const early = await visit(served);
    const loop = new Epochs(3, new Count(4, true));
    const run = loop.start({ inspect: served });
    await early.until((lines) => lines.length > 20);
    const within = await visit(served);
    await run.output;
    const late = await visit(served);
    for (const one of [early, within, late]) {
      await one.until(ended);
      expect(one.lines.map(({ seq }) => seq)).toEqual(one.lines.map((_, i) => i + 1));
      expect(one.lines.map(faultOf).filter(Boolean)).toEqual([]);
      expect(one.hello).toMatchObject({ protocol: 1, gap: false, readonly: false, firstSeq: 1 });
    }
    expect(late.lines).toEqual(early.lines);
    const [recording, chart, actor, event] = late.lines;
    expect(recording).toMatchObject({ type: 'recording', format: 1, runId: late.hello.runId });
    expect(chart).toMatchObject({ key: 'loop', root: { id: 'loop', initial: 'entering' } });
    expect(actor).toMatchObject({ type: 'actor', id: 'epochs#1', path: 'epochs', name: 'epochs', loop: 'Epochs' });
    expect(event).toMatchObject({
      from: 'epochs#1/skip',
      value: 'resetting',
      tr: [['loop.entering', ['loop.resetting'], 'xstate.done.actor.skip']],
    });
    const ids = late.lines.filter(({ type }) => type === 'actor').map(({ id, parent }) => [id, parent]);
    expect(ids.slice(1)).toEqual([1, 2, 3].map((n) => [`epochs.inner#${n}`, 'epochs#1']));
  });

  test('rows, where it asks for them, and lines where it does not', async () => {
    const served = await serve();
    await new Count(50).start({ inspect: served }).output;
    const [plain, rows] = [await visit(served), await visit(served, 0, '&rows')];
    for (const one of [plain, rows]) await one.until(ended);
    expect(plain.lines.some(Array.isArray)).toBe(false);
    expect(rows.lines.filter(Array.isArray).length).toBeGreaterThan(40);
    expect(rows.lines.map((line) => line.seq ?? line[1])).toEqual(plain.lines.map(({ seq }) => seq));
  });

  test('the same that a recording holds', async () => {
    const served = await serve();
    const recorder = record();
    await new Epochs(2, new Count(3)).start({ inspect: [recorder, served] }).output;
    const late = await visit(served);
    await late.until(ended);
    // A recording leaves out what a page needs for itself.
    const own = (key: string) => (/^loop(\.|$)/.test(key) ? key : `loop.${key}`);
    const kept = recorder.recording.slice(1).map(({ seq, t, tr, ...line }: any) => {
      const named = tr?.map(([from, to, type]: any) => [own(from), to?.map(own) ?? null, type]);
      return { ...line, ...(named && { tr: named }) };
    });
    const shown = late.lines.slice(2).map(({ seq, t, name, chart, ...line }) => line);
    expect(shown).toEqual(kept.map((line) => (line.type === 'actor' ? { ...line, status: 'active' } : line)));
    expect([...replay(recorder.recording)].at(-1)).toMatchObject({ output: 2 });
  });

  test('after a break: what came since, once', async () => {
    const served = await serve();
    const first = await visit(served);
    const run = new Count(2000, true).start({ inspect: served });
    await first.until((lines) => lines.length > 50);
    first.socket.terminate();
    const since = first.lines.at(-1).seq;
    const second = await visit(served, since);
    await run.output;
    await second.until(ended);
    expect(second.hello).toMatchObject({ gap: false, runId: first.hello.runId });
    const seqs = [...first.lines, ...second.lines].map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  });

  test('a number that was never given out begins anew', async () => {
    const served = await serve();
    await new Count(3).start({ inspect: served }).output;
    const one = await visit(served, 9999);
    await one.until(ended);
    expect(one.lines[0]).toMatchObject({ type: 'recording', seq: 1 });
  });

  test('all of it, when the inspector is closed as soon as the run has ended', async () => {
    const served = await serve();
    const pages = [await visit(served), await visit(served)];
    const gone = pages.map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)));
    await new Epochs(3, new Count(2000)).start({ inspect: served }).output;
    await served.close();
    expect(await Promise.all(gone)).toEqual([1001, 1001]);
    for (const { lines } of pages) {
      expect(lines.at(-1)).toMatchObject({ id: 'epochs#1', status: 'done' });
      expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, at) => at + 1));
    }
  });

  test('what the ring has let go: counted, and how each loop stood then', async () => {
    const served = await serve({ limits: { events: 10 } });
    const run = new Epochs(3, new Count(20, true)).start({ inspect: served });
    await run.output;
    const late = await visit(served);
    await late.until(ended);
    expect(late.hello.gap).toBe(true);
    const { firstSeq, lastSeq } = late.hello;
    expect(lastSeq - firstSeq).toBe(9);
    const before = late.lines.filter(({ seq }) => seq < firstSeq);
    const lagged = before.find(({ type }) => type === 'lagged');
    expect(lagged).toMatchObject({ why: 'dropped', count: firstSeq - 1 - (before.length - 1) });
    const seqs = late.lines.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    const root = before.find(({ id }) => id === 'epochs#1');
    expect(root).toMatchObject({ type: 'actor', late: true, value: 'advancing', context: { state: { epoch: 2 } } });
    const inner = before.find(({ id }) => id === 'epochs.inner#3');
    expect(inner.context.state.n).toBe(inner.context.steps);
  });

  test('the context before the ring is that of the run, at every moment', async () => {
    const inspection = new Inspection({ limits: { events: 3 } });
    const contexts = new Map<string, Map<number, unknown>>();
    inspection.tap(({ subject, context }) => {
      const of = contexts.get(subject.id) ?? new Map();
      contexts.set(subject.id, of.set(subject.now.seq, structuredClone(context)));
      for (const { id, base } of inspection.subjects) {
        if (base !== undefined) expect({ ...base.context }).toEqual(contexts.get(id)!.get(base.seq));
      }
    });
    let fault: unknown;
    inspection.onFault = (error) => {
      fault = error;
    };
    const run = new Epochs(3, new Count(5, true)).start({ inspect: inspection });
    void run.step(2).then(() => run.step().then(() => run.resume()));
    await run.output;
    expect(fault).toBeUndefined();
    expect(contexts.size).toBe(4);
  });

  test('attached late: the loops that run, parents first', async () => {
    const run = new Epochs(2, new Count(3, true)).start({ paused: true });
    await run.step();
    const served = await serve();
    served.attach(run.actor);
    const one = await visit(served);
    await one.until((lines) => lines.length >= 4);
    expect(one.lines.slice(2)).toMatchObject([
      { type: 'actor', id: 'epochs#1', late: true },
      { type: 'actor', id: 'epochs.inner#1', parent: 'epochs#1', late: true, context: { state: { n: 1 } } },
    ]);
    run.resume();
    expect(await run.output).toBe(2);
    await one.until(ended);
  });

  test('values as what they are, deep and large ones cut and fetched', async () => {
    const served = await serve({ limits: { items: 50, depth: 6 } });
    const odd = {
      markup: '<img src=x onerror=alert(1)>',
      proto: JSON.parse('{"__proto__": {"polluted": true}}'),
      nan: Number.NaN,
      tagged: { $n: 'mine' },
      dated: { $date: 'mine' },
      many: Array.from({ length: 500 }, (_, i) => i),
      deep: { a: { b: { c: { d: { e: { f: 1 } } } } } },
    };
    class Odd extends Count {
      override reset() {
        this.state = { n: 0, ...odd };
      }
    }
    class Out extends Loop<unknown> {
      get done() {
        return true;
      }
      reset() {}
      advance() {}
      override onRunEnd(): unknown {
        const self: any = {
          big: 12n,
          date: new Date(0),
          map: new Map([['a', new Set([1])]]),
          error: new TypeError('no'),
          typed: new Float32Array(1000),
          call: Math.max,
          [Symbol('x')]: 1,
        };
        self.self = self;
        return self;
      }
    }
    await new Odd(1).start({ inspect: served }).output;
    await new Out().start({ inspect: served }).output;
    const one = await visit(served);
    await one.until((lines) => lines.filter(({ status }) => status === 'done').length === 2);
    const { commit } = one.lines.find(({ event }) => event?.type === 'loop.advanced').event;
    expect(commit.state).toMatchObject({ n: 1, markup: odd.markup, nan: { $n: 'NaN' }, tagged: { $$n: 'mine' } });
    expect(commit.state.dated).toEqual({ $$date: 'mine' });
    expect(Object.hasOwn(commit.state.proto, '__proto__')).toBe(true);
    expect(({} as any).polluted).toBeUndefined();
    const { ref } = commit.state.many.$cut;
    expect(commit.state.many).toEqual({ $cut: { kind: 'array', size: 500, ref, digest: expect.any(String) } });
    one.send({ type: 'get', ref });
    one.send({ type: 'get', ref: commit.state.deep.a.b.c.$cut.ref });
    one.send({ type: 'get', ref: '5/constructor/prototype' });
    await one.until((lines) => lines.filter(({ type }) => type === 'value').length === 3);
    const values = one.lines.filter(({ type }) => type === 'value').map(({ value }) => value);
    expect(values[0]).toEqual(odd.many);
    expect(values[1]).toEqual({ d: { e: { f: 1 } } });
    expect(values[2]).toMatchObject({ $error: { name: 'Gone' } });
    const { output } = one.lines.at(-3 - 1);
    expect(output).toMatchObject({
      big: { $bigint: '12' },
      date: { $date: '1970-01-01T00:00:00.000Z' },
      map: { $map: [['a', { $set: [1] }]] },
      error: { $error: { name: 'TypeError', message: 'no' } },
      typed: { $typed: { kind: 'Float32Array', length: 1000 } },
      call: { $fn: 'max' },
    });
    expect(JSON.stringify(output.self)).toContain('$cut');
  });

  test('a line that is too long is cut where it is long, and says all the same what became of the loop', async () => {
    class Large extends Count {
      override reset() {
        this.state = { n: 0, rows: Array.from({ length: 300 }, (_, row) => ({ row, of: new Array(300).fill(row) })) };
      }
    }
    const served = await serve();
    await new Large(4).start({ inspect: served }).output;
    const one = await visit(served);
    await one.until(ended);
    expect(one.lines.map(faultOf).filter(Boolean)).toEqual([]);
    const steps = one.lines.filter(({ event }) => event?.type === 'loop.advanced');
    expect(steps.map(({ tr }) => tr[0])).toEqual(
      [null, null, null, ['loop.ending']].map((to) => ['loop.advancing', to, 'loop.advanced']),
    );
    // What did not change has the same digest at each step, and so is not shown as changed.
    const cut = steps.map(({ event }) => event.commit.state.rows[299].$cut);
    expect(cut[0]).toMatchObject({ kind: 'object', size: 2 });
    expect(new Set(cut.map(({ digest }) => digest)).size).toBe(1);
    expect(new Set(cut.map(({ ref }) => ref)).size).toBe(4);
  });
});
