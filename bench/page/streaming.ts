import { Program } from '../program.ts';
import { Tab } from '../tab.ts';
import { type Bench, both, counted, longest } from './row.ts';

export const streaming: Bench = {
  name: 'streaming',
  async *rows(browser) {
    const perSecond = 20_000;
    for (const view of ['nest', 'chart', 'plots']) {
      const program = await Program.start();
      const tab = await Tab.open(browser, program.url);
      await program.ask('steps', { steps: 1000 });
      await tab.page.getByRole('tab', { name: view }).click();
      let took = 0;
      let missed = 0;
      const tasks = await tab.tasksDuring(async () => {
        ({ ms: took } = await program.ask('steps', { steps: perSecond * 10, perSecond }));
        const { lines } = await program.ask('lines', {});
        await tab.shows(lines);
        missed = lines - (await tab.count());
      });
      yield {
        name: `${perSecond.toLocaleString('en')} events a second for 10 s, ${view} shown: the longest task`,
        measured: `${both(tasks)} (${((perSecond * 10_000) / took).toFixed(0)} steps a second, ${missed} lines missed)`,
        mark: '≤ 100 ms',
        // A run that was kept from going so fast has shown nothing.
        met: took <= 10_500 && missed === 0 && longest(counted(tasks)) <= 100,
      };
      await tab.close();
      program.stop();
    }
  },
};
