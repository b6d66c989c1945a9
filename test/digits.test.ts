import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { fileStore } from 'loopchart/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { loadTensorFlow } from '../examples/digits/backend.ts';
import { bars } from '../examples/digits/bars.ts';
import { loadDigits, type Split, slice } from '../examples/digits/data.ts';
import { parseFlags } from '../examples/digits/flags.ts';
import { Fit } from '../examples/digits/loops.ts';
import { below, seeded } from '../examples/digits/random.ts';
import { Footer } from '../examples/digits/terminal.ts';
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
  const cuts = [below(60, random), below(95, random)].toSorted((a, b) => a - b);
  const store = fileStore(join(scratch, 'bits'), { keep: 1 });
  for (const cut of cuts) {
    const fit = small(800, 500, 3);
    const saved = await store.load('bits');
    const run = fit.start({ id: 'bits', store, every: 'run', ...(saved && { from: saved }) });
    for await (const { steps } of run) if (steps >= cut) break;
    await run.suspend();
    expect((await run.outcome).status).toBe('suspended');
    dispose(fit);
  }
  const fit = small(800, 500, 3);
  await fit.start({ from: structuredClone((await store.load('bits'))!) }).output;
  expect(everythingIn(fit), `LOOPCHART_SEED=${seed}`).toEqual(expected);
  dispose(fit);
});

test('the bars fit into a terminal of any width', () => {
  const moment = {
    epoch: 11,
    epochs: 12,
    batch: 250,
    batches: 250,
    loss: 0.0712,
    accuracy: 1,
    heldOut: 0.98,
    speed: 114.2,
  };
  for (let columns = 65; columns <= 200; columns++) {
    const lines = bars(moment, columns, true).map(stripVTControlCharacters);
    expect(lines.every((line) => line.length <= columns - 3)).toBe(true);
    expect(bars(moment, columns, false)).toEqual(lines);
  }
  expect(bars({ ...moment, epoch: 3, batch: 125 }, 80, false)).toEqual([
    'epoch 4 of 12    ████░░░░░░░░░░  29 %  held out 98.00 %  0:19 left',
    'batch 125 of 250 ███████░░░░░░░  50 %  accuracy 100.00 %  loss 0.0712  114/s',
  ]);
});

test('what is printed goes above the bars, and the cursor comes back', () => {
  let written = '';
  const stream = {
    columns: 20,
    write(text: string) {
      written += text;
      return true;
    },
  };
  const since = (): string => {
    const text = JSON.stringify(written).replaceAll('\\u001b', '').slice(1, -1);
    written = '';
    return text;
  };
  const footer = new Footer(stream);
  footer.draw(['one', 'two']);
  expect(since()).toBe('[?25l\\r[Jone[K\\ntwo[K[J');
  footer.draw(['ONE', 'a line that does not fit']);
  expect(since()).toBe('\\r[1AONE[K\\na line that does [K[J');
  footer.print('above');
  expect(since()).toBe('\\r[1Aabove[K\\nONE[K\\na line that does [K[J');
  // Narrower: the last line takes two rows now.
  stream.columns = 10;
  footer.draw(['ONE']);
  expect(since()).toBe('\\r[2A[JONE[K[J');
  footer.close();
  expect(since()).toBe('\\r[J[?25h');
});

describe('the program', () => {
  const main = join(import.meta.dirname, '../examples/digits/main.ts');
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

  /** Runs it in a directory of its own; at the first line that has `at` in it, it gets the signal, or what else is done. */
  async function program(
    cwd: string,
    flags: string[],
    at?: string,
    signal?: 'SIGINT' | 'SIGTERM' | ((output: string) => void),
  ) {
    mkdirSync(join(scratch, cwd), { recursive: true });
    const inspects = typeof signal === 'function' ? [] : ['--no-inspect'];
    const child = spawn(
      process.execPath,
      ['--conditions=loopchart-source', `--import=${tsx}`, main, ...inspects, ...flags],
      { cwd: join(scratch, cwd) },
    );
    let [output, errors] = ['', ''];
    let asked: number | undefined;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (at === undefined || asked !== undefined || !output.includes(at)) return;
      asked = performance.now();
      if (typeof signal === 'function') signal(output);
      else child.kill(signal);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, output, errors, took: performance.now() - (asked ?? Number.NaN) };
  }

  /** Asks for something as the inspector's page does. */
  const fromPage = (event: object) => (output: string) => {
    const { host, origin, hash } = new URL(/inspector: (\S+)/.exec(output)![1]!);
    const socket = new WebSocket(`ws://${host}/ws?since=0`, [`tok.${hash.slice('#token='.length)}`], { origin });
    socket.on('open', () => socket.send(JSON.stringify({ type: 'send', id: 'fit#1', event })));
  };

  /** What is told of the training, without the times. */
  function learned(...outputs: string[]): string[] {
    return outputs.flatMap((output) => output.match(/^epoch .*? held out +\S+ %/gm) ?? []);
  }

  test('interrupted by SIGINT and by SIGTERM it goes on from the batch, and tells what a run tells that was not', async () => {
    const first = await program('twice', ['--epochs', '1'], ' 25 %', 'SIGINT');
    expect(first.code).toBe(130);
    expect(first.took).toBeLessThan(1000);
    const place =
      /^SIGINT (in epoch 1 of 1, after batch \d+ of 250): saved in \.loopchart\.\nThe same command goes on from there\.\n$/m;
    expect(first.output).toMatch(place);

    const second = await program('twice', ['--epochs', '1'], ' 50 %', 'SIGTERM');
    expect(second.output).toMatch(`Going on ${place.exec(first.output)![1]}.\n`);
    expect(second.code).toBe(143);
    expect(second.took).toBeLessThan(1000);

    const third = await program('twice', []);
    expect(third.output).toMatch(/^Going on in epoch 1 of 1, after batch \d+ of 250\.\n/);
    expect(third.code).toBe(0);

    const whole = await program('once', ['--epochs', '1']);
    expect(whole.output).toMatch(/^8,000 handwritten digits to learn from, 2,000 held out, 1 epoch\.\n/);
    expect(whole.output).toMatch(
      /^epoch 1 of 1 {3}loss \d\.\d{4} {3}accuracy \d\d\.\d\d % {3}held out \d\d\.\d\d % +25 %$/m,
    );
    expect(whole.output).not.toContain('\x1b');
    expect(learned(whole.output)).toHaveLength(4);
    expect(learned(first.output, second.output, third.output)).toEqual(learned(whole.output));
    expect([first, second, third, whole].map(({ errors }) => errors)).toEqual(['', '', '', '']);

    const again = await program('once', ['--epochs', '1']);
    expect(again).toMatchObject({ code: 0, errors: '' });
    expect(again.output).toMatch(
      /^The saved run has been trained already, for 1 epoch\.\n\nHeld-out accuracy: +\d\d\.\d\d %/,
    );

    const more = await program('once', ['--epochs', '2']);
    expect(more.output).toMatch(/^Going on before epoch 2 of 2\.\n/);
    expect(learned(more.output)).toHaveLength(4);
    expect(more.code).toBe(0);
  }, 180_000);

  test('stopped or aborted from its inspector, it says so, and what the next start does', async () => {
    const stop = fromPage({ type: 'loop.stop', reason: 'seen enough' });
    // So many epochs that it cannot come to its end before it is told to stop.
    const stopped = await program('page', ['--epochs', '999'], 'accuracy', stop);
    expect(stopped).toMatchObject({ code: 0, errors: '' });
    const place = String.raw`(before|in) epoch \d+ of 999(, after batch \d+ of 250)?\. npm start (goes on|begins anew)`;
    expect(stopped.output).toMatch(new RegExp(`^stopped \\(seen enough\\) ${place}`, 'm'));
    // What was cut short is not told as if it were whole.
    expect(stopped.output).not.toMatch(/NaN|held out +–/);
    const abort = fromPage({ type: 'loop.abort', reason: 'no use' });
    const aborted = await program('page', ['--epochs', '999'], 'accuracy', abort);
    expect(aborted).toMatchObject({ code: 1, errors: '' });
    const goesOn = stopped.output.includes('npm start goes on');
    expect(/^Going on /m.test(aborted.output)).toBe(goesOn);
    expect(aborted.output).toMatch(new RegExp(`^aborted \\(no use\\) ${place}`, 'm'));
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
    for (const epochs of ['0', '1.5', 'many']) {
      expect(() => parseFlags(['--epochs', epochs])).toThrow(
        `Expected --epochs to be a whole number from 1 up, got '${epochs}'.`,
      );
    }
  });
});
