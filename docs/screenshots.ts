/**
 * Makes the pictures of the inspector from recordings of two digits runs: `npm run screenshots` those in the README,
 * `npm run screenshots -- DIR` every view, light and dark, at three widths, into DIR.
 */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { formatRecording, record } from 'loopchart';

import { loadTensorFlow } from '../examples/digits/backend.ts';
import { loadDigits } from '../examples/digits/data.ts';
import { Fit } from '../examples/digits/loops.ts';
import { createTraining } from '../examples/digits/training.ts';
import { launch } from '../test/support/chromium.ts';

const root = join(import.meta.dirname, '..');
const page = join(root, 'dist/inspector');
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

await loadTensorFlow();
const digits = await loadDigits();
const folder = await mkdtemp(join(tmpdir(), 'loopchart-pictures-'));
const recordings: string[] = [];
for (const [name, rate] of [
  ['digits', 0.05],
  ['digits-0.01', 0.01],
] as const) {
  const recorder = record();
  await new Fit(createTraining(digits, { epochs: 3, rate })).start({ inspect: recorder, id: name }).output;
  recordings.push(join(folder, `${name}.jsonl`));
  await writeFile(recordings.at(-1)!, formatRecording(recorder.recording));
}

const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const name = path === '/' ? '/index.html' : path;
  response.setHeader('content-type', types[extname(name)] ?? 'application/octet-stream');
  createReadStream(join(page, name))
    .on('error', () => response.writeHead(404).end())
    .pipe(response);
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

const browser = await launch();
const all = process.argv[2];
if (all !== undefined) await mkdir(all, { recursive: true });
for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of all === undefined ? [1440] : [1440, 800, 390]) {
    const tab = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    const shoot = async (name: string) => {
      // For the layout of the chart and what moves.
      await tab.waitForTimeout(700);
      if (all !== undefined) await tab.screenshot({ path: join(all, `${colorScheme}-${width}-${name}.png`) });
    };
    await tab.goto(url);
    await shoot('empty');
    const open = async (files: string[], field: string) => {
      const [chooser] = await Promise.all([tab.waitForEvent('filechooser'), tab.click(field)]);
      await chooser.setFiles(files);
    };
    const picture = async (name: string) => {
      if (all === undefined) await tab.screenshot({ path: join(root, `docs/${name}-${colorScheme}.png`) });
    };
    await open(recordings.slice(0, 1), '.drop');
    await tab.waitForSelector('.nested');
    await tab.locator('.node').last().click();
    for (let i = 0; i < 3; i++) await tab.keyboard.press('Shift+ArrowLeft');
    await shoot('nest');
    await picture('inspector');
    for (const name of ['chart', 'plots', 'time', 'sequence', ...(width === 1440 ? [] : ['log', 'state'])]) {
      await tab.click(`#tab-${name}`);
      await shoot(name);
    }
    await open(recordings.slice(1), 'button[title^="Open"]');
    await tab.click('#tab-runs');
    await tab.waitForFunction(() => document.querySelectorAll('.run-row .tick').length === 2);
    for (const box of await tab.locator('.run-row .tick input').all()) await box.check();
    await shoot('runs');
    await tab.locator('.runs').getByRole('button', { name: 'Compare 2' }).click();
    // Until all steps have been compared.
    await tab.waitForSelector('.compare .goes');
    await shoot('compare');
    await picture('compare');
    await tab.click('#tab-plots');
    await shoot('plots-of-two');
    await tab.keyboard.press('?');
    await shoot('help');
    await tab.close();
  }
}
await browser.close();
server.close();
await rm(folder, { recursive: true });
