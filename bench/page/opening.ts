import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { spread } from '../measure.ts';
import { Program } from '../program.ts';
import { writeRecording } from '../recordings.ts';
import { Tab, type Task } from '../tab.ts';
import { type Bench, byCpu, held, longest, ms, type Row, range } from './row.ts';

const rounds = 3;

export const opening: Bench = {
  name: 'opening a file',
  async *rows(browser) {
    const folder = await mkdtemp(join(tmpdir(), 'loopchart-bench-'));
    const files = ['one.jsonl', 'two.jsonl'].map((name) => join(folder, name));
    for (const file of files) await writeRecording(file, { lines: held, spans: 1000 });
    const program = await Program.start();
    yield* one(browser, program, files[0]!);
    yield* two(browser, program, files);
    program.stop();
    await rm(folder, { recursive: true });
  },
};

async function* one(browser: Browser, program: Program, file: string): AsyncGenerator<Row> {
  const times: number[] = [];
  const rounded: Task[][] = [];
  for (let round = 0; round < rounds; round++) {
    const tab = await Tab.open(browser, program.page);
    await tab.page.waitForSelector('.empty');
    const began = await tab.page.evaluate(() => performance.now());
    const tasks = await tab.tasksDuring(async () => {
      await tab.page.setInputFiles('#file', file);
      times.push((await tab.listed(held)) - began);
      await tab.page.waitForSelector('.nested');
    });
    rounded.push(tasks);
    await tab.close();
  }
  yield { name: 'a recording of 10⁵ lines, until it is listed', measured: range(times, ms), mark: 'report' };
  yield longestOf('its longest task', rounded);
}

async function* two(browser: Browser, program: Program, files: string[]): AsyncGenerator<Row> {
  const times: number[] = [];
  const read: Task[][] = [];
  const compared: Task[][] = [];
  for (let round = 0; round < rounds; round++) {
    const tab = await Tab.open(browser, program.page);
    await tab.page.waitForSelector('.empty');
    read.push(
      await tab.tasksDuring(async () => {
        await tab.page.setInputFiles('#file', files);
        await tab.listed(held);
        await tab.page.getByRole('tab', { name: 'runs' }).click();
        await tab.page.locator('.run-row.done').nth(1).waitFor();
      }),
    );
    compared.push(
      await tab.tasksDuring(async () => {
        await tab.compare();
        const began = performance.now();
        const found = await tab.compared();
        times.push(performance.now() - began);
        if (!found.startsWith('The same')) throw new Error(`Expected both to be the same, got: ${found}`);
      }),
    );
    await tab.close();
  }
  yield longestOf('two recordings of 10⁵ lines each, opened at once: the longest task', read);
  yield { name: 'the two compared, until all of both is', measured: range(times, ms), mark: 'report' };
  yield longestOf('its longest task', compared);
}

function longestOf(name: string, rounded: Task[][]): Row {
  const clock = rounded.map((tasks) => longest(tasks.map((task) => task.clock)));
  const cpu = rounded.map((tasks) => longest(tasks.map((task) => task.cpu)));
  return {
    name,
    measured: `${range(clock, ms)}; of the processor ${range(cpu, ms)}`,
    mark: '≤ 100 ms',
    met: spread(byCpu ? cpu : clock).median <= 100,
  };
}
