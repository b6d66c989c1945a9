import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { parseRecording } from 'loopchart';
import { fileStore } from 'loopchart/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { loadTensorFlow } from '../examples/digits/backend.ts';
import { loadDigits, type Split, slice } from '../examples/digits/data.ts';
import { Fit } from '../examples/digits/loops.ts';
import { next, seeded } from '../examples/digits/random.ts';
import { createTraining } from '../examples/digits/training.ts';

const scratch = mkdtempSync(join(tmpdir(), 'loopchart-digits-'));
let digits: Split;

beforeAll(async () => {
  await loadTensorFlow();
  digits = await loadDigits();
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A new model and new loops, on the first few digits. */
function small(learned: number, heldOut: number, epochs: number): Fit {
  const split = { train: slice(digits.train, 0, learned), heldOut: slice(digits.heldOut, 0, heldOut) };
  return new Fit(createTraining(split, { epochs }));
}

/** The bits of all weights and velocities, and all that the loops have counted. */
function everythingIn(fit: Fit) {
  const bits = (tensors: Record<string, Float32Array>) =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, values]) => [name, createHash('sha256').update(values).digest('hex')]),
    );
  return { model: bits(fit.model.stateDict()), optimizer: bits(fit.optimizer.stateDict()), loops: fit.stateDict() };
}

function dispose(fit: Fit): void {
  fit.model.dispose();
  fit.optimizer.dispose();
}

test('ten thousand digits, a fifth of each kind held out, none in both sets', () => {
  const all = [digits.train, digits.heldOut].map(({ images, labels }) => {
    const kinds = Array.from({ length: 10 }, (_, kind) => labels.filter((label) => label === kind).length);
    return {
      kinds,
      prints: new Set(
        Array.from(labels, (_, i) =>
          Buffer.from(slice({ images, labels }, i, i + 1).images.slice().buffer).toString('base64'),
        ),
      ),
    };
  });
  const [train, heldOut] = all as [(typeof all)[0], (typeof all)[0]];
  expect([digits.train.labels.length, digits.heldOut.labels.length]).toEqual([8000, 2000]);
  for (const [kind, count] of train.kinds.entries()) expect(heldOut.kinds[kind]! / count).toBeCloseTo(0.25, 2);
  expect([...heldOut.prints].filter((print) => train.prints.has(print))).toEqual([]);
});

test('learns: the loss falls, and of the digits it has not seen it knows nine in ten', async () => {
  const fit = small(2000, 1000, 4);
  const tensors = tf.memory().numTensors;
  const history = await fit.run();
  expect(tf.memory().numTensors).toBe(tensors);
  const losses = history.map(({ loss }) => loss);
  expect(losses).toEqual(losses.toSorted((a, b) => b - a));
  expect(history.at(-1)!.heldOut.accuracy).toBeGreaterThan(0.9);
  dispose(fit);
});

test('interrupted twice at random batches, it ends with the bits of a run that was not', async () => {
  const seed = Number(process.env.LOOPCHART_SEED ?? Date.now() % 1e9);
  process.stdout.write(`digits: LOOPCHART_SEED=${seed}\n`);
  const random = seeded(seed);

  const whole = small(800, 500, 3);
  await whole.run();
  const expected = everythingIn(whole);
  dispose(whole);

  // 25 batches and 4 looks at the held-out digits, of two steps each, in an epoch.
  const below = (count: number) => Math.floor(next(random) * count);
  const cuts = [below(60), below(95)].toSorted((a, b) => a - b);
  const store = fileStore(join(scratch, 'bits'), { keep: 1 });
  for (const cut of cuts) {
    const fit = small(800, 500, 3);
    const saved = await store.load('bits');
    const run = fit.start({ id: 'bits', store, every: 'run', paused: true, ...(saved && { from: saved }) });
    const steps = cut - (saved?.position.steps ?? 0);
    if (steps > 0) await run.step(steps);
    await run.suspend();
    expect((await run.outcome).status).toBe('suspended');
    dispose(fit);
  }
  const fit = small(800, 500, 3);
  await fit.start({ from: structuredClone((await store.load('bits'))!) }).output;
  expect(everythingIn(fit), `LOOPCHART_SEED=${seed}`).toEqual(expected);
  dispose(fit);
});

describe('the program', () => {
  const main = join(import.meta.dirname, '../examples/digits/main.ts');
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

  /** Runs it in a directory of its own; at the first line that has `at` in it, it gets the signal, or what else is done. */
  async function program(
    cwd: string,
    flags: string[],
    at?: string,
    signal?: 'SIGINT' | 'SIGTERM' | ((told: string) => void),
  ) {
    mkdirSync(join(scratch, cwd), { recursive: true });
    const inspects = typeof signal === 'function' ? [] : ['--no-inspect'];
    const child = spawn(
      process.execPath,
      ['--conditions=loopchart-source', `--import=${tsx}`, main, ...inspects, ...flags],
      { cwd: join(scratch, cwd) },
    );
    let [output, errors] = ['', ''];
    let asked = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (at === undefined || asked || !output.includes(at)) return;
      asked = true;
      if (typeof signal === 'function') signal(errors);
      else child.kill(signal);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, output, errors };
  }

  /** Asks for something as the inspector's page does. */
  const fromPage = (event: object) => (told: string) => {
    const { host, origin, hash } = new URL(/inspector: (\S+)/.exec(told)![1]!);
    const socket = new WebSocket(`ws://${host}/ws?since=0`, [`tok.${hash.slice('#token='.length)}`], { origin });
    socket.on('open', () => socket.send(JSON.stringify({ type: 'send', id: 'fit#1', event })));
  };

  /** The same, once the run of that directory has been saved: it takes less than a second to come to where it is asked. */
  const whenSaved = (cwd: string, ask: (told: string) => void) => (told: string) => {
    const saves = join(scratch, cwd, '.loopchart', 'run-digits');
    const timer = setInterval(() => {
      if (!existsSync(saves) || !readdirSync(saves).some((name) => name.endsWith('.ckpt'))) return;
      clearInterval(timer);
      ask(told);
    }, 20);
  };

  /** What is told of the training. */
  function learned(...outputs: string[]): string[] {
    return outputs.flatMap((output) => output.match(/^epoch \d+ +\d.*$/gm) ?? []);
  }

  /** What is told on stderr beside the lines that show where the run stands. */
  function words(errors: string): string {
    return errors.replace(/^\d+:\d\d {2}fit .*\n/gm, '');
  }

  test('interrupted by SIGINT and by SIGTERM it goes on from the batch, and tells what a run tells that was not', async () => {
    const first = await program('twice', ['--epochs', '1'], ' 25.0 %', 'SIGINT');
    expect(first.code).toBe(130);
    const place = /^digits: suspended: SIGINT, after (\d+) steps\. Started again, it goes on from there\.\n$/;
    expect(words(first.errors)).toMatch(place);

    const second = await program('twice', ['--epochs', '1'], ' 50.0 %', 'SIGTERM');
    const [, steps] = place.exec(words(first.errors))!;
    expect(words(second.errors)).toMatch(
      new RegExp(`^digits: goes on in fit\\.epoch(\\.\\w+)?, after ${steps} steps\\.\\ndigits: suspended: SIGTERM, `),
    );
    expect(second.code).toBe(143);

    const third = await program('twice', []);
    expect(words(third.errors)).toMatch(/^digits: goes on in fit\.epoch(\.\w+)?, after \d+ steps\.\n$/);
    expect(third.errors).toMatch(/^\d+:\d\d {2}fit 1 of 1; finished$/m);
    expect(third.code).toBe(0);

    const whole = await program('once', ['--epochs', '1']);
    expect(whole.output).toMatch(/^8000 digits to learn from, 2000 held out\.\n/);
    expect(whole.output).toMatch(
      /^epoch 1 {2}25\.0 % {3}loss \d\.\d{4} {3}accuracy {2}\d\d\.\d % {3}held out {2}\d\d\.\d %$/m,
    );
    expect(`${whole.output}${whole.errors}`).not.toContain('\x1b');
    expect(words(whole.errors)).toBe('');
    // Each quarter, and the last one once more at the end.
    expect(learned(whole.output)).toHaveLength(5);
    expect(learned(first.output, second.output, third.output)).toEqual(learned(whole.output));

    const again = await program('once', ['--epochs', '1']);
    expect(again.code).toBe(0);
    expect(words(again.errors)).toMatch(/^digits: had finished before, /);
    expect(learned(again.output)).toEqual(learned(whole.output).slice(-1));

    const more = await program('once', ['--epochs', '2']);
    expect(words(more.errors)).toMatch(/^digits: goes on in fit, after \d+ steps\.\n$/);
    expect(learned(more.output)).toHaveLength(5);
    expect(more.code).toBe(0);

    // Another learning rate is another run, beside the one that has finished.
    const slower = await program('once', ['--epochs', '1', '--rate', '0.01', '--record', 'slower.jsonl']);
    expect([slower.code, words(slower.errors)]).toEqual([0, '']);
    expect(learned(slower.output)).toHaveLength(5);
    expect(learned(slower.output)).not.toEqual(learned(whole.output));
    const lines = parseRecording(readFileSync(join(scratch, 'once', 'slower.jsonl'), 'utf8'));
    const begun = lines.filter((line) => line.type === 'actor' && line.path === 'fit.epoch.batches');
    expect(begun.map((line) => (line as { context: { args?: unknown } }).context.args)).toEqual(
      [0, 1, 2, 3].map((quarter) => [0, quarter, 0.01]),
    );
    expect(lines.find(({ type }) => type === 'actor')).toMatchObject({ id: 'fit#1', run: 'digits-0.01' });
  }, 180_000);

  test('stopped or aborted from its inspector, it says so, and the next start goes on', async () => {
    const stop = whenSaved('page', fromPage({ type: 'loop.stop', reason: 'seen enough' }));
    // So many epochs that it cannot come to its end before it is told to stop.
    const stopped = await program('page', ['--epochs', '999'], ' 50.0 %', stop);
    expect(stopped.code).toBe(0);
    expect(stopped.errors).toMatch(/^digits: stopped: seen enough, after \d+ steps\.\n/m);
    // What was cut short is not told as if it were whole.
    expect(stopped.output).not.toMatch(/NaN/);
    const abort = fromPage({ type: 'loop.abort', reason: 'no use' });
    const aborted = await program('page', ['--epochs', '999'], ' 75.0 %', abort);
    expect(aborted.code).toBe(1);
    expect(aborted.errors).toMatch(/^digits: goes on in fit\.epoch(\.\w+)?, after \d+ steps\.\n/m);
    expect(aborted.errors).toMatch(/^digits: aborted: no use, after \d+ steps\.\n/m);
  }, 120_000);

  test('says how it is used, and what is wrong with the command line', async () => {
    expect(await program('flags', ['--help'])).toMatchObject({
      code: 0,
      output: expect.stringContaining('--fresh'),
      errors: '',
    });
    expect(await program('flags', ['--epoch'])).toMatchObject({
      code: 2,
      output: '',
      errors: expect.stringContaining("'--epoch'"),
    });
    for (const epochs of ['0', 'many']) {
      expect(await program('flags', ['--epochs', epochs])).toMatchObject({
        code: 2,
        output: '',
        errors: expect.stringContaining(`Expected --epochs to be a whole number from 1 up, got '${epochs}'.`),
      });
    }
    for (const rate of ['0', 'fast']) {
      expect(await program('flags', ['--rate', rate])).toMatchObject({
        code: 2,
        errors: expect.stringContaining(`Expected --rate to be a number above 0, and 1 at most, got '${rate}'.`),
      });
    }
  });
});
