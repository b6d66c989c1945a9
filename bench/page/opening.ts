import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spread } from '../measure.ts';
import { Program } from '../program.ts';
import { writeRecording } from '../recordings.ts';
import { Tab } from '../tab.ts';
import { type Bench, byCpu, held, longest, ms, range } from './row.ts';

export const opening: Bench = {
  name: 'opening a file',
  async *rows(browser) {
    const folder = await mkdtemp(join(tmpdir(), 'loopchart-bench-'));
    const file = join(folder, 'run.jsonl');
    await writeRecording(file, { lines: held, spans: 1000 });
    const program = await Program.start();
    const clock: number[] = [];
    const cpu: number[] = [];
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      const tab = await Tab.open(browser, program.page);
      await tab.page.waitForSelector('.empty');
      const began = await tab.page.evaluate(() => performance.now());
      const tasks = await tab.tasksDuring(async () => {
        await tab.page.setInputFiles('#file', file);
        times.push((await tab.listed(held)) - began);
        await tab.page.waitForSelector('.nested');
      });
      clock.push(longest(tasks.map((task) => task.clock)));
      cpu.push(longest(tasks.map((task) => task.cpu)));
      await tab.close();
    }
    program.stop();
    await rm(folder, { recursive: true });
    yield { name: 'a recording of 10⁵ lines, until it is listed', measured: range(times, ms), mark: 'report' };
    yield {
      name: 'its longest task',
      measured: `${range(clock, ms)}; of the processor ${range(cpu, ms)}`,
      mark: '≤ 100 ms',
      met: spread(byCpu ? cpu : clock).median <= 100,
    };
  },
};
