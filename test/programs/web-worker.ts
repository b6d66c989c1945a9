// The same as `node-worker.ts`, in a browser: what it is to do stands behind the `#` of its address.
import { inspectHere } from 'loopchart/browser';
import { type Served, serve } from 'loopchart/worker';
import { served } from '../support/worker-loops.ts';

const what = self.location.hash.slice(1);
if (what === 'broken') throw new TypeError('no such model');
if (what !== 'idle') {
  const all: Served[] = served({ inspector: inspectHere }).map(([loop, options]) => serve(loop, options));
  if (what === 'closes') setTimeout(() => all.map((one) => one.close()), 50);
}
