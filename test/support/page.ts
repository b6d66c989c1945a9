import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Line } from '../../inspector/lines/line.ts';
import { launch } from './chromium.ts';
import { buildPage, freshFolder, serveFolder } from './site.ts';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export let folder: string;
export let browser: Browser;
export let site: string;
export let page: Page;
let said: string[] = [];
let over: () => Promise<void> = async () => {};

/** The page as built, under the policy the inspector's server sends: whatever breaks it breaks here. */
export async function begin(): Promise<void> {
  const fresh = await freshFolder('page');
  folder = fresh.folder;
  const root = join(folder, 'site');
  await buildPage(root);
  const served = await serveFolder(root, { 'content-security-policy': POLICY });
  site = served.url;
  browser = await launch();
  over = async () => {
    await browser.close();
    served.close();
    await fresh.remove();
  };
}

export async function end(): Promise<void> {
  await over();
}

export async function leave(): Promise<void> {
  await page?.close();
  expect(said.splice(0)).toEqual([]);
}

/** The page that the helpers below are about from now on. */
export function turnTo(other: Page): void {
  page = other;
}

/** @param fragment without one, the page shows the chart of the loop that is looked at */
export async function visit(options: Parameters<Browser['newPage']>[0] = {}, fragment = '#pane=chart'): Promise<void> {
  said = [];
  page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
  // As long as a poll: a chart is laid out when the machine has time for it.
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('console', (message) => said.push(message.text()));
  await page.goto(site + fragment);
}

export async function openRecording(text: string | Buffer, name = 'run.jsonl'): Promise<void> {
  const file = join(folder, name);
  await writeFile(file, text);
  await page.setInputFiles('#file', file);
}

/**
 * A run that is at these lines and stays there; gives what it is told.
 * @param answer what it says to a message, if it says anything
 */
export async function watchRun(
  lines: readonly Line[],
  answer: (message: any) => unknown = () => undefined,
): Promise<unknown[]> {
  const told: unknown[] = [];
  await page.routeWebSocket(/\/ws/, (socket) => {
    socket.onMessage((text) => {
      const message = JSON.parse(String(text));
      told.push(message);
      const said = answer(message);
      if (said !== undefined) socket.send(JSON.stringify(said));
    });
    const lastSeq = lines.at(-1)!.seq;
    const hello = { type: 'hello', protocol: 1, runId: 'r', firstSeq: 1, lastSeq, gap: false, readonly: false };
    socket.send(JSON.stringify([hello]));
    socket.send(JSON.stringify(lines));
  });
  await page.goto(`${site}#token=secret&pane=chart`);
  await page.waitForSelector('#statechart');
  return told;
}

export const shown = (selector: string): Promise<string | null> => page.locator(selector).first().textContent();
export const moment = async (): Promise<number> => Number((await shown('#moment'))!.replace(/,/g, ''));
/** What was pressed or moved is on the screen two frames later, however busy the machine is. */
export const settle = (): Promise<unknown> =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
export const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
  await settle();
};
/** Goes to a row by the slider, which is over time: nearer and nearer, as a hand would. */
export const scrub = async (row: string): Promise<void> => {
  const slider = page.locator('#scrub');
  const seqOf = () => page.evaluate(() => Number(document.getElementById('moment')!.textContent!.replace(/,/g, '')));
  let [low, high] = [0, Number(await slider.getAttribute('max'))];
  await slider.fill(String(high));
  await settle();
  // No further than there is anything.
  const wanted = Math.min(Number(row) + 1, await seqOf());
  for (let tries = 0; tries < 40; tries++) {
    await slider.fill(String((low + high) / 2));
    await settle();
    const seq = await seqOf();
    if (seq === wanted) return;
    if (seq < wanted) low = (low + high) / 2;
    else high = (low + high) / 2;
  }
  // Of events at the same time, the slider leads to the last.
  for (let tries = 0; tries < 20 && (await seqOf()) !== wanted; tries++)
    await press((await seqOf()) < wanted ? 'ArrowRight' : 'ArrowLeft');
  if ((await seqOf()) === wanted) return;
  throw new Error(`Expected the slider to lead to row ${row}, got to event ${await seqOf()}.`);
};
export const choose = async (loop: string): Promise<void> => {
  // By its name: the row may hold a way to somewhere else.
  await page.locator('.node', { hasText: loop }).last().locator('.name').click();
  await settle();
};
