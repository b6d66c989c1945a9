import { join } from 'node:path';
import { defaultClientConditions, defaultServerConditions, type Plugin, runnerImport } from 'vite';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import type { Reporter } from 'vitest/node';
import { singlePage } from './single-page.ts';

/** Closes a run with the plain line that CI reads. */
const tally: Reporter = {
  onTestRunEnd(modules) {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) count[test.result().state]++;
      // Of a file that could not be loaded, or whose hooks failed, no test tells.
      if (!module.ok() && tests.every((test) => test.ok())) count.failed++;
      for (const test of tests)
        if (test.diagnostic()?.flaky)
          console.log(`Passed only when run again: ${module.relativeModuleId} > ${test.fullName}`);
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
      join(import.meta.dirname, 'inspector/drawing/own-pictures.ts'),
    );
    return `export default ${JSON.stringify(await module.ownPictures())};`;
  },
};

/**
 * The library that draws the plots asks for numbers in the browser's language as soon as it is loaded. Where that is no
 * language tag, as `en-US@posix` under LANG=C, it throws, and the page would stay empty. All of the page is in English.
 */
const anyLanguage: Plugin = {
  name: 'loopchart:any-language',
  transform(code, id) {
    if (!/uplot[\\/]dist[\\/]/i.test(id)) return undefined;
    const asks = "new Intl.NumberFormat(domEnv ? nav.language : 'en-US')";
    if (!/\bIntl\b|toLocale/.test(code)) return undefined;
    if (!code.includes(asks))
      this.error(`Expected uPlot to ask for \`${asks}\`, to put English in its place; it does not.`);
    return { code: code.replace(asks, "new Intl.NumberFormat('en')"), map: null };
  },
};

const config: ViteUserConfig = defineConfig({
  root: 'inspector',
  base: './',
  plugins: [ownPictures, anyLanguage, singlePage],
  // Else it is bundled before the plugin above sees it.
  optimizeDeps: { exclude: ['uplot'] },
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
    // Much of the time goes into waiting, for a browser or a process: two files at a time, also where there are two cores.
    maxWorkers: 2,
    // A page is built and a browser started in it, on whatever machine this is.
    hookTimeout: 60_000,
    // What a browser shows comes when the machine has time for it.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', tally],
    // A browser has its own time on a busy machine. Which tests needed it is said at the end; no other test is run again.
    tags: [{ name: 'page', description: 'Shows a page in a browser.', retry: 1 }],
  },
});

export default config;
