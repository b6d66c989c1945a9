// Saves to a run as its input says: `save <run> <steps> <bytes>` once, `loop <run> <bytes>` until it is killed.
// It answers `ready` when it has started, and each save with `saved <steps>` or `<code> <pid of the holder>`.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { LoopError } from '../../src/data/errors.ts';
import { fileStore } from '../../src/node/store.ts';
import { checkpointAt } from './checkpoint.ts';

const store = fileStore(process.argv[2]!);

async function save(run: string, steps: number, bytes: number): Promise<void> {
  try {
    await store.save(run, checkpointAt(run, steps, bytes));
    say(`saved ${steps}`);
  } catch (error) {
    if (!(error instanceof LoopError)) throw error;
    say(`${error.code} ${/process (\d+)/.exec(error.message)?.[1]}`);
  }
}

/** In the pipe before the next save begins: what was said was durable before it was said. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

say('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [command, run = '', ...numbers] = line.split(' ');
  if (command === 'save') await save(run, Number(numbers[0]), Number(numbers[1]));
  if (command === 'loop') {
    const found = await store.load(run);
    for (let steps = (found?.position.steps ?? 0) + 1; ; steps++) await save(run, steps, Number(numbers[0]));
  }
}
