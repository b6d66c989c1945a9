import { join } from 'node:path';
import { build } from 'vite';

/*
 * The benches as plain JavaScript, beside the built library: a loader that compiles on the way, as tsx does, also changes
 * what it compiles, and slows short child runs to a half.
 */
await build({
  configFile: false,
  logLevel: 'warn',
  build: {
    ssr: join(import.meta.dirname, 'run.ts'),
    outDir: join(import.meta.dirname, '../.loopchart/bench'),
    target: 'node20',
    rolldownOptions: {
      external: (name) => !name.startsWith('.') && !name.startsWith('/'),
      output: { entryFileNames: 'run.js' },
    },
  },
});
