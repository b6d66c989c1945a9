import { execFileSync } from 'node:child_process';

/** Whether programs can be given a terminal: by `script` of util-linux. */
export function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}
