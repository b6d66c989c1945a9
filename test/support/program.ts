import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Runs a program of `test/programs` in a process of its own, and gives what it wrote as JSON, a value a line. */
export function runProgram(name: string, args: string[] = [], flags: string[] = []): Promise<any[]> {
  const program = join(import.meta.dirname, '../programs', name);
  const command = [...flags, '--conditions=loopchart-source', `--import=${tsx}`, program, ...args];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, command, { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error !== null || stderr !== '') reject(new Error(`${name}: ${error?.message ?? ''}\n${stderr}`));
      else resolve(stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)])));
    });
  });
}
