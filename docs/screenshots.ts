/**
 * Makes the pictures of the inspector from a recording of the digits run: `npm run screenshots` those in the README,
 * `npm run screenshots -- DIR` every view, light and dark, at two widths, into DIR.
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
const recorder = record();
await new Fit(createTraining(await loadDigits(), { epochs: 3 })).start({ inspect: recorder }).output;
const folder = await mkdtemp(join(tmpdir(), 'loopchart-pictures-'));
const recording = join(folder, 'digits.jsonl');
await writeFile(recording, formatRecording(recorder.recording));

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
  for (const width of all === undefined ? [1440] : [1440, 800]) {
    const tab = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    const shoot = async (name: string) => {
      // For the layout of the chart and what moves.
      await tab.waitForTimeout(700);
      if (all !== undefined) await tab.screenshot({ path: join(all, `${colorScheme}-${width}-${name}.png`) });
    };
    await tab.goto(url);
    await shoot('empty');
    const [chooser] = await Promise.all([tab.waitForEvent('filechooser'), tab.click('.drop')]);
    await chooser.setFiles(recording);
    await tab.waitForSelector('.nested');
    await tab.locator('.node').last().click();
    for (let i = 0; i < 3; i++) await tab.keyboard.press('Shift+ArrowLeft');
    await shoot('nest');
    if (all === undefined) await tab.screenshot({ path: join(root, `docs/inspector-${colorScheme}.png`) });
    await tab.click('#tab-chart');
    await tab.waitForSelector('#statechart');
    await shoot('chart');
    await tab.click('text=plots');
    await shoot('plots');
    for (const name of width === 800 ? ['log', 'state'] : []) {
      await tab.click(`#tab-${name}`);
      await shoot(name);
    }
    await tab.keyboard.press('?');
    await shoot('help');
    await tab.close();
  }
}
await browser.close();
server.close();
await rm(folder, { recursive: true });
