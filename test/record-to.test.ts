import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRecording, replay } from 'loopchart';
import { recordTo } from 'loopchart/node';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Count } from './support/loops.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'loopchart-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('two recorders of one file do not write over each other: the later one has it, and the earlier one says so', async () => {
  const file = join(dir, 'run.jsonl');
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const [first, second] = [recordTo(file), recordTo(file)];
  await Promise.all([
    new Count(30).start({ inspect: first }).output,
    new Count(2).start({ inspect: second, args: [2] }).output,
  ]);
  first.close();
  second.close();
  expect(warn.mock.calls).toEqual([
    [expect.objectContaining({ code: 'STORE', message: expect.stringContaining('Give each run a file of its own') })],
  ]);
  warn.mockRestore();
  const frames = [...replay(parseRecording(readFileSync(file, 'utf8')))];
  expect(frames.at(-1)).toMatchObject({ value: 'finished', context: { state: { n: 2 } } });
});
