import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spread } from '../measure.ts';
import { Program } from '../program.ts';
import { writeRecording } from '../recordings.ts';
import { Tab } from '../tab.ts';
import { type Bench, both, byCpu, huge, longest, mb, ms, part, type Row, seconds, total } from './row.ts';

/** How much is written, and what it is called. A file of 10⁷ lines takes minutes: only where it is asked for. */
const [shape, called] = huge
  ? ([{ lines: 10_000_000, spans: 1_000_000 }, 'a recording of 10⁷ lines, 10⁶ spans'] as const)
  : ([{ lines: 1_000_000, spans: 100_000 }, 'a recording of 10⁶ lines, 10⁵ spans'] as const);
/** So many lines the page holds at most. */
const most = 1_000_000;

export const drawing: Bench = {
  name: 'drawing',
  async *rows(browser) {
    const folder = await mkdtemp(join(tmpdir(), 'loopchart-bench-'));
    const file = join(folder, 'run.jsonl');
    await writeRecording(file, shape);
    const program = await Program.start();
    const tab = await Tab.open(browser, program.page);
    tab.page.setDefaultTimeout(1_200_000);
    await tab.page.waitForSelector('.empty');
    await tab.noted();
    const began = await tab.page.evaluate(() => performance.now());
    await tab.page.setInputFiles('#file', file);
    const first = (await tab.painted('#log .row')) - began;
    yield { name: `${called}, until the first of it is shown`, measured: ms(first), mark: '≤ 1 s', met: first <= 1000 };
    const whole = (huge ? await tab.isRead(shape.lines) : await tab.listed(shape.lines)) - began;
    const tasks = (await tab.noted()).long;
    yield {
      name: 'until all of it is read',
      measured: `${seconds(whole)}; the longest task by the clock ${ms(longest(tasks))}`,
      mark: 'report',
    };
    const { heap, all } = await tab.memory();
    yield {
      name: 'the page’s heap then',
      measured: `${mb(heap)}, its process ${mb(all)}`,
      mark: '≤ 1 GB',
      met: heap <= 1e9,
    };
    yield* framesOf(tab, 'its timeline, zoomed and moved each frame', () => tab.sweepTimeline());
    yield* framesOf(tab, 'its log, scrolled each frame', () => tab.sweepLog());
    if (shape.lines > most) {
      await tab.page.getByRole('button', { name: /^all [\d,]+ runs$/ }).click();
      yield* framesOf(tab, 'all 10⁶ runs on the timeline, zoomed and moved each frame', () => tab.sweepTimeline());
      yield* otherPart(tab);
    }
    await tab.close();
    program.stop();
    await rm(folder, { recursive: true });
  },
};

/** Another part of a file that is too large to be held at once. */
async function* otherPart(tab: Tab): AsyncGenerator<Row> {
  const began = performance.now();
  const before = await tab.page.locator('.notice', { hasText: 'are shown' }).innerText();
  await tab.page.getByRole('button', { name: 'Earlier lines' }).click();
  await tab.page.waitForFunction(
    (text) =>
      document.querySelector('#log .row') &&
      [...document.querySelectorAll('.notice')].some(
        ({ textContent: told }) => told!.includes('are shown') && told !== text,
      ),
    before,
  );
  const shown = performance.now() - began;
  await tab.page.locator('button:enabled', { hasText: 'Later lines' }).waitFor();
  const { heap } = await tab.memory();
  yield {
    name: 'another part of the file, until it is shown',
    measured: `${ms(shown)}; all of it after ${seconds(performance.now() - began)}; the page’s heap ${mb(heap)}`,
    mark: '≤ 1 s',
    met: shown <= 1000,
  };
}

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
    name: 'drawing it, a frame',
    measured: `${ms(spread(flames).median)} (99 %: ${ms(part(flames, 0.99))}, most ${ms(longest(flames))})`,
    mark: '≤ 16.7 ms',
    met: spread(flames).median <= 16.7,
  };
}
