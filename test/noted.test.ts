import { Loop, type LoopRun, Progress } from 'loopchart';
import { afterEach, describe, expect, test } from 'vitest';
import { plainCopy } from '../src/data/json.ts';
import { Noted } from '../src/data/noted.ts';
import { NotedObjects } from '../src/data/noted-objects.ts';
import { allowLight } from '../src/light/light-runner.ts';
import { Likeness } from '../src/tree/likeness.ts';
import { partsOf } from '../src/tree/parts.ts';
import { captureBoundary } from '../src/tree/state-dict.ts';
import { changed, objectsIn, randomState, words } from './support/changing-state.ts';
import { random } from './support/trees.ts';

/*
 * While nobody looks, the state at a boundary is not copied but noted, and a copy is made for whoever looks. That copy is
 * what one that had been made at the boundary would have been.
 */

afterEach(() => allowLight(true));

const loop = { path: 'loop' };
const whole = (value: unknown) => plainCopy(value, () => 'loop', 'state');

describe('what was noted of plain data', () => {
  test('is what a copy had at that moment, whatever has changed since', () => {
    let again = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const state = randomState(next);
      const noted = new Noted();
      let objects: NotedObjects | undefined;
      for (let step = 0; step < 12; step++) {
        changed(state, step, next);
        const copy = whole(state);
        noted.take(state, loop, 'state');
        if (objects?.again(state) === true) {
          again++;
          expect(words(objects.copy()), `seed ${seed}, step ${step}`).toStrictEqual(words(copy));
        } else {
          objects = new NotedObjects(state, copy);
        }
        changed(state, step, next);
        expect(words(noted.copy()), `seed ${seed}, step ${step}`).toStrictEqual(words(copy));
        // Whoever has got a copy may change it.
        for (const object of objectsIn(noted.copy())) object[0] = 'changed';
        expect(words(noted.copy()), `seed ${seed}, step ${step}`).toStrictEqual(words(copy));
      }
    }
    expect(again).toBeGreaterThan(1000);
  });

  test('is so for data without objects, for other keys, another object and other values', () => {
    const noted = new Noted();
    const keys = ['x', 'y', '7', '__proto__', 'z'];
    const values = [1, -0, 0, Number.NaN, 'a', '', true, null, undefined];
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
      const state = {};
      for (let i = Math.floor(next() * 4); i > 0; i--) {
        const [key, value] = [pick(keys), pick(values)];
        Object.defineProperty(state, key, { value, enumerable: true, configurable: true, writable: true });
      }
      const mixed = pick<unknown>([state, state, state, state, { state }, 5, 'text', null, [state]]);
      noted.take(mixed, loop, 'state');
      expect(words(noted.copy()), `seed ${seed}`).toStrictEqual(words(whole(mixed)));
    }
  });

  test('is refused where it is no plain data any more, with the place', () => {
    const state: any = { n: 0, rows: [{ id: 1 }, { id: 2 }] };
    const noted = new Noted();
    const take = () => noted.take(state, loop, 'state');
    take();
    state.rows[1].id = () => {};
    expect(take).toThrow('`state.rows[1].id`');
    state.rows[1].id = state;
    expect(take).toThrow('a cycle');
    state.rows[1] = Object.setPrototypeOf({ id: 2 }, { inherited: 1 });
    expect(take).toThrow('an instance of');
    state.rows = [1, undefined];
    expect(take).toThrow('undefined');
    state.rows = [{ id: 1 }];
    take();
    Object.defineProperty(state.rows[0], 'id', {
      enumerable: true,
      get() {
        throw new Error('no');
      },
    });
    expect(take).toThrow('something that cannot be read');
    noted.take({ n: 1 }, loop, 'state');
    expect(() => noted.take({ n: 1n }, loop, 'state')).toThrow('`state.n`');
  });
});

class Leaf extends Loop {
  override state: any = { n: 0 };
  count = new Progress();
  get done() {
    return true;
  }
  reset() {}
  advance() {}
}

class Own extends Leaf {
  override onSaveCheckpoint() {
    return null;
  }
}

test('the likeness of a tree is what its boundary is, wherever its loops come and go', () => {
  class Top extends Leaf {
    a: Loop | null = new Leaf();
    list: unknown[] = [1, 2];
    later: unknown;
    own: Loop = new Own();
  }
  const top: any = new Top();
  const likeness = new Likeness();
  const same = () => {
    likeness.take(top);
    const boundary = captureBoundary(top);
    for (const key of ['state', 'progress', 'children', 'restarting'] as const) {
      expect(likeness.boundary()[key]).toStrictEqual(boundary[key]);
    }
    return Object.keys({ ...boundary.progress, ...boundary.children }).join(' ');
  };
  expect(same()).toBe('count a own');
  const changes: [() => void, parts: string][] = [
    [() => (top.a.state.n = 1), 'count a own'],
    [() => (top.state = { other: [1] }), 'count a own'],
    [() => (top.a = null), 'count own'],
    [() => (top.a = { plain: 1 }), 'count own'],
    [() => (top.a = new Leaf()), 'count a own'],
    [() => (top.list = [new Leaf(), new Leaf()]), 'count a list.0 list.1 own'],
    [() => top.list.reverse(), 'count a list.0 list.1 own'],
    [() => delete top.list[0], 'count a list.1 own'],
    [() => (top.list[0] = new Leaf()), 'count a list.0 list.1 own'],
    [() => top.list.pop(), 'count a list.0 own'],
    [() => [top.list.pop(), Object.assign(top, { list: [] })], 'count a own'],
    [() => top.list.push(5), 'count a own'],
    [() => (top.list = [1]), 'count a own'],
    [() => (top.list = []), 'count a own'],
    [() => (top.later = new Map()), 'count a own'],
    [() => (top.later = new Map()), 'count a own'],
    [() => top.list.push(new Leaf()), 'count a list.0 own'],
    [() => (top.list = Number.NaN), 'count a own'],
    [() => (top.later = new Progress()), 'count later a own'],
    [() => top.later.increment?.(), 'count later a own'],
    [() => (top.restarting = true), 'count later a own'],
    [() => delete top.a, 'count later own'],
    [() => (top.a = new Leaf()), 'count later own a'],
    [() => (top.a.own = new Own()), 'count later own a'],
  ];
  for (const [change, parts] of changes) {
    change();
    expect(same(), String(change)).toBe(parts);
    // They are looked for again only where something has changed.
    expect(partsOf(top), String(change)).toBe(partsOf(top));
    expect(same(), String(change)).toBe(parts);
  }
});

describe('a run that fails because a state is no plain data says where it was at the last boundary', () => {
  class Inner extends Loop {
    override state: any = { n: 0, bad: null };
    get done() {
      return this.state.n > 0;
    }
    reset() {
      this.state.n = 0;
    }
    advance() {
      this.state.n++;
    }
  }

  class Outer extends Loop {
    override state: any = { n: 0, rows: [{ id: 0 }] };
    inner = new Inner();
    readonly breaks: (outer: Outer) => void;

    constructor(breaks: (outer: Outer) => void) {
      super();
      this.breaks = breaks;
    }

    get done() {
      return this.state.n === 5;
    }
    reset() {}
    async advance() {
      await this.inner.run();
      this.state.n++;
      this.state.rows[0].id++;
      if (this.state.n === 3) this.breaks(this);
    }
  }

  const breaks: Record<string, (outer: Outer) => void> = {
    'its own': (outer) => (outer.state.bad = () => {}),
    'its own, deep': (outer) => (outer.state.rows[0].bad = () => {}),
    'that of a child': (outer) => (outer.inner.state.bad = () => {}),
  };

  for (const [kind, work] of Object.entries(breaks)) {
    test(kind, async () => {
      const ended = async (run: LoopRun<unknown>) => {
        const outcome = await run.outcome;
        const { state, steps, children } = (run.actor.getSnapshot() as any).context;
        return { status: outcome.status, error: String((outcome as any).error), state, steps, children };
      };
      const light = await ended(new Outer(work).start());
      expect(light).toMatchObject({ status: 'failed', state: { n: 2, rows: [{ id: 2 }] } });
      expect(light.error).toContain('plain data');
      allowLight(false);
      expect(light).toStrictEqual(await ended(new Outer(work).start()));
    });
  }
});
