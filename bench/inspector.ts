import { inspector } from 'loopchart/node';
import { Count } from './counters.ts';
import { listen } from './listener.ts';
import { type Case, compare, type Side } from './measure.ts';

const count = 40_000;
/** As many as the inspector holds: from then on each line takes another's place, as in any run of some length. */
const before = 110_000;

const watched: Side = {
  name: 'the same, `inspect: () => {}`',
  count,
  run: () => new Count({ steps: count }).start({ inspect: () => {} }).output,
};

export const inspectedStep: Case = {
  name: 'inspected step',
  async *rows() {
    const inspect = await inspector({ tell: () => {} });
    const run = (steps: number) => new Count({ steps }).start({ inspect }).output;
    await run(before);
    const ours = { name: 'loopchart', count, run: () => run(count) };
    yield await compare('step, inspected, nobody connected', ours, watched, { atMost: 1.3 });
    await inspect.close();
  },
};

export const inspectedStepShown: Case = {
  name: 'inspected step with a page',
  async *rows() {
    const inspect = await inspector({ tell: () => {} });
    const run = (steps: number) => new Count({ steps }).start({ inspect }).output;
    await run(before);
    const page = await listen(inspect.url);
    // It gets what is held.
    await page.heard();
    const ours = {
      name: 'loopchart',
      count,
      /** Until the page has the last line. */
      async run() {
        const heard = page.heard();
        await run(count);
        const { steps, missing } = await heard;
        return missing === 0 ? steps : Number.NaN;
      },
    };
    yield await compare('step, inspected, a page connected', ours, watched, { atMost: 2 });
    page.close();
    await inspect.close();
  },
};
