import { spread } from '../measure.ts';
import { Program } from '../program.ts';
import { Tab } from '../tab.ts';
import { type Bench, mb, range, verbose } from './row.ts';

export const hour: Bench = {
  name: 'an hour',
  async *rows(browser) {
    const [all, every, portion] = [3_600_000, 300_000, 25_000];
    const program = await Program.start();
    const tab = await Tab.open(browser, program.url);
    const samples: { events: number; page: number; tab: number; server: number }[] = [];
    const began = performance.now();
    for (let taken = 0; taken < all; taken += portion) {
      // As fast as the page takes them in: nothing is to be lost on the way.
      await program.ask('steps', { steps: portion });
      const { lines } = await program.ask('lines', {});
      await tab.shows(lines);
      if ((taken + portion) % every > 0) continue;
      const [inPage, inProgram] = [await tab.memory(), await program.ask('memory', {})];
      samples.push({ events: lines, page: inPage.heap, tab: inPage.all, server: inProgram.heap });
      if (verbose)
        process.stderr.write(
          `${lines} events: page ${mb(inPage.heap)}, its process ${mb(inPage.all)}; program ${mb(inProgram.heap)}, its process ${mb(inProgram.all)}\n`,
        );
    }
    const took = performance.now() - began;
    const lost = await tab.page.locator('header.top').innerText();
    await tab.close();
    program.stop();
    const full = samples.filter(({ events }) => events > 1_100_000);
    for (const [name, values, first] of [
      ['the page’s heap', full.map(({ page }) => page), samples[0]!.page],
      ['the program’s heap', samples.map(({ server }) => server), samples[0]!.server],
    ] as const) {
      const { min, max } = spread(values);
      yield {
        name: `an hour at 1000 events a second, in ${(took / 1000).toFixed(0)} s: ${name} once it holds all it may`,
        measured: `${mb(min)}–${mb(max)}, at the end ${mb(values.at(-1)!)} (after 3·10⁵ events ${mb(first)})`,
        mark: 'within 10 %',
        met: max / min <= 1.1,
      };
    }
    yield {
      name: 'the page’s whole process',
      measured: range(
        full.map((sample) => sample.tab),
        mb,
      ),
      mark: 'report',
    };
    if (/not sent|let go by the program/.test(lost)) throw new Error(`The page has not seen all: ${lost}`);
  },
};
