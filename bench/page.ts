/**
 * What the inspector's page and its server cost, with the real page in Chromium on the real server, and the run in a
 * process of its own: `npm run bench:page`. A word after `--` chooses the cases whose names hold it; `--cpu` holds the
 * time of the processor against the marks, for a machine that others use as well; `--hour` adds an hour at a thousand events a
 * second, in some minutes; `--huge` opens a recording of 10⁷ lines in place of one of 10⁶, which takes 4 GB of the disk
 * and some minutes; `--verbose` tells figures as they come.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { launch } from '../test/support/chromium.ts';
import { drawing } from './page/drawing.ts';
import { hour } from './page/hour.ts';
import { listing } from './page/listing.ts';
import { opening } from './page/opening.ts';
import { type Row, verbose, withHour } from './page/row.ts';
import { stalled } from './page/stalled.ts';
import { streaming } from './page/streaming.ts';
import { table } from './table.ts';

// The hour takes minutes: only where it is asked for.
const benches = [listing, streaming, opening, drawing, stalled, ...(withHour ? [hour] : [])];
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const browser = await launch();
const rows: Row[] = [];
try {
  for (const { name, rows: measure } of benches) {
    if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${name} …`);
    for await (const row of measure(browser)) {
      rows.push(row);
      if (verbose) process.stderr.write(`${row.name}: ${row.measured}\n`);
    }
  }
} finally {
  await browser.close();
}
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
const load = loadavg()[0]!;
console.log(
  `Node ${process.version}, ${browser.version()}, ${availableParallelism()} CPUs (${cpus()[0]?.model ?? 'unknown'}), load ${load.toFixed(1)}\n`,
);
console.log(
  table(
    [
      ['case', 'measured', 'mark', ''],
      ...rows.map(({ name, measured, mark, met }) => [
        name,
        measured,
        mark,
        met === undefined ? '' : met ? 'met' : 'MISSED',
      ]),
    ],
    [false, true, true, false],
  ),
);
console.log('\nMedian (least–most), where nothing else is said.');
if (load > availableParallelism()) console.log('Others use this machine: what is measured by the clock takes longer.');
