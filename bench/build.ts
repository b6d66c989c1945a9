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
    ssr: true,
    outDir: join(import.meta.dirname, '../.loopchart/bench'),
    target: 'node20',
    rolldownOptions: {
      // The listener is a process of its own, and a file of its own: with the rest in it, it would run the bench as well.
      input: { run: join(import.meta.dirname, 'run.ts'), listener: join(import.meta.dirname, 'listener.ts') },
      external: (name) => !name.startsWith('.') && !name.startsWith('/'),
      output: { entryFileNames: '[name].js' },
    },
  },
});
