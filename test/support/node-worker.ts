import { Worker, type WorkerOptions } from 'node:worker_threads';
import { build } from 'vite';

/** Builds a program for threads, with loopchart from its sources: what runs TypeScript here does not reach them. */
export async function buildThread(source: string, outDir: string, name: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true, resolve: { conditions: ['loopchart-source', 'node', 'import', 'module', 'default'] } },
    build: {
      ssr: source,
      outDir,
      emptyOutDir: false,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: name }, external: [/^node:/] },
    },
  });
}

export function threadOf(file: string, options: WorkerOptions = {}): Worker {
  return new Worker(file, { execArgv: [], ...options });
}
