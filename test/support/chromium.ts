import type { Browser } from 'playwright-core';
import { findChromium } from '../browser/find.ts';
import { start } from '../browser/start.ts';

/** Starts the Chromium that the set-up of the tests has found. Outside of tests, one is found in the same way. */
export async function launch(): Promise<Browser> {
  const { VITEST, CHROMIUM } = process.env;
  return start(VITEST !== undefined && CHROMIUM !== undefined ? CHROMIUM : await findChromium());
}
