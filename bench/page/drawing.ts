import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spread } from '../measure.ts';
import { Program } from '../program.ts';
import { writeRecording } from '../recordings.ts';
import { Tab } from '../tab.ts';
import { type Bench, both, byCpu, longest, ms, part, type Row, total } from './row.ts';

export const drawing: Bench = {
  name: 'drawing',
  async *rows(browser) {
    const folder = await mkdtemp(join(tmpdir(), 'loopchart-bench-'));
    const file = join(folder, 'run.jsonl');
    await writeRecording(file, { lines: 1_000_000, spans: 100_000 });
    const program = await Program.start();
    const tab = await Tab.open(browser, program.page);
    const began = await tab.page.evaluate(() => performance.now());
    await tab.page.setInputFiles('#file', file);
    const opened = (await tab.listed(1_000_000)) - began;
    yield {
      name: 'a recording of 10⁶ lines, 10⁵ spans, until it is listed',
      measured: ms(opened),
      mark: 'report',
    };
    yield* framesOf(tab, 'the timeline of 10⁵ spans, zoomed and moved each frame', () => tab.sweepTimeline());
    yield* framesOf(tab, 'a log of 10⁶ rows, scrolled each frame', () => tab.sweepLog());
    await tab.close();
    program.stop();
    await rm(folder, { recursive: true });
  },
};

async function* framesOf(tab: Tab, name: string, sweep: () => Promise<void>): AsyncGenerator<Row> {
  await tab.noted();
  const tasks = await tab.tasksDuring(sweep);
  const { frames, scripts, flames } = await tab.noted();
  const late = frames.filter((frame) => frame > 25).length / frames.length;
  const cpu = total(tasks.map((task) => task.cpu)) / frames.length;
  const longestCpu = longest(tasks.map((task) => task.cpu));
  yield {
    name: `${name}: between two frames`,
    measured: `${ms(spread(frames).median)} (95 %: ${ms(part(frames, 0.95))}, 99 %: ${ms(part(frames, 0.99))}, most ${ms(longest(frames))}; ${(late * 100).toFixed(1)} % missed)`,
    mark: '60 a second',
    met: byCpu ? cpu <= 16.7 && longestCpu <= 33 : spread(frames).median < 17.5 && late <= 0.05,
  };
  yield {
    name: 'what its frames take of the page’s code',
    measured: `${ms(spread(scripts).median)} (99 %: ${ms(part(scripts, 0.99))}); with layout and painting, of the processor ${ms(cpu)}, the longest task ${both(tasks)}`,
    mark: 'report',
  };
  if (flames.length < frames.length / 2) return;
  yield {
    name: 'drawing the timeline, a frame',
    measured: `${ms(spread(flames).median)} (99 %: ${ms(part(flames, 0.99))}, most ${ms(longest(flames))})`,
    mark: '≤ 16.7 ms',
    met: spread(flames).median <= 16.7,
  };
}
