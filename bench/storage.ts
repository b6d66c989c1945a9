import { mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckpointStore, Loop } from 'loopchart';
import { fileStore } from 'loopchart/node';
import { type Case, compare, type Row } from './measure.ts';

/** A counter with a state of so many bytes beside it. */
class Heavy extends Loop<number> {
  override state: { n: number; numbers: number[] };
  readonly #steps: number;

  constructor(steps: number, numbers: number[]) {
    super();
    this.#steps = steps;
    this.state = { n: 0, numbers };
  }

  get done(): boolean {
    return this.state.n >= this.#steps;
  }

  reset(): void {
    this.state.n = 0;
  }

  advance(): void {
    this.state.n++;
  }
}

/** The same, but in a field that is captured at checkpoints only: where weights belong. */
class Weighty extends Heavy {
  readonly weights: { stateDict(): unknown; loadStateDict(): void };

  constructor(steps: number, bytes: number) {
    super(steps, []);
    const array = new Float32Array(bytes / 4).map(Math.sin);
    this.weights = { stateDict: () => array, loadStateDict() {} };
  }
}

const rounds = 11;

async function saves(name: string, steps: number, make: () => Heavy, mark: { atMost: number }): Promise<Row> {
  const directory = await mkdtemp(join(tmpdir(), 'loopchart-bench-'));
  try {
    let saved = 0;
    const store = fileStore(join(directory, 'store'));
    const counting: CheckpointStore = {
      ...store,
      save(runId, checkpoint) {
        saved++;
        return store.save(runId, checkpoint);
      },
    };
    const run = async () => {
      saved = 0;
      await make().start({ id: 'bench', store: counting, every: 'step', durability: 'sync' }).output;
      return saved;
    };
    // The last step's save is the one of the run that has finished.
    const count = steps;
    await run();
    const kept = join(directory, 'store', 'run-bench');
    const newest = (await readdir(kept))
      .filter((file) => file.endsWith('.ckpt'))
      .sort()
      .at(-1)!;
    const bytes = await readFile(join(kept, newest));
    const peer = {
      name: 'write, fsync, rename of the same bytes',
      count,
      run: async () => {
        for (let i = 0; i < count; i++) await write(directory, bytes);
        return count;
      },
    };
    const row = await compare(name, { name: 'loopchart', count, run }, peer, mark, rounds);
    return { ...row, note: `a file of ${bytes.length.toLocaleString('en')} bytes, in ${tmpdir()}` };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function write(directory: string, bytes: Buffer): Promise<void> {
  const path = join(directory, 'plain');
  const file = await open(`${path}.tmp`, 'w');
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  await rename(`${path}.tmp`, path);
}

/** As many numbers as take so many bytes in memory. */
function numbers(bytes: number): number[] {
  return Array.from({ length: bytes / 8 }, (_, i) => Math.sin(i));
}

export const checkpoint: Case = {
  name: 'checkpoint',
  async *rows() {
    yield await saves('checkpoint a step, 1 KiB of state', 50, () => new Heavy(50, numbers(2 ** 10)), { atMost: 1.3 });
    yield await saves('checkpoint a step, 1 MiB of state', 15, () => new Heavy(15, numbers(2 ** 20)), { atMost: 2 });
    yield await saves('checkpoint a step, 1 MiB of weights', 15, () => new Weighty(15, 2 ** 20), { atMost: 1.3 });
  },
};
