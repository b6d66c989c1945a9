import { execFileSync } from 'node:child_process';

/** Whether programs can be given a terminal: by `script` of util-linux, where there are any to be given. */
export function hasScript(): boolean {
  try {
    if (!execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux')) return false;
    execFileSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
