import { findChromium } from './find.ts';

/** Before all tests: finds or installs the Chromium for those that show a page, or says in one line what to install. */
export default async function setup(): Promise<void> {
  try {
    // The processes that run the tests get it with the environment.
    process.env.CHROMIUM = await findChromium();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}
