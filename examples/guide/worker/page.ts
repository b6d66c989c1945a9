// A page that goes on, when it is loaded again, where it was.
import { remote } from 'loopchart/worker';
import type { Train } from './train.ts';

// A bundler makes a file of its own of the worker.
const worker = new Worker(new URL('./train.ts', import.meta.url), { type: 'module' });
const run = remote<Train>(worker).start({ args: [0.25], id: 'train', from: 'newest' });

const button = document.querySelector('button')!;
button.onclick = () => void run.stop('enough');
const bar = document.querySelector('progress')!;
for await (const { loops } of run) bar.value = loops[0].state?.epoch ?? 0;
document.title = `weight ${await run.output}`;
