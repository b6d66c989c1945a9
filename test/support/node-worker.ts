import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

// Of its two forms, the one for `import`.
const tsx = new URL('dist/esm/api/index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json')))
  .href;

/** A worker thread that runs a TypeScript file, with loopchart from its sources. */
export function workerOf(file: string, options: WorkerOptions = {}): Worker {
  const { href } = pathToFileURL(file);
  // What runs TypeScript in a process is not passed on to its threads.
  const program = `import('${tsx}').then(({ register }) => { register(); return import('${href}'); })`;
  return new Worker(program, { ...options, eval: true, execArgv: ['--conditions=loopchart-source'] });
}
