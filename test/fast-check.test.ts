import fc from 'fast-check';
import { Loop } from 'loopchart';
import { everyCut } from 'loopchart/testing';
import { controls, loopTrees, TreeLoop, treeLoop, underControl } from 'loopchart/testing/fast-check';
import { describe, expect, test } from 'vitest';
import { Count, Family } from './support/loops.ts';

const seed = Number(process.env.LOOPCHART_SEED ?? 1);

describe('random trees of loops', () => {
  test('go on exactly wherever they are cut', async () => {
    let boundaries = 0;
    const exact = fc.asyncProperty(loopTrees(), async (tree) => {
      boundaries += (await everyCut(() => treeLoop(tree), { max: 10, seed })).boundaries;
    });
    await fc.assert(exact, { numRuns: 15, seed });
    expect(boundaries).toBeGreaterThan(100);
  });

  test('become smaller where they do not', async () => {
    /** Counts in a field how often it has drawn. */
    class Forgets extends TreeLoop {
      private drawn = 0;
      override async advance() {
        await super.advance();
        if (this.tree.once) this.state.sum += this.drawn++;
      }
    }
    const exact = fc.asyncProperty(
      loopTrees(),
      async (tree) => void (await everyCut(() => new Forgets(tree), { seed })),
    );
    const { counterexample } = await fc.check(exact, { numRuns: 50, seed });
    // Two steps, for the second to find what the first has kept; and nothing else.
    expect(counterexample).toEqual([{ steps: 2, once: true, beside: false, children: [] }]);
  });
});

describe('random controls', () => {
  test('change nothing of what a run comes to', async () => {
    const same = fc.asyncProperty(controls({ maxCommands: 8 }), (commands) =>
      underControl(() => new Family(), commands),
    );
    await fc.assert(same, { numRuns: 15, seed });
  });

  test('also of one that draws in once, and asks for the time', async () => {
    class Dated extends Loop<number[]> {
      override state: { drawn: number[] } = { drawn: [] };
      get done() {
        return this.state.drawn.length >= 6;
      }
      reset() {
        this.state = { drawn: [] };
      }
      async advance() {
        this.state.drawn.push(...(await this.once('drawn', () => [Math.random(), Date.now()])));
      }
      override onRunEnd() {
        return this.state.drawn;
      }
    }
    const same = fc.asyncProperty(controls({ maxCommands: 8 }), (commands) =>
      underControl(() => new Dated(), commands),
    );
    await fc.assert(same, { numRuns: 15, seed });
  });

  test('are run in order, and name what differs', async () => {
    class Forgets extends Count {
      private at = 0;
      override async advance() {
        this.state.n = ++this.at;
      }
    }
    const same = fc.asyncProperty(controls(), (commands) => underControl(() => new Forgets(5), commands));
    const { failed, counterexample, errorInstance } = await fc.check(same, { numRuns: 100, seed });
    expect(failed).toBe(true);
    expect(String(counterexample)).toMatch(/suspend, and go on/);
    expect(errorInstance).toMatchObject({ code: 'RESUME_DIFFERS', path: 'forgets' });
  });
});
