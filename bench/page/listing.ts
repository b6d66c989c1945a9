import { spread } from '../measure.ts';
import { Program } from '../program.ts';
import { Tab } from '../tab.ts';
import { type Bench, byCpu, held, ms, range, total } from './row.ts';

export const listing: Bench = {
  name: 'listing',
  async *rows(browser) {
    const program = await Program.start();
    await program.ask('steps', { steps: held + 20_000 });
    const times: number[] = [];
    let rows = 0;
    const busy: number[] = [];
    for (let round = 0; round < 3; round++) {
      const tab = await Tab.open(browser, 'about:blank');
      // Those that are held, and the few that stand for what is not.
      const { lines } = await program.ask('lines', {});
      const tasks = await tab.tasksDuring(async () => {
        await tab.page.goto(program.url);
        await tab.shows(lines);
        times.push(await tab.listed(await tab.count()));
      });
      busy.push(total(tasks.map(({ cpu }) => cpu)));
      rows = Math.max(rows, await tab.rows());
      await tab.close();
    }
    program.stop();
    yield {
      name: '10⁵ events that a program holds, from opening its page until they are listed',
      measured: `${range(times, ms)}; the page’s thread was busy for ${range(busy, ms)} of the processor`,
      mark: '≤ 2 s',
      met: spread(byCpu ? busy : times).median <= 2000,
    };
    yield {
      name: 'its rows of the log in the document',
      measured: `${rows}`,
      mark: '≤ 100',
      met: rows > 0 && rows <= 100,
    };
  },
};
