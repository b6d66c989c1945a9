// How the pages among the examples are served and built: `npm run example:react`, `npm run example:plain`.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { defaultClientConditions, defineConfig } from 'vite';

const root = join(import.meta.dirname, '../..');
const publicDir = join(root, '.loopchart/example-pages');

// The inspector's page has to come from where the app does, to hear of its runs.
cpSync(join(root, 'dist/inspector'), join(publicDir, 'inspector'), { recursive: true });

// Checkpoints know a loop by the name of its class: a build that shortens it could not go on from what another has saved.
const output = { keepNames: true };

export default defineConfig({
  base: './',
  publicDir,
  cacheDir: join(root, '.loopchart/vite'),
  server: { host: '127.0.0.1' },
  // In this repository, the library comes from its sources.
  resolve: { conditions: ['loopchart-source', ...defaultClientConditions] },
  build: { rolldownOptions: { output } },
  worker: { format: 'es', rolldownOptions: { output } },
});
