import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Frame, parseRecording, replay } from 'loopchart';
import { compareGolden, goldenText } from 'loopchart/testing';
import { describe, expect, test } from 'vitest';
import { ends } from './support/ends.ts';

/* The recordings that each format has made, in `test/recordings`: they are read for ever. */

const folder = join(import.meta.dirname, 'recordings');
const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const foldersOf = (kind: string) => readdirSync(folder).filter((name) => name.startsWith(`${kind}-`));
const names = Object.keys(ends).map((end) => end.replaceAll(' ', '-'));

/** How the last root stood at the end. */
function lastOf(recording: string): Frame {
  const frames = [...replay(parseRecording(recording))];
  return frames.findLast(({ path }) => !path.includes('.'))!;
}

const six = Array.from({ length: 6 }, () => expect.any(Number));

/** How a run has ended that ended this way. */
const expected: Record<string, object> = {
  finished: { value: 'finished', status: 'done', context: { ended: null, stop: null }, output: { sums: six } },
  ended: { value: 'finished', status: 'done', context: { ended: { reason: { after: 'a.csv', least: Number.NaN } } } },
  stopped: { value: 'finished', status: 'done', context: { stop: { reason: { why: 'enough' } } } },
  skipped: { value: 'finished', status: 'done', context: { skipped: true }, output: { sums: [] } },
  aborted: { value: 'aborted', status: 'error', context: { error: { name: 'TypeError', message: 'no more' } } },
  failed: {
    value: 'failed',
    status: 'error',
    context: { error: { name: 'RangeError', cause: { $value: { row: 1 } } } },
  },
  'suspended-and-resumed': { value: 'finished', status: 'done', id: 'import#2', output: { sums: six } },
};

describe.each(foldersOf('format'))('recordings of %s', (format) => {
  test('there is one for each way to end', () => {
    expect(Object.keys(expected)).toEqual(names);
    expect(readdirSync(join(folder, format))).toEqual(expect.arrayContaining(names.map((name) => `${name}.jsonl`)));
  });

  test.each(names)('%s: replays, to that end', (name) => {
    expect(lastOf(read(`${format}/${name}.jsonl`))).toMatchObject(expected[name]!);
  });
});

test('recordings of random trees that the first versions have made replay', () => {
  const text = gunzipSync(readFileSync(join(folder, 'format-1/trees.jsonl.gz'))).toString();
  const recordings = text.split(/^(?={"type":"recording")/m);
  expect(recordings.length).toBe(71);
  const last = recordings.map((one) => [...replay(parseRecording(one))].at(-1)!.status);
  expect(new Set(last)).toEqual(new Set(['error', 'done']));
});

describe.each(foldersOf('golden'))('golden recordings of %s', (golden) => {
  test.each(names)('%s: a recording of each format is that same text', (name) => {
    for (const format of foldersOf('format')) {
      const recording = parseRecording(read(`${format}/${name}.jsonl`));
      expect(compareGolden(read(`${golden}/${name}.golden`), recording)).toBeUndefined();
    }
  });

  test.each(names)('%s: the loops of now run the same way', async (name) => {
    const recorded = read(`${golden}/${name}.golden`);
    let now = await ends[name.replaceAll('-', ' ')]!();
    // Which of two side by side is first depends on how busy the machine is: it may take the other turn now and then.
    for (let more = 0; more < 20 && compareGolden(recorded, now) !== undefined; more++)
      now = await ends[name.replaceAll('-', ' ')]!();
    expect(compareGolden(recorded, now)).toBeUndefined();
    // The text itself, for the newest format.
    if (golden === foldersOf('golden').at(-1)) expect(goldenText(now)).toBe(read(`${golden}/${name}.golden`));
  });
});
