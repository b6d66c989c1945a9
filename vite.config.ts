import { join } from 'node:path';
import { defaultClientConditions, defaultServerConditions, type Plugin, runnerImport } from 'vite';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import type { Reporter } from 'vitest/node';

/** Closes a run with the plain line that CI reads. */
const tally: Reporter = {
  onTestRunEnd(modules) {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) count[test.result().state]++;
      // Of a file that could not be loaded, or whose hooks failed, no test tells.
      if (!module.ok() && tests.every((test) => test.ok())) count.failed++;
    }
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  },
};

/** Nearly all charts that the page shows are the library's own: it is built with the pictures, and seldom lays out another. */
const ownPictures: Plugin = {
  name: 'loopchart:own-pictures',
  resolveId: (id) => (id === 'virtual:own-pictures' ? `\0${id}` : undefined),
  async load(id) {
    if (id !== '\0virtual:own-pictures') return undefined;
    const { module } = await runnerImport<{ ownPictures(): Promise<object> }>(
      join(import.meta.dirname, 'inspector/own.ts'),
    );
    return `export default ${JSON.stringify(await module.ownPictures())};`;
  },
};

const config: ViteUserConfig = defineConfig({
  root: 'inspector',
  base: './',
  plugins: [ownPictures],
  build: {
    outDir: '../dist/inspector',
    emptyOutDir: true,
    // That most of the time goes into the pictures is known, and no news on each build.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  resolve: { conditions: ['loopchart-source', ...defaultClientConditions] },
  ssr: { resolve: { conditions: ['loopchart-source', ...defaultServerConditions] } },
  test: {
    root: import.meta.dirname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/browser/setup.ts'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 60_000,
    // A page is built and a browser started in it, on whatever machine this is.
    hookTimeout: 60_000,
    // What a browser shows comes when the machine has time for it.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', tally],
  },
});

export default config;
