import { spread } from '../measure.ts';
import { Program } from '../program.ts';
import { Tab } from '../tab.ts';
import { type Bench, byCpu, longest, mb, ms, range } from './row.ts';

export const stalled: Bench = {
  name: 'a stalled page',
  async *rows(browser) {
    const steps = 200_000;
    const program = await Program.start();
    // What is compiled late, and what the ring takes.
    await program.ask('steps', { steps });
    await program.ask('steps', { steps });
    const alone = await program.ask('memory', {});
    const ratios: number[] = [];
    const held: { early: number; late: number }[] = [];
    let caught = 0;
    for (let round = 0; round < 3; round++) {
      const before = await program.ask('steps', { steps });
      const tab = await Tab.open(browser, program.url);
      await tab.shows((await program.ask('lines', {})).lines);
      await tab.stall();
      // What is on the way to a page is bounded, and full after these: some 17 MB.
      await program.ask('steps', { steps });
      const early = (await program.ask('memory', {})).heap;
      const beside = await program.ask('steps', { steps });
      held.push({ early, late: (await program.ask('memory', {})).heap });
      ratios.push(byCpu ? beside.cpu / before.cpu : beside.ms / before.ms);
      const at = performance.now();
      await tab.goOn();
      await tab.shows((await program.ask('lines', {})).lines);
      caught = Math.max(caught, performance.now() - at);
      await tab.close();
    }
    program.stop();
    const growth = held.map(({ early, late }) => late / early);
    yield {
      name: 'a run beside a page that has stalled, 3 times 2·10⁵ steps: its time by that of one with no page',
      measured: range(ratios, (ratio) => `${ratio.toFixed(2)}×`),
      mark: '≤ 1.1×',
      met: spread(ratios).median <= 1.1,
    };
    yield {
      name: 'what the program holds meanwhile',
      measured: `${range(
        held.map(({ early }) => early),
        mb,
      )}, 2·10⁵ steps later ${range(
        held.map(({ late }) => late),
        mb,
      )} (with no page ${mb(alone.heap)})`,
      mark: 'within 10 %',
      met: longest(growth) <= 1.1,
    };
    yield { name: 'until the page shows the newest event again, at most', measured: ms(caught), mark: 'report' };
  },
};
