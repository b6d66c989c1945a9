// A page that holds runs in workers: `scenario(name)` does what `worker-scenarios.ts` has under that name.
import { type Open, scenarios } from '../support/worker-scenarios.ts';

const open: Open = (what = '' as never) => {
  const worker = new Worker(new URL(`./worker.js#${what}`, location.href), { type: 'module' });
  return { worker, terminate: () => worker.terminate() };
};

Object.assign(window, { scenario: (name: keyof typeof scenarios) => scenarios[name](open) });
