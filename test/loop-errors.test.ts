import { describe, expect, test } from 'vitest';
import { Counter, nest } from './support/counter.ts';
import { turn } from './support/loops.ts';
import { start, Traced, TracedParent } from './support/traced.ts';

describe('an error', () => {
  const hooks = [
    'skip',
    'onSkip',
    'reset',
    'onRunStart',
    'done',
    'onAdvanceStart',
    'advance',
    'onAdvanceEnd',
    'onRunEnd',
  ] as const;
  const cases = hooks.flatMap((hook) =>
    [false, true].flatMap((late) =>
      [false, true].flatMap((watched) => [false, true].map((parent) => ({ hook, late, watched, parent }))),
    ),
  );

  test.for(cases.filter(({ hook, late }) => !late || (hook !== 'skip' && hook !== 'done')))(
    'in $hook reaches output as the same object, and later hooks do not run (async: $late, watched: $watched, child: $parent)',
    async ({ hook, late, watched, parent }) => {
      const error = Object.assign(new Error(hook), { detail: { live: () => {} } });
      const loop = parent ? new TracedParent(1) : new Traced(1);
      if (hook === 'onSkip') Object.defineProperty(loop, 'skip', { value: true });
      if (hook === 'skip' || hook === 'done') {
        Object.defineProperty(loop, hook, {
          get: () => {
            throw error;
          },
        });
      } else {
        loop[hook] = (() => {
          loop.log.push('thrown');
          if (!late) throw error;
          return turn().then(() => {
            throw error;
          });
        }) as () => any;
      }
      const run = start(loop, watched);
      const outcome = await run.outcome;
      expect(outcome.status).toBe('failed');
      expect(outcome.error).toBe(error);
      expect(await run.output.catch((thrown) => thrown)).toBe(error);
      if (hook !== 'skip' && hook !== 'done') expect(loop.log.at(-1)).toBe('thrown');
      expect(loop.running).toBe(false);
      expect(run.actor.getSnapshot().status).toBe('error');
    },
  );

  test('leaves every counter as it was at the throw', async () => {
    class Fails extends Counter {
      override advance() {
        this.state.n++;
        if (this.state.n === 5) throw new Error('fifth');
      }
    }
    const loop = new Fails(10);
    const run = loop.start();
    expect((await run.outcome).steps).toBe(4);
    expect(loop.state).toEqual({ n: 5 });
    expect(run.actor.getSnapshot()).toMatchObject({
      context: { state: { n: 5 }, steps: 4, error: { message: 'fifth' } },
    });
  });

  test.for(['text', 0, false, { code: 1 }])('that is no Error reaches output as it is: %o', async (thrown) => {
    const loop = new Counter();
    loop.advance = () => {
      throw thrown;
    };
    expect(await loop.run().catch((error) => error)).toBe(thrown);
  });

  test.for([null, undefined])('that is %o reaches output as it is', async (thrown) => {
    const loop = new Counter();
    loop.advance = () => {
      throw thrown;
    };
    expect(await loop.run().catch((error) => error)).toBe(thrown);
  });

  test('of a child reaches its parent’s step as the same object, and may be caught there', async () => {
    const error = new Error('child');
    const child = new Counter();
    child.advance = () => {
      throw error;
    };
    const caught: unknown[] = [];
    class Parent extends Counter {
      readonly child: Counter = child;
      override async advance() {
        this.state.n++;
        await this.child.run().catch((thrown) => caught.push(thrown));
      }
    }
    expect(await new Parent(2).run()).toBe(2);
    expect(caught).toHaveLength(2);
    for (const one of caught) expect(one).toBe(error);
  });

  test('three levels down reaches output unchanged when nobody catches it', async () => {
    const error = new TypeError('deep');
    const leaf = new Counter();
    leaf.advance = () => {
      throw error;
    };
    const run = nest(nest(leaf)).start();
    expect(await run.output.catch((thrown) => thrown)).toBe(error);
  });

  test('does not keep the loop from running again', async () => {
    const loop = new Counter(2);
    const { advance } = Counter.prototype;
    loop.advance = () => {
      throw new Error('once');
    };
    await expect(loop.run()).rejects.toThrow('once');
    loop.advance = advance;
    expect(await loop.run()).toBe(2);
  });
});
