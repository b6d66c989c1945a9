import { record } from 'loopchart';
import { expect, test } from 'vitest';
import 'loopchart/vitest';
import { Sum } from './sum.ts';

test('adds up', async () => {
  await expect(new Sum()).toMatchRecording('recordings/sum.golden', { args: [[1, 2, 3]] });
});

test('stops in good order', async () => {
  await expect(new Sum()).toMatchRecording('recordings/sum-stopped.golden', {
    args: [[1, 2, 3]],
    paused: true,
    during: async (run) => {
      await run.step(4);
      await run.stop('enough');
    },
  });
});

test('a run that the test has started', async () => {
  const run = new Sum().start({ args: [[4, 5]], inspect: record() });
  await expect(run).toMatchRecording('recordings/sum-of-two.golden');
});
