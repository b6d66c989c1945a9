import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const program = `
  import { Loop } from 'loopchart';
  class Waits extends Loop {
    state = { n: 0 };
    get done() { return this.state.n > 9; }
    reset() {}
    async advance() { this.state.n++; await new Promise((resolve) => setTimeout(resolve, 50)); }
  }
  await new Waits().run();
  console.log('ran');
`;

test('LOOPCHART_INSPECT=1 inspects the runs of a process without a change to its code, and nothing else does', async () => {
  const run = (inspect: Record<string, string>) =>
    promisify(execFile)(
      process.execPath,
      ['--conditions=loopchart-source', '--import=tsx', '--input-type=module', '--eval', program],
      { cwd: join(import.meta.dirname, '..'), env: { ...process.env, ...inspect } },
    );
  const [watched, plain] = await Promise.all([run({ LOOPCHART_INSPECT: '1' }), run({ LOOPCHART_INSPECT: '' })]);
  expect([watched.stdout, plain.stdout]).toEqual(['ran\n', 'ran\n']);
  // Where the page was not built yet, it says so, and the run goes on.
  expect(watched.stderr).toMatch(
    /^loopchart inspector: http:\/\/127\.0\.0\.1:\d+\/#token=\S+\n$|LOOPCHART_INSPECT is set, but/,
  );
  expect(plain.stderr).toBe('');
});
