// Outside: the run is held as one of this thread would be.
import { Worker } from 'node:worker_threads';
import { remote } from 'loopchart/worker';
import type { Train } from './train.ts';

const worker = new Worker(new URL('./thread.mjs', import.meta.url));
const train = remote<Train>(worker);

const run = train.start({ args: [0.25], id: 'train', paused: true });
await run.step(3);
console.log(run.progress.loops[0].state);
await run.suspend('for lunch');
console.log(await run.outcome.then(({ status, reason }) => [status, reason]));

const again = train.start({ args: [0.25], id: 'train', from: 'newest' });
let last = 0;
for await (const { steps } of again) last = steps;
console.log('after', last, 'steps:', await again.output);

// What dies takes its run with it, and that is told.
const endless = train.start({ args: [0], paused: true });
await endless.pause();
void worker.terminate();
const { status, error } = await endless.outcome;
console.log(status, (error as Error).message);
