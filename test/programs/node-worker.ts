// A worker thread that serves loops; with `broken` in its data it throws before, with `idle` it serves nothing.
import { workerData } from 'node:worker_threads';
import { inspectHere } from 'loopchart/browser';
import { type Served, serve } from 'loopchart/worker';
import { served } from '../support/worker-loops.ts';

if (workerData === 'broken') throw new TypeError('no such model');
if (workerData === 'idle') setInterval(() => {}, 1000);
else {
  const all: Served[] = served({ inspector: inspectHere }).map(([loop, options]) => serve(loop, options));
  if (workerData === 'closes') setTimeout(() => all.map((one) => one.close()), 50);
}
