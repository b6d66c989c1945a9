import { Loop } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Counter } from './support/counter.ts';

describe('arguments', () => {
  test('are the same references in every hook and iteration, so a change in one iteration is seen in the next', async () => {
    const seen: unknown[] = [];
    class Keeps extends Counter {
      override reset(arg: object) {
        void super.reset();
        seen.push(arg);
      }
      override onRunStart(arg: object) {
        seen.push(arg);
      }
      override onAdvanceStart(arg: { count: number }) {
        arg.count++;
        seen.push(arg);
      }
      override advance(arg: { count: number }) {
        void super.advance();
        expect(arg.count).toBe(this.state.n);
        seen.push(arg);
      }
      override onAdvanceEnd(arg: object) {
        seen.push(arg);
      }
      override onRunEnd(arg: object) {
        seen.push(arg);
        return this.state.n;
      }
    }
    const arg = { count: 0, live: () => {} };
    await new Keeps(3).run(arg);
    expect(seen).toHaveLength(3 + 3 * 3);
    for (const one of seen) expect(one).toBe(arg);
  });

  test('of a child are the references that its parent gave', async () => {
    const arg = { map: new Map() };
    let got: unknown;
    class Child extends Counter {
      override advance(given: unknown) {
        void super.advance();
        got = given;
      }
    }
    class Parent extends Counter {
      readonly child: Child = new Child(1);
      override async advance() {
        this.state.n++;
        await this.child.run(arg);
      }
    }
    await new Parent(1).run();
    expect(got).toBe(arg);
  });

  test('are checked by the type system', () => {
    class Typed extends Loop<number, [count: number, name?: string]> {
      get done() {
        return true;
      }
      reset(count: number) {
        count.toFixed();
      }
      advance() {}
      override onRunEnd() {
        return 1;
      }
    }
    const check = async (loop: Typed) => {
      // @ts-expect-error the argument is missing
      await loop.run();
      // @ts-expect-error not a number
      await loop.run('1');
      // @ts-expect-error the output is a number
      const output: string = await loop.run(1, 'name');
      return output;
    };
    expect(check).toBeTypeOf('function');
  });
});

test('what advance returns is discarded', async () => {
  class Returns extends Counter {
    override advance(): any {
      this.state.n++;
      return true;
    }
  }
  expect(await new Returns(2).run()).toBe(2);
});
