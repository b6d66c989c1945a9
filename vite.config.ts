import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import type { Reporter } from 'vitest/node';

/** Closes a run with the plain line that CI reads. */
const tally: Reporter = {
  onTestRunEnd(modules) {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++;
    }
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  },
};

const config: ViteUserConfig = defineConfig({
  root: 'inspector',
  base: './',
  build: { outDir: '../dist/inspector', emptyOutDir: true },
  resolve: { conditions: ['loopchart-source', ...defaultClientConditions] },
  ssr: { resolve: { conditions: ['loopchart-source', ...defaultServerConditions] } },
  test: {
    root: import.meta.dirname,
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 60_000,
    // What a browser shows comes when the machine has time for it.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', tally],
  },
});

export default config;
