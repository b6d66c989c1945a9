import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatRecording } from 'loopchart';
import { goldenText } from 'loopchart/testing';
import { ends } from '../support/ends.ts';

/*
 * Writes recordings of the formats of now, one for each way in which a run can end:
 *
 *     npx tsx --conditions=loopchart-source test/recordings/make.ts
 *
 * To be run when there is a new format, before it is released. A file that is there stays as it is: what an older version has
 * written is kept, so that a test sees that it can be read.
 */

// Stacks name folders of the machine on which they were made.
Error.stackTraceLimit = 0;

function write(folder: string, file: string, text: string): void {
  const path = join(import.meta.dirname, folder, file);
  if (existsSync(path)) {
    console.log(`${folder}/${file} is there already`);
    return;
  }
  mkdirSync(join(import.meta.dirname, folder), { recursive: true });
  writeFileSync(path, text);
  console.log(`${folder}/${file} is new`);
}

for (const [end, make] of Object.entries(ends)) {
  const recording = await make();
  const golden = goldenText(recording);
  const name = end.replaceAll(' ', '-');
  const { format } = recording[0] as { format: number };
  write(`format-${format}`, `${name}.jsonl`, formatRecording(recording));
  write(`golden-${/\d+/.exec(golden)![0]}`, `${name}.golden`, golden);
}
