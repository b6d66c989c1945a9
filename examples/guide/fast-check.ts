import fc from 'fast-check';
import { Loop } from 'loopchart';
import { everyCut } from 'loopchart/testing';
import { controls, loopTrees, treeLoop, underControl } from 'loopchart/testing/fast-check';

/** Multiplies what it has by what it draws. */
class Product extends Loop<number> {
  override state = { n: 0, product: 1 };
  private factor = 1;

  get done(): boolean {
    return this.state.n >= 4;
  }

  reset(): void {
    this.state = { n: 0, product: 1 };
  }

  advance(): void {
    this.state.n++;
    this.state.product *= ++this.factor;
  }

  override onRunEnd(): number {
    return this.state.product;
  }
}

const same = fc.asyncProperty(controls(), (commands) => underControl(() => new Product(), commands));
const { counterexample, errorInstance } = await fc.check(same, { seed: 1 });
console.log(String(counterexample));
console.log((errorInstance as Error).message);

const exact = fc.asyncProperty(loopTrees({ depth: 2 }), async (tree) => {
  await everyCut(() => treeLoop(tree));
});
await fc.assert(exact, { numRuns: 5, seed: 1 });
console.log('five trees of loops go on exactly');
