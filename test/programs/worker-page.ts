// A page that holds runs in workers: `scenario(name)` does what `worker-scenarios.ts` has under that name.
import { remote } from 'loopchart/worker';
import type { Count } from '../support/worker-loops.ts';
import { type Open, scenarios } from '../support/worker-scenarios.ts';

const open: Open = (what = '' as never) => {
  const worker = new Worker(new URL(`./worker.js#${what}`, location.href), { type: 'module' });
  return { worker, terminate: () => worker.terminate() };
};

/** Two ways to one shared worker, as two pages have. */
async function shared() {
  const [one, two] = [0, 1].map(() => new SharedWorker(new URL('./shared.js', location.href), { type: 'module' }));
  const [first, second] = [remote<Count>(one!.port).start(), remote<Count>(two!.port).start()];
  return Promise.all([first.output, second.output]);
}

Object.assign(window, { scenario: (name: keyof typeof scenarios) => scenarios[name](open), shared });
