import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const openers: Partial<Record<NodeJS.Platform, [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', '""'],
};

/** Opens a page in the browser. Its address goes through a file that only its owner may read: others can see what a command is given. */
export function openPage(url: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'loopchart-'));
  const file = join(directory, 'inspector.html');
  writeFileSync(file, `<!doctype html><meta http-equiv="refresh" content="0; url=${url}"><title>loopchart</title>`, {
    mode: 0o600,
  });
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const [command, ...args] = openers[process.platform] ?? ['xdg-open'];
  const opener = spawn(command, [...args, file], { stdio: 'ignore', detached: true });
  // Where there is no browser, the URL that was printed has to do.
  opener.on('error', () => {});
  opener.unref();
}
