import { describe, expect, test } from 'vitest';
import { Counter } from './support/counter.ts';

describe('restarting', () => {
  class Restarts extends Counter {
    readonly seen: string[] = [];
    override get skip() {
      this.seen.push(`skip ${this.restarting}`);
      return false;
    }
    override get done() {
      this.seen.push(`done ${this.restarting}`);
      return super.done;
    }
    override reset() {
      this.seen.push(`reset ${this.restarting}`);
      if (!this.restarting) this.state.n = 0;
    }
    override onRunStart() {
      this.seen.push(`onRunStart ${this.restarting}`);
    }
    override onAdvanceStart() {
      this.seen.push(`onAdvanceStart ${this.restarting}`);
    }
    override advance() {
      this.seen.push(`advance ${this.restarting}`);
      void super.advance();
    }
    override onAdvanceEnd() {
      this.seen.push(`onAdvanceEnd ${this.restarting}`);
    }
    override onRunEnd() {
      this.seen.push(`onRunEnd ${this.restarting}`);
      return this.state.n;
    }
  }
  class RestartsParent extends Restarts {
    readonly child: Counter = new Counter();
  }

  const Kinds = [Restarts, RestartsParent];

  test.for(Kinds)('is false in a fresh run of a %o', async (Kind) => {
    const loop = new Kind(2);
    expect(loop.restarting).toBe(false);
    await loop.run();
    expect(loop.seen.filter((line) => line.endsWith('true'))).toEqual([]);
  });

  test.for(Kinds)('is true from a load to the end of the first whole iteration of a %o', async (Kind) => {
    const loop = new Kind(3);
    loop.loadStateDict({ state_dict: { n: 1 } });
    expect(loop.restarting).toBe(true);
    await loop.run();
    expect(loop.seen).toEqual([
      'skip true',
      'reset true',
      'onRunStart true',
      'done true',
      'onAdvanceStart true',
      'advance true',
      'onAdvanceEnd true',
      'done false',
      'onAdvanceStart false',
      'advance false',
      'onAdvanceEnd false',
      'done false',
      'onRunEnd false',
    ]);
    expect(loop.restarting).toBe(false);
  });

  test.for(Kinds)('is false in onRunEnd after zero iterations of a %o', async (Kind) => {
    const loop = new Kind(1);
    loop.loadStateDict({ state_dict: { n: 1 } });
    await loop.run();
    expect(loop.seen).toEqual(['skip true', 'reset true', 'onRunStart true', 'done true', 'onRunEnd false']);
    expect(loop.restarting).toBe(false);
  });

  test.for(Kinds)('is false in onRunEnd after an end in the first iteration of a %o', async (Kind) => {
    const loop = new Kind(3);
    loop.advance = () => {
      throw loop.end();
    };
    loop.restarting = true;
    await loop.run();
    expect(loop.seen.at(-1)).toBe('onRunEnd false');
    expect(loop.restarting).toBe(false);
  });

  test.for(Kinds)('stays as it was when a %o fails', async (Kind) => {
    const early = new Kind(3);
    early.advance = () => {
      throw new Error('early');
    };
    early.restarting = true;
    await expect(early.run()).rejects.toThrow('early');
    expect(early.restarting).toBe(true);

    const late = new Kind(3);
    const advance = late.advance.bind(late);
    late.advance = () => {
      advance();
      if (late.state.n === 2) throw new Error('late');
    };
    late.restarting = true;
    await expect(late.run()).rejects.toThrow('late');
    expect(late.restarting).toBe(false);
  });

  test('is left alone by a skipped run', async () => {
    class Skips extends Counter {
      override get skip() {
        return true;
      }
    }
    const loop = new Skips();
    loop.restarting = true;
    await loop.run();
    expect(loop.restarting).toBe(true);
  });

  test('set on a loop is set on all below it, in arrays as well', () => {
    const loop = tree();
    loop.restarting = true;
    expect([loop, loop.child, loop.folds[0]!, loop.folds[1]!].map((one) => one.restarting)).toEqual(
      Array(4).fill(true),
    );
    loop.restarting = false;
    expect([loop, loop.child, loop.folds[0]!, loop.folds[1]!].map((one) => one.restarting)).toEqual(
      Array(4).fill(false),
    );
  });

  test('of a child ends with its own first iteration, and with the parent’s if it was not run', async () => {
    const seen: string[] = [];
    class Child extends Counter {
      override reset() {
        seen.push(`${this.path.slice(this.path.indexOf('.') + 1)} ${this.restarting}`);
        this.state.n = 0;
      }
    }
    class Parent extends Counter {
      readonly a: Child = new Child(1);
      readonly b: Child = new Child(1);
      override async advance() {
        this.state.n++;
        await this.a.run();
        if (this.state.n === 1) await this.a.run();
        if (this.state.n > 1) await this.b.run();
      }
    }
    const loop = new Parent(2);
    loop.restarting = true;
    await loop.run();
    // Lightning would give `b true`: a flag gone stale.
    expect(seen).toEqual(['a true', 'a false', 'a false', 'b false']);
  });

  function tree() {
    class Tree extends Counter {
      readonly child: Counter = new Counter();
      readonly folds: Counter[] = [new Counter(), new Counter()];
    }
    return new Tree();
  }
});
