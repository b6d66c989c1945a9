import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/*
 * `npm start` runs this first: it builds the inspector's page where there is none yet, or where what it is made of has
 * changed since. It says nothing unless the build fails.
 */

const root = import.meta.dirname;
const page = join(root, 'dist/inspector/index.html');
const sources = ['inspector', 'src', 'single-page.ts', 'vite.config.ts', 'package-lock.json'].map((name) =>
  join(root, name),
);

/** Whether a file that was built is missing, or older than one of the files and folders that it was built from. */
export function isOutdated(built: string, sources: string[]): boolean {
  const time = statSync(built, { throwIfNoEntry: false })?.mtimeMs;
  return time === undefined || sources.some((source) => changedAt(source) > time);
}

/** When a file, or anything in a folder, was changed last. Of a file that was removed, its folder tells. */
function changedAt(path: string): number {
  const about = statSync(path);
  if (!about.isDirectory()) return about.mtimeMs;
  const names = readdirSync(path).filter((name) => name !== 'node_modules');
  return Math.max(about.mtimeMs, ...names.map((name) => changedAt(join(path, name))));
}

async function buildPage(): Promise<void> {
  // Only here: a page that is up to date does not wait for the bundler to load.
  const { build } = await import('vite');
  await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'error' });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href && isOutdated(page, sources)) await buildPage();
