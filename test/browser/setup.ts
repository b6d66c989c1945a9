import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findChromium } from './find.ts';

/**
 * Before all tests: finds or installs the Chromium for those that show a page, or says in one line what to install; and
 * makes a folder for what the files of one run share. The processes that run the tests get both with the environment.
 */
export default async function setup({ config }: TestProject): Promise<() => Promise<void>> {
  try {
    process.env.CHROMIUM = await findChromium();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
  // Where tests are run again at each change, what was built before is of no use.
  if (config.watch) return async () => {};
  const shared = await mkdtemp(join(tmpdir(), 'loopchart-shared-'));
  process.env.LOOPCHART_SHARED = shared;
  return () => rm(shared, { recursive: true, force: true });
}
