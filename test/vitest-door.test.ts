import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Loop, type LoopRun, type Recording, record } from 'loopchart';
import { compareGolden } from 'loopchart/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import 'loopchart/vitest';
import { Family } from './support/loops.ts';

/* What `toMatchRecording` does in a project of somebody: Vitest runs there in a process of its own. */

const root = join(import.meta.dirname, '..');
let project: string;

/** What the tests of the project have come to, by name: nothing, or what they failed with. */
async function vitest(options: { args?: string[]; env?: Record<string, string> } = {}) {
  const { CI: _, VITEST: __, ...env } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json', ...(options.args ?? [])],
    { cwd: project, env: { ...env, ...options.env } },
  ).catch((error: { stdout: string }) => error);
  const { testResults, snapshot } = JSON.parse(stdout.slice(stdout.indexOf('{"')));
  const failures: Record<string, string | undefined> = {};
  for (const { title, failureMessages } of testResults.flatMap((file: any) => file.assertionResults)) {
    failures[title] = failureMessages[0];
  }
  return { failures, snapshot };
}

const passed = {
  'comes to an end': undefined,
  'adds up': undefined,
  'stops in good order': undefined,
  'a run that the test has started': undefined,
};

/** Besides the example: a loop that does not come to its end any more. */
const endless = `
  import { expect, test } from 'vitest';
  import 'loopchart/vitest';
  import { Sum } from './sum.ts';

  class Endless extends Sum {
    get done() {
      return this.state.round >= (process.env.ENDLESS ? Infinity : 2);
    }
  }
  test('comes to an end', async () => {
    await expect(new Endless()).toMatchRecording('recordings/endless.golden', { args: [[1]] });
  });
`;
const file = (name: string) => join(project, 'recordings', name);
const read = (name: string) => readFileSync(file(name), 'utf8');

beforeAll(() => {
  // Within the package, so that its name is known there.
  mkdirSync(join(root, '.loopchart'), { recursive: true });
  project = mkdtempSync(join(root, '.loopchart/vitest-'));
  cpSync(join(root, 'examples/guide/sum.test.ts'), join(project, 'sum.test.ts'));
  const sum = readFileSync(join(root, 'examples/guide/sum.ts'), 'utf8');
  const changed = sum.replace(
    'numbers[this.state.next++]!',
    '(process.env.CHANGED ? 10 : 1) * numbers[this.state.next++]!',
  );
  expect(changed).not.toBe(sum);
  writeFileSync(join(project, 'sum.ts'), changed);
  writeFileSync(join(project, 'an-end.test.ts'), endless);
  const conditions = "['loopchart-source', 'module', 'node', 'development|production']";
  writeFileSync(
    join(project, 'vite.config.ts'),
    `export default { ssr: { resolve: { conditions: ${conditions} } }, test: { include: ['*.test.ts'] } };`,
  );
});
afterAll(() => rmSync(project, { recursive: true }));

describe('in a project, from the first run on', () => {
  test('in CI, a recording that is not there is a failure, and none is written', async () => {
    const { failures } = await vitest({ env: { CI: '1' } });
    expect(Object.keys(failures).sort()).toEqual(Object.keys(passed).sort());
    for (const failure of Object.values(failures))
      expect(failure).toMatch(
        /There is no golden recording recordings\/.*\.golden, and none is written here \(in CI\)/,
      );
    expect(existsSync(file('sum.golden'))).toBe(false);
  });

  test('elsewhere it is written, and Vitest says how many', async () => {
    const { failures, snapshot } = await vitest();
    expect(failures).toEqual(passed);
    expect(snapshot).toMatchObject({ added: 4, matched: 0 });
    expect(read('sum.golden')).toMatch(/^loopchart golden recording 1\n/);
    expect(read('sum-stopped.golden')).toContain(' loop.stop -> ');
    expect(read('sum-of-two.golden')).toContain('args=[[4,5]]');
  });

  test('a loop that runs as it did passes, also in CI', async () => {
    const before = read('sum.golden');
    const { failures, snapshot } = await vitest({ env: { CI: '1' } });
    expect(failures).toEqual(passed);
    expect(snapshot).toMatchObject({ added: 0, matched: 4 });
    expect(read('sum.golden')).toBe(before);
  });

  test('one that does not fails with the first disagreement; a recording that was cut or is empty fails as well', async () => {
    const [whole, cut] = [read('sum.golden'), read('sum-stopped.golden').slice(0, 500)];
    writeFileSync(file('sum-stopped.golden'), cut);
    writeFileSync(file('sum-of-two.golden'), '');
    const { failures } = await vitest({ env: { CHANGED: '1', ENDLESS: '1' } });
    expect(failures['adds up']).toContain(
      'The run and recordings/sum.golden disagree at line 11: in sum.numbers, after 1 whole step.',
    );
    expect(failures['adds up']).toMatch(/\n {2}state\.sum +1 +10\n/);
    expect(failures['adds up']).toContain('If that is meant, run Vitest with -u.');
    expect(failures['stops in good order']).toContain('in recordings/sum-stopped.golden');
    expect(failures['stops in good order']).toContain('it was cut');
    expect(failures['a run that the test has started']).toContain('in recordings/sum-of-two.golden, got an empty one.');
    // Its run is cut where it has gone on for long enough.
    expect(failures['comes to an end']).toMatch(/recordings\/endless\.golden disagree at line [\s\S]* 1\d{3} now/);
    // Nothing is written over.
    expect([read('sum.golden'), read('sum-stopped.golden'), read('sum-of-two.golden')]).toEqual([whole, cut, '']);
  });

  test('with -u all of these are written anew', async () => {
    const before = read('sum.golden');
    const { failures, snapshot } = await vitest({ env: { CHANGED: '1' }, args: ['-u'] });
    expect(failures).toEqual(passed);
    expect(snapshot).toMatchObject({ updated: 4 });
    expect(compareGolden(before, read('sum.golden'))).toMatchObject({ path: 'sum.numbers', now: { step: 1 } });
    expect(await vitest({ env: { CHANGED: '1', CI: '1' } })).toMatchObject({
      failures: passed,
      snapshot: { matched: 4 },
    });
  });
});

describe('what `expect` is given', () => {
  const golden = 'recordings/family.golden';
  const recorded = () => new Family().start({ args: ['hi'], inspect: record() });

  test('is a loop, a run, a recorder or a recording', async () => {
    await expect(new Family()).toMatchRecording(golden, { args: ['hi'] });
    await expect(recorded()).toMatchRecording(golden);
    const recorder = record();
    await new Family().start({ args: ['hi'], inspect: recorder }).outcome;
    await expect(recorder).toMatchRecording(golden);
    await expect(recorder.recording).toMatchRecording(golden);
  });

  test.concurrent('in tests side by side as well', async ({ expect }) => {
    await expect(new Family()).toMatchRecording(golden, { args: ['hi'] });
  });

  test('is refused where it is anything else, or not recorded', async () => {
    const given = async (received: any, ...more: any[]) =>
      (expect(received) as any).toMatchRecording(golden, ...more).then(
        () => 'It was taken.',
        (error: Error) => `${error.name}: ${error.message}`,
      );
    const run = new Family().start();
    expect(await given(run)).toBe(
      'MisconfigurationError: Expected a run that is recorded, got one that is not. Start it with `inspect: record()`, or give `expect` the loop.',
    );
    await run.outcome;
    for (const other of [7, undefined, null, {}, 'sum', () => {}]) {
      expect(await given(other)).toContain('Expected a loop, a run of one, a recorder or a recording');
    }
    expect(await given(recorded(), { args: [] })).toContain('Expected no options, got some');
    expect(await given([])).toContain('Expected a recording of a loop, got one without any');
    const not = (expect(new Family()).not as any).toMatchRecording(golden);
    await expect(not).rejects.toThrow('`not.toMatchRecording` would pass for any other run');
    await expect((expect(new Family()) as any).toMatchRecording()).rejects.toThrow('expected the name of a file');
  });

  test('a loop that goes on for ever is not recorded', async () => {
    class Endless extends Family {
      override get done() {
        return false;
      }
    }
    const first = expect(new Endless()).toMatchRecording('recordings/none.golden', { args: ['hi'], most: 500 });
    await expect(first).rejects.toThrow('endless: Expected a run of at most 500 transitions, got one that goes on.');
    expect(existsSync(join(import.meta.dirname, 'recordings/none.golden'))).toBe(false);
  });

  test('has the types of a run', () => {
    class Args extends Loop<number, [by: number]> {
      get done() {
        return true;
      }
      reset() {}
      advance() {}
    }
    void (async (loop: Args, run: LoopRun<number>, recording: Recording) => {
      await expect(loop).toMatchRecording('a', { args: [3], during: (one) => one.step(3) });
      await expect(run).toMatchRecording('a');
      await expect(recording).toMatchRecording('a');
      // @ts-expect-error it needs arguments
      await expect(loop).toMatchRecording('a');
      // @ts-expect-error a number
      await expect(loop).toMatchRecording('a', { args: ['3'] });
      // @ts-expect-error of a run, all was said when it was started
      await expect(run).toMatchRecording('a', { args: [3] });
    });
  });
});
