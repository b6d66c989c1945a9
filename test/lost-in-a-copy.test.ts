import { type Checkpoint, type Json, Loop, memoryStore } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { lossIn } from '../src/data/loss.ts';

/* What data has that a copy would not: it is refused where it is to be saved, and nothing is lost without a word. */

const lost: [what: string, make: () => object, says: string][] = [
  [
    'a getter',
    () => Object.defineProperty({ list: [1] }, 'last', { get: () => 1, enumerable: true }),
    'a getter, `last`',
  ],
  ['a key that is a symbol', () => ({ [Symbol('mine')]: 1 }), 'a key that is a symbol, `Symbol(mine)`'],
  ['a hidden key', () => Object.defineProperty({ a: 1 }, 'b', { value: 2 }), 'a key that is not enumerable, `b`'],
  ['what match() returns', () => 'a-b'.match(/(a)-(b)/)!, 'the name `index` beside the items of a list'],
  ['a list with a name', () => Object.assign([1, 2], { best: 2 }), 'the name `best` beside the items of a list'],
];

class Two<State extends object> extends Loop<Json | undefined> {
  override state: { n: number; held?: State } = { n: 0 };
  readonly make: () => State;

  constructor(make: () => State) {
    super();
    this.make = make;
  }

  get done(): boolean {
    return this.state.n >= 2;
  }

  reset(): void {
    this.state = { n: 0 };
  }

  advance(): void | Promise<void> {
    this.state.held ??= this.make();
    this.state.n++;
  }

  override onRunEnd(): Json | undefined {
    return this.state.n;
  }
}

const refused = (says: string) => ({ code: 'NOT_PLAIN_DATA', message: expect.stringContaining(`got ${says}, which`) });

describe.each(lost)('%s', (_, make, says) => {
  test('is looked for at any depth, and once for each object', () => {
    expect(lossIn(make())).toBe(says);
    expect(lossIn({ a: [{ b: make() }] })).toBe(says);
    const whole = new WeakSet();
    const rows: object[] = [{ id: 1 }];
    expect(lossIn({ rows }, whole)).toBeUndefined();
    rows.push(make());
    expect(lossIn({ rows }, whole)).toBe(says);
    expect(lossIn({ rows }, whole)).toBe(says);
  });

  test('in a state is no matter where nothing is saved', async () => {
    expect(await new Two(make).run()).toBe(2);
    expect(await new Two(make).start().output).toBe(2);
  });

  test('in a state is refused by whatever saves it', async () => {
    const store = memoryStore();
    expect(await new Two(make).start({ store, id: 'two' }).outcome).toMatchObject({
      status: 'failed',
      error: refused(says),
    });
    expect(await store.load('two')).toBeUndefined();
    const run = new Two(make).start({ paused: true });
    await run.step();
    await expect(run.checkpoint()).rejects.toMatchObject(refused(says));
    expect(() => run.actor.getPersistedSnapshot()).toThrow(expect.objectContaining(refused(says)));
    run.abort();
    await run.outcome;
    const loop = new Two(make);
    await loop.advance();
    expect(() => loop.stateDict()).toThrow(expect.objectContaining(refused(says)));
  });

  test('is refused in what onSaveCheckpoint returns, and in the state that it makes that of', async () => {
    class Own extends Two<object> {
      override onSaveCheckpoint(): any {
        return { n: this.state.n, held: this.make() };
      }
    }
    class More extends Two<object> {
      override onSaveCheckpoint(): any {
        return { ...(super.onSaveCheckpoint() as object), more: 1 };
      }
    }
    for (const loop of [new Own(make), new More(make)]) {
      expect(await loop.start().outcome).toMatchObject({ status: 'failed', error: refused(says) });
    }
  });

  test('that once gave, or a child, is an error of the checkpoint', async () => {
    class Gives extends Two<object> {
      override advance() {
        this.state.n++;
      }
      override onRunEnd(): any {
        return make();
      }
    }
    class Asks extends Two<object> {
      readonly child: Gives = new Gives(make);
      readonly how: 'once' | 'child';
      readonly gate: Promise<void>;
      reached: () => void = () => {};

      constructor(how: 'once' | 'child', gate: Promise<void>) {
        super(make);
        this.how = how;
        this.gate = gate;
      }

      override async advance() {
        await (this.how === 'once' ? this.once('key', make) : this.child.run());
        this.reached();
        await this.gate;
        this.state.n = 2;
      }
    }
    for (const how of ['once', 'child'] as const) {
      let open: () => void = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const loop = new Asks(how, gate);
      const reached = new Promise<void>((resolve) => {
        loop.reached = resolve;
      });
      const run = loop.start();
      await reached;
      expect(() => run.actor.getPersistedSnapshot()).toThrow(
        expect.objectContaining({ code: 'NOT_PLAIN_DATA', message: expect.stringContaining(`with ${says}`) }),
      );
      open();
      expect(await run.output).toBe(2);
    }
  });

  test('in what a Stateful object gives is refused', async () => {
    class Model {
      stateDict() {
        return { weights: make() };
      }
      loadStateDict() {}
    }
    class Trains extends Two<object> {
      readonly model: Model = new Model();
    }
    const error = await new Trains(() => ({})).start({ store: memoryStore() }).outcome;
    expect(error).toMatchObject({ status: 'failed', error: { code: 'NOT_PLAIN_DATA' } });
    expect((error as any).error.message).toContain(`\`model.weights\``);
    expect((error as any).error.message).toContain(says);
  });
});

test('what is whole is saved as before, and keys that hold undefined are left out', async () => {
  const run = new Two(() => ({ list: [1, { a: undefined, b: [] }], text: 'x' })).start({ paused: true });
  await run.step();
  const checkpoint: Checkpoint = await run.checkpoint();
  expect(checkpoint.stateDict.state_dict).toEqual({ n: 1, held: { list: [1, { b: [] }], text: 'x' } });
  await run.stop();
});
