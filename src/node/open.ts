import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './exit.ts';

const openers: Partial<Record<NodeJS.Platform, [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', '""'],
};

/**
 * Opens a page in the browser. Its address goes through a file that only its owner may read: others can see what a command
 * is given. Where there is no browser, or no room for the file, the URL that was printed has to do.
 */
export function openPage(url: string): void {
  try {
    const directory = mkdtempSync(join(tmpdir(), 'loopchart-'));
    atExit(() => rmSync(directory, { recursive: true, force: true }));
    const file = join(directory, 'inspector.html');
    const text = `<!doctype html><meta http-equiv="refresh" content="0; url=${url}"><title>loopchart</title>`;
    writeFileSync(file, text, { mode: 0o600 });
    const [command, ...args] = openers[process.platform] ?? ['xdg-open'];
    const opener = spawn(command, [...args, file], { stdio: 'ignore', detached: true });
    opener.on('error', () => {});
    opener.unref();
  } catch {
    // Nothing is lost: the URL stands where it was printed.
  }
}
