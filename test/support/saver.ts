import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cleanups } from './store-directory.ts';

export interface Child {
  process: ChildProcess;
  tell(line: string): void;
  /** The next line it says that begins like this. */
  say(beginning: string): Promise<string>;
  /** All lines it has said, when it has ended. */
  ended: Promise<string[]>;
}

/** Starts a process that saves as it is told; see `programs/saver.ts`. */
export function start(dir: string): Child {
  const program = join(import.meta.dirname, '../programs/saver.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, dir], { stdio: ['pipe', 'pipe', 'inherit'] });
  cleanups.push(() => void child.kill('SIGKILL'));
  const said: string[] = [];
  let read = 0;
  let wake = () => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line);
    wake();
  });
  const ended = new Promise<string[]>((resolve) => {
    child.on('close', () => {
      resolve(said);
      wake();
    });
  });
  return {
    process: child,
    ended,
    tell: (line) => void child.stdin.write(`${line}\n`),
    async say(beginning) {
      for (;;) {
        while (read < said.length) {
          const line = said[read++]!;
          if (line.startsWith(beginning)) return line;
        }
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(`It ended: ${said.join(', ')}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
