// @module-tag page

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Inspection, type InspectionOptions } from '../src/inspect/inspection.ts';
import { type Inspector, serveInspection } from '../src/node/inspector.ts';
import { fileStore } from '../src/node/store.ts';
import { launch } from './support/chromium.ts';
import { Fit } from './support/forkable.ts';
import { buildPage, freshFolder } from './support/site.ts';

vi.setConfig({ testTimeout: 60_000 });

let temporary: { folder: string; remove(): Promise<void> };
let browser: Browser;
let page: Page;
let inspector: Inspector;
const said: string[] = [];

beforeAll(async () => {
  temporary = await freshFolder('fork');
  await buildPage(temporary.folder);
  browser = await launch();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await temporary?.remove();
});
afterEach(async () => {
  await page?.close();
  await inspector?.close();
  expect(said.splice(0)).toEqual([]);
});

/** A page that watches what this inspection does. */
async function watch(options: InspectionOptions = {}): Promise<Inspection> {
  const inspection = new Inspection(options);
  inspector = await serveInspection(inspection, { tell: () => {} }, temporary.folder);
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('console', (message) => said.push(message.text()));
  await page.goto(inspector.url);
  return inspection;
}

const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
const tree = () => page.locator('#tree').innerText();
const dialog = () => page.getByRole('dialog');
const state = (loop: string) => dialog().getByRole('textbox', { name: `State of ${loop}` });
const undisturbed = () => new Fit().run(10);

/** Changes a part of what stands in a field. */
async function change(field: Locator, from: string, to: string): Promise<void> {
  const text = await field.inputValue();
  expect(text).toContain(from);
  await field.fill(text.replace(from, to));
}

test('a paused run is forked with another rate: the fork does what a run from the edited checkpoint does, the run goes on as if nothing had been', async () => {
  const forks: Fit[] = [];
  const fork = {
    fit: () => {
      const loop = new Fit();
      forks.push(loop);
      return loop;
    },
  };
  const inspection = await watch({ fork });
  const run = new Fit().start({ inspect: inspection, args: [10], paused: true });
  await run.step(8);
  const byHand = await run.checkpoint();
  await expect.poll(tree).toContain('paused');

  await button('Fork…').click();
  await expect.poll(() => dialog().innerText()).toContain('8 steps had been taken');
  await expect.poll(() => dialog().locator('.edits').innerText()).toMatch(/Nothing is changed yet/);
  // In the middle of a step the arguments stay, and the dialog says why.
  await expect.poll(() => dialog().getByRole('textbox', { name: 'Arguments' }).getAttribute('readonly')).not.toBe(null);
  await expect
    .poll(() => dialog().innerText())
    .toMatch(/They stay as they are\. Others are taken only between two steps/);

  // What is no JSON is not sent, and what does not fit is said in the dialog, which stays open.
  await change(state('batches'), '"rate": 0.1', '"rate": ');
  await expect.poll(() => dialog().getByRole('alert').innerText()).toMatch(/This is no JSON/);
  await expect.poll(() => button('Fork').isDisabled()).toBe(true);
  await state('batches').fill('5');
  await button('Fork').click();
  await expect.poll(() => dialog().getByRole('alert').innerText()).toMatch(/batches.state_dict.*is an object/);
  expect(forks).toHaveLength(1);

  const before = byHand.stateDict['batches.state_dict'] as object;
  await state('batches').fill(JSON.stringify({ ...before, rate: 0.5 }));
  await expect.poll(() => dialog().locator('.edits').innerText()).toBe('batches /rate = 0.5');
  await button('Fork').click();
  await dialog().waitFor({ state: 'detached' });
  await expect.poll(() => forks[1]?.state.scores.length).toBe(4);

  const same = new Fit();
  await same.start({
    from: byHand,
    migrate: (given) => ({
      ...given,
      stateDict: { ...given.stateDict, 'batches.state_dict': { ...before, rate: 0.5 } },
    }),
  }).output;
  expect(forks[1]!.state.scores).toEqual(same.state.scores);
  expect(run.progress.steps).toBe(8);

  // It is looked at, and says where it comes from; that leads to the moment.
  const verdict = page.getByRole('region', { name: 'Verdict' });
  await expect.poll(() => verdict.innerText()).toMatch(/fit finished[\s\S]*forked from\s+fit#1 at step 8/);
  await expect.poll(tree).toMatch(/forked from fit#1 at step 8/);
  await verdict.getByRole('button', { name: 'fit#1 at step 8' }).click();
  await expect.poll(() => verdict.innerText()).toMatch(/fit is paused/);
  await expect.poll(() => verdict.innerText()).not.toMatch(/forked/);

  await button('Resume').click();
  expect(await run.output).toEqual(await undisturbed());
  expect(run.actor.getSnapshot().output).not.toEqual(same.state.scores);
});

test('the dialog lists the checkpoints that there are, says which lies before the moment that is shown, and begins from any', async () => {
  const inspection = await watch({ fork: { fit: () => new Fit() } });
  const store = fileStore(join(temporary.folder, 'saves'), { keep: 100 });
  const run = new Fit().start({
    inspect: inspection,
    args: [10],
    paused: true,
    store,
    id: 'one',
    every: { steps: 3 },
    durability: 'sync',
  });
  await run.step(11);
  await expect.poll(tree).toContain('paused');
  await button('Fork…').click();
  await state('batches').waitFor();
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });

  // At its last step, there is one to begin from a step before.
  await page.locator('.node', { hasText: 'batches' }).last().locator('.name').click();
  await page.keyboard.press('Shift+ArrowLeft');
  await button('Fork…').click();
  const choices = dialog().getByRole('radio');
  await expect.poll(() => choices.count()).toBeGreaterThan(4);
  await expect.poll(() => dialog().innerText()).toMatch(/step 4 of batches#2\s+taken \d\d:/);
  await expect
    .poll(() => dialog().innerText())
    .toMatch(/The nearest before the moment that is shown: step 2 of batches#2, 1 step before it\./);
  await dialog().getByRole('button', { name: 'Take it' }).click();
  await expect.poll(() => dialog().innerText()).toContain('9 steps had been taken');
  await expect
    .poll(() =>
      dialog()
        .getByRole('radio', { name: /step 2 of batches#2/ })
        .isChecked(),
    )
    .toBe(true);
  await expect.poll(() => dialog().getByRole('button', { name: 'Take it' }).count()).toBe(0);

  // By keys to an older one, past those between.
  await dialog()
    .getByRole('radio', { name: /step 2 of batches#2/ })
    .focus();
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => dialog().innerText()).toContain('6 steps had been taken');
  await button('Fork').click();
  await dialog().waitFor({ state: 'detached' });
  await expect.poll(tree).toMatch(/forked from one at step 6/);
  run.resume();
  expect(await run.output).toEqual(await undisturbed());
});

test('a fork can be begun by keys alone, and paused', async () => {
  const inspection = await watch({ fork: { fit: () => new Fit() } });
  const run = new Fit().start({ inspect: inspection, args: [10], paused: true });
  await run.step(3);
  await expect.poll(tree).toContain('paused');
  await page.keyboard.press('f');
  await state('batches').waitFor();
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
  await page.keyboard.press('f');
  await state('batches').waitFor();
  await dialog().getByRole('checkbox').focus();
  await page.keyboard.press('Space');
  await button('Fork').focus();
  await page.keyboard.press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await expect.poll(tree).toMatch(/forked from fit#1 at step 3/);
  // It is the one that the keys are about now.
  await page.getByRole('button', { name: /^Resume fit-fork-/ }).waitFor();
  await page.keyboard.press('p');
  await expect.poll(tree).toMatch(/finished/);
  expect(run.progress.steps).toBe(3);
  await run.abort('enough');
  await run.outcome;
});

test('a run whose program makes no forks, or where pages may only watch, has no button for it', async () => {
  for (const options of [
    {},
    { fork: { other: () => new Fit() } },
    { fork: { fit: () => new Fit() }, readonly: true },
  ]) {
    const inspection = await watch(options);
    const run = new Fit().start({ inspect: inspection, args: [10], paused: true });
    await expect.poll(tree).toContain('paused');
    await expect.poll(() => button('Fork…').count()).toBe(0);
    await page.keyboard.press('f');
    await expect.poll(() => dialog().count()).toBe(0);
    run.resume();
    await run.output;
    await page.close();
    await inspector.close();
  }
});

test('of two runs the controls say which they act on; pausing one leaves the other going, pausing all holds both', async () => {
  class Slow extends Fit {
    override get done(): boolean {
      return false;
    }
  }
  const inspection = await watch();
  const runs = ['lr-0.1', 'lr-0.5'].map((id) => new Slow().start({ inspect: inspection, id, args: [1] }));
  const [one, two] = [runs[0]!, runs[1]!];
  const all = button('All 2 runs');
  await all.waitFor();
  const isPaused = (run: (typeof runs)[0]) => run.progress.loops.at(-1)?.value === 'paused';

  await page.getByRole('combobox', { name: 'Run', exact: true }).selectOption('lr-0.5');
  await button('Pause lr-0.5').click();
  await button('Resume lr-0.5').waitFor();
  expect(isPaused(two)).toBe(true);
  const { steps } = one.progress;
  await expect.poll(() => one.progress.steps).toBeGreaterThan(steps + 5);
  await page.keyboard.press('p');
  await button('Pause lr-0.5').waitFor();

  await all.click();
  await expect.poll(() => all.getAttribute('aria-pressed')).toBe('true');
  await button('Pause all 2 runs').click();
  await button('Resume all 2 runs').waitFor();
  expect(runs.map(isPaused)).toEqual([true, true]);
  await expect.poll(() => button('To end of loop').isDisabled()).toBe(true);
  const at = runs.map(({ progress }) => progress.steps);
  await button('Step all 2 runs').click();
  await expect.poll(() => runs.map(({ progress }) => progress.steps)).toEqual(at.map((count) => count + 1));
  await page.keyboard.press('p');
  await button('Pause all 2 runs').waitFor();

  await button('Stop all 2 runs').click();
  await expect.poll(() => dialog().innerText()).toContain('Stop all 2 runs');
  await dialog().getByRole('textbox', { name: 'Reason' }).fill('seen');
  await dialog().getByRole('button', { name: 'Stop' }).click();
  for (const run of runs) expect(await run.outcome).toMatchObject({ status: 'stopped', reason: 'seen' });
  // One run is left, or none: then it needs no saying.
  await expect.poll(() => all.count()).toBe(0);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing to blame in the dialog and in what says of a fork where it comes from, ${colorScheme}`, async () => {
    const resolve = createRequire(join(import.meta.dirname, '../inspector/package.json')).resolve;
    const axe = await readFile(resolve('axe-core/axe.min.js'), 'utf8');
    const inspection = await watch({ fork: { fit: () => new Fit() } });
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe);
    const blame = () =>
      page.evaluate(async () => {
        const options = { rules: { 'target-size': { enabled: true } } };
        const { violations } = await (window as any).axe.run('dialog, .top, .verdict, .tree', options);
        return violations.map(({ id, nodes }: any) => `${id}: ${nodes.map((node: any) => node.html.slice(0, 160))[0]}`);
      });
    const run = new Fit().start({ inspect: inspection, args: [10], paused: true });
    await run.step(8);
    await expect.poll(tree).toContain('paused');
    for (const width of [1440, 800, 390]) {
      await page.setViewportSize({ width, height: 800 });
      await button('Fork…').click();
      await state('batches').fill('no JSON');
      await expect.poll(() => blame(), { message: `the dialog at ${width}` }).toEqual([]);
      const box = (await dialog().boundingBox())!;
      expect(box.x >= 0 && box.x + box.width <= width && box.height <= 800).toBe(true);
      await state('batches').fill('{}');
      await dialog().getByRole('checkbox').check();
      await button('Fork').click();
      await dialog().waitFor({ state: 'detached' });
      await expect.poll(tree).toMatch(/forked from fit#1 at step 8/);
      await page.getByRole('button', { name: /^Resume fit-fork-/ }).waitFor();
      await expect.poll(() => blame(), { message: `the fork at ${width}` }).toEqual([]);
      await page.getByRole('region', { name: 'Verdict' }).getByRole('button', { name: 'fit#1 at step 8' }).click();
    }
    run.abort('enough');
    await run.outcome;
  });
}
