import { Loop, Progress, type Recording, record } from 'loopchart';
import { recordRun } from 'loopchart/testing';
import { turn } from './loops.ts';

/*
 * One run for each way to end, of loops that do all that loops do: children in turn and side by side, `once`, a failure that
 * is caught, one that is not, a number that JSON has no word for. Recordings of them are kept for years: what these loops do
 * is not to be changed.
 */

class Rows extends Loop<number, [file: string, fails?: boolean]> {
  override state = { row: 0, sum: 0 };
  readonly progress: Progress = new Progress();

  get done() {
    return this.state.row >= 3;
  }

  reset() {
    this.state = { row: 0, sum: 0 };
  }

  async advance(file: string, fails = false) {
    await turn();
    this.progress.incrementReady();
    if (fails && this.state.row === 1) throw new RangeError(`row 1 of ${file} is none`, { cause: { row: 1 } });
    this.state.row++;
    this.state.sum += file.length / this.state.row;
  }

  override onRunEnd() {
    return this.state.sum;
  }
}

type Ends = 'at its end' | 'by end()' | 'by a failure' | 'before it begins';

class Import extends Loop<{ sums: number[] }, [files: string[], ends: Ends]> {
  override state = { file: 0, sums: [] as number[], least: Number.POSITIVE_INFINITY, failed: [] as string[] };
  readonly rows: Rows = new Rows();
  readonly beside: Rows[] = [new Rows(), new Rows()];
  #ends: Ends;

  constructor(ends: Ends) {
    super();
    this.#ends = ends;
  }

  override get skip() {
    return this.#ends === 'before it begins';
  }

  get done() {
    return this.state.file >= 2;
  }

  reset() {
    this.state = { file: 0, sums: [], least: Number.POSITIVE_INFINITY, failed: [] };
  }

  async advance(files: string[]) {
    const file = files[this.state.file]!;
    const prefix = await this.once('prefix', () => `import ${this.state.file}`);
    this.state.sums.push(await this.rows.run(`${prefix} ${file}`));
    this.state.sums.push(...(await Promise.all(this.beside.map((rows, i) => rows.run(`${file} ${i}`)))));
    try {
      await this.rows.run(file, true);
    } catch (error) {
      if (this.#ends === 'by a failure') throw error;
      this.state.failed.push((error as Error).message);
    }
    this.state.least = Math.min(this.state.least, ...this.state.sums);
    if (this.#ends === 'by end()') throw this.end({ after: file, least: Number.NaN });
    this.state.file++;
  }

  override onSkip() {
    return { sums: [] };
  }

  override onRunEnd() {
    return { sums: this.state.sums };
  }
}

const files = ['a.csv', 'bb.csv'];

const run = async (ends: Ends, options: object = {}): Promise<Recording> => {
  const loop: Loop<any, any> = new Import(ends);
  return (await recordRun(loop, { args: [files, ends], ...options })).recording;
};

/** Takes seven steps of rows, the last of them side by side, and goes on from there. */
async function suspendedAndResumed(): Promise<Recording> {
  const recorder = record();
  const first = new Import('at its end').start({ args: [files, 'at its end'], paused: true, inspect: recorder });
  await first.step(3);
  await first.step(1);
  const checkpoint = JSON.parse(JSON.stringify(await first.suspend('for the night')));
  await first.settled;
  const second = new Import('at its end').start({ from: checkpoint, inspect: recorder });
  await second.outcome;
  await second.settled;
  return recorder.recording;
}

const during = (end: (run: any) => unknown) => ({
  paused: true,
  during: async (run: any) => {
    await run.step(4);
    await end(run);
  },
});

/** By the name of its file, a run that ends this way. */
export const ends: Record<string, () => Promise<Recording>> = {
  finished: () => run('at its end'),
  ended: () => run('by end()'),
  stopped: () =>
    run(
      'at its end',
      during((one) => one.stop({ why: 'enough' })),
    ),
  skipped: () => run('before it begins'),
  aborted: () =>
    run(
      'at its end',
      during((one) => one.abort(new TypeError('no more'))),
    ),
  failed: () => run('by a failure'),
  'suspended and resumed': suspendedAndResumed,
};
