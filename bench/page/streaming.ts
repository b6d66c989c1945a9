import { Program } from '../program.ts';
import { Tab } from '../tab.ts';
import { type Bench, both, counted, longest } from './row.ts';

const perSecond = 20_000;

export const streaming: Bench = {
  name: 'streaming',
  async *rows(browser) {
    for (const view of ['nest', 'nest of 200 loops', 'chart', 'plots', 'compare']) {
      const isLarge = view === 'nest of 200 loops';
      const program = await Program.start(view === 'compare' ? 2 : 1, isLarge ? 200 : 2);
      const tab = await Tab.open(browser, program.url);
      // Of a large one, until each loop has run.
      await program.ask('steps', { steps: isLarge ? 50_000 : 1000 });
      await tab.shows((await program.ask('lines', {})).lines);
      if (view === 'compare') await tab.compare();
      else await tab.page.getByRole('tab', { name: view.split(' ')[0]! }).click();
      let took = 0;
      let missed = 0;
      const tasks = await tab.tasksDuring(async () => {
        ({ ms: took } = await program.ask('steps', { steps: perSecond * 10, perSecond }));
        const { lines } = await program.ask('lines', {});
        await tab.shows(lines);
        missed = lines - (await tab.count());
      });
      const shown = view === 'compare' ? 'two runs compared' : `${view} shown`;
      yield {
        name: `${perSecond.toLocaleString('en')} events a second for 10 s, ${shown}: the longest task`,
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
