import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build, defaultClientConditions, type Rolldown } from 'vite';
import { describe, expect, test } from 'vitest';

const root = new URL('..', import.meta.url);
const manifest = JSON.parse(read('package.json'));

function read(file: string): string {
  return readFileSync(new URL(file, root), 'utf8');
}

/** The names that a door's source gives, of values and types. */
function names(file: string): { values: string[]; types: string[] } {
  const values: string[] = [];
  const types: string[] = [];
  const source = read(file);
  expect(source, 'a door names what it gives').not.toContain('export *');
  for (const [, typesOnly, list] of source.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const name of list!.split(',').map((one) => one.trim())) {
      if (name === '') continue;
      const isType = typesOnly !== undefined || name.startsWith('type ');
      (isType ? types : values).push(name.replace(/^type /, '').replace(/^.* as /, ''));
    }
  }
  return { values: values.sort(), types: types.sort() };
}

describe('what the doors give', () => {
  test('loopchart', async () => {
    const { values, types } = names('src/index.ts');
    expect(values).toMatchInlineSnapshot(`
      [
        "BaseProgress",
        "EndLoop",
        "Loop",
        "LoopError",
        "MisconfigurationError",
        "ProcessedTracker",
        "Progress",
        "ReadyCompletedTracker",
        "StartedTracker",
        "contextAfter",
        "formatRecording",
        "memoryStore",
        "outcomeOf",
        "parseRecording",
        "record",
        "rememberErrors",
        "replay",
      ]
    `);
    expect(types).toMatchInlineSnapshot(`
      [
        "ActorLine",
        "BrokenOff",
        "ChartLine",
        "Checkpoint",
        "CheckpointInfo",
        "CheckpointStore",
        "ChildActor",
        "Completed",
        "ErrorClass",
        "EventLine",
        "Frame",
        "Given",
        "Inspect",
        "Json",
        "LoadOptions",
        "LoadReport",
        "LoopContext",
        "LoopControlEvent",
        "LoopErrorCode",
        "LoopMachine",
        "LoopRun",
        "LoopSnapshot",
        "LoopStanding",
        "LoopStateValue",
        "Outcome",
        "Phase",
        "PlainError",
        "ProgressDefaults",
        "Recorder",
        "Recording",
        "RecordingHeader",
        "RecordingLine",
        "RunProgress",
        "RunSaving",
        "StartArguments",
        "StartOptions",
        "StateDict",
        "Stateful",
      ]
    `);
    expect(Object.keys(await import('loopchart')).sort()).toEqual(values);
  });

  test('loopchart/node', async () => {
    const { values, types } = names('src/node/index.ts');
    expect(values).toMatchInlineSnapshot(`
      [
        "fileStore",
        "inspector",
        "recordTo",
        "resumable",
        "sqliteStore",
        "terminal",
      ]
    `);
    expect(types).toMatchInlineSnapshot(`
      [
        "FileRecorder",
        "FileStoreOptions",
        "ForkFactories",
        "ForkFactory",
        "ForkPlan",
        "Inspector",
        "InspectorOptions",
        "Limits",
        "Line",
        "Program",
        "ProgramOutcome",
        "Redact",
        "ResumableOptions",
        "SendTarget",
        "Sendable",
        "SqliteDatabase",
        "SqliteStatement",
        "SqliteStoreOptions",
        "StoreHolder",
        "TakeOver",
        "Terminal",
        "TerminalOptions",
      ]
    `);
    expect(Object.keys(await import('loopchart/node')).sort()).toEqual(values);
  });

  test('loopchart/patterns', async () => {
    const { values, types } = names('src/patterns/index.ts');
    expect([values, types]).toEqual([['retry', 'timeout'], ['RetryOptions']]);
    expect(Object.keys(await import('loopchart/patterns')).sort()).toEqual(values);
  });

  test('loopchart/browser', async () => {
    const { values, types } = names('src/browser/index.ts');
    expect(values).toEqual(expect.arrayContaining(['indexedDBStore', 'inspectHere']));
    expect(types).toContain('IndexedDBStoreOptions');
    expect(Object.keys(await import('loopchart/browser')).sort()).toEqual(values);
  });

  test('loopchart/worker', async () => {
    const { values, types } = names('src/worker/index.ts');
    expect(values).toEqual(['remote', 'serve']);
    expect(types).toMatchInlineSnapshot(`
      [
        "RemoteInput",
        "RemoteLogic",
        "RemoteLoop",
        "RemoteOptions",
        "RemoteRun",
        "RemoteSnapshot",
        "RemoteStartArguments",
        "RemoteStartOptions",
        "ServeOptions",
        "Served",
        "Watcher",
        "WorkerPort",
      ]
    `);
    expect(Object.keys(await import('loopchart/worker')).sort()).toEqual(values);
  });

  test('loopchart/testing', async () => {
    const { values, types } = names('src/testing/index.ts');
    expect(values).toMatchInlineSnapshot(`
      [
        "CutError",
        "compareGolden",
        "describeLoop",
        "everyCut",
        "goldenText",
        "paths",
        "play",
        "recordRun",
        "showDifference",
        "storeTests",
        "testStore",
      ]
    `);
    expect(types).toMatchInlineSnapshot(`
      [
        "Cause",
        "CauseKind",
        "Coverage",
        "Covered",
        "CutPlace",
        "CutReport",
        "EveryCutOptions",
        "FirstDifference",
        "GoldenDifference",
        "GoldenTransition",
        "LoopDescription",
        "LoopTree",
        "MachineJson",
        "MadeLoop",
        "Path",
        "PathSnapshot",
        "PathStep",
        "PathsOptions",
        "PlayArguments",
        "PlayClock",
        "PlayOptions",
        "Player",
        "RecordRunArguments",
        "RecordRunOptions",
        "StoreCapability",
        "StoreFixture",
        "StorePlace",
        "StoreReport",
        "StoreTest",
        "StoreTestResult",
      ]
    `);
    expect(Object.keys(await import('loopchart/testing')).sort()).toEqual(values);
  });

  test('loopchart/testing/fast-check', async () => {
    const { values, types } = names('src/testing/fast-check/index.ts');
    expect(values).toEqual(['TreeLoop', 'controls', 'loopTrees', 'treeLoop', 'underControl']);
    expect(types).toEqual(['Control', 'ControlledRun', 'LoopTree', 'LoopTreesOptions']);
    expect(Object.keys(await import('loopchart/testing/fast-check')).sort()).toEqual(values);
    // Who does not use it need not have it.
    expect(manifest.peerDependenciesMeta['fast-check']).toEqual({ optional: true });
  });

  test('loopchart/vitest gives Vitest a matcher, and types', async () => {
    const { values, types } = names('src/vitest/index.ts');
    expect([values, types]).toEqual([[], []]);
    expect(Object.keys(await import('loopchart/vitest'))).toEqual([]);
  });

  test('each is what the build emits of its source', () => {
    const { './package.json': itself, ...doors } = manifest.exports;
    expect(itself).toBe('./package.json');
    for (const door of Object.values<Record<string, string>>(doors)) {
      const source = door['loopchart-source']!;
      // As `src/tsconfig.json` has it: from src to dist, file for file.
      expect(door.default).toBe(source.replace(/^\.\/src\/(.+)\.ts$/, './dist/$1.js'));
      expect(existsSync(new URL(source, root)), source).toBe(true);
    }
    const { compilerOptions } = JSON.parse(read('src/tsconfig.json'));
    expect([compilerOptions.rootDir, compilerOptions.outDir]).toEqual(['.', '../dist']);
    expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'src']));
  });
});

describe('the types that are built are those of the sources', () => {
  const check = async (...flags: string[]) => {
    const tsc = new URL('node_modules/typescript/bin/tsc', root).pathname;
    const checked = promisify(execFile)(process.execPath, [tsc, '-p', 'test/built.tsconfig.json', ...flags], {
      cwd: root.pathname,
    });
    const { stdout } = await checked.catch((error: { stdout: string }) => error);
    return stdout;
  };

  test('for who is as strict as can be', async () => {
    expect(await check('--listFilesOnly')).toMatch(/dist\/loop\.d\.ts/);
    expect(await check()).toBe('');
  });

  // XState's own fit only without exactOptionalPropertyTypes.
  test('for who has the types of libraries checked as well', async () => {
    expect(await check('--skipLibCheck', 'false', '--exactOptionalPropertyTypes', 'false')).toBe('');
  });
});

/** What it was when this was written, and a little: what grows is to be seen. */
const budget = 71_000;

/** `loopchart` as an app's bundler leaves it, without XState. */
async function bundle(): Promise<{ code: string; imports: string[] }> {
  const entry = 'virtual:entry';
  const built = (await build({
    root: root.pathname,
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['loopchart-source', ...defaultClientConditions] },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? `export * from 'loopchart'` : undefined),
      },
    ],
    build: {
      write: false,
      minify: true,
      target: 'es2023',
      rolldownOptions: { input: entry, external: /^xstate(\/|$)|^node:/, preserveEntrySignatures: 'strict' },
    },
  })) as Rolldown.RolldownOutput;
  const chunks = built.output.filter((file) => file.type === 'chunk');
  return {
    code: chunks.map(({ code }) => code).join('\n'),
    imports: chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]),
  };
}

describe('loopchart in a browser', () => {
  test('is at most 71 kB, minified and gzipped, and asks for nothing of Node', async () => {
    const { code, imports } = await bundle();
    expect(imports).toEqual(['xstate']);
    const size = gzipSync(code, { level: 9 }).length;
    expect(size, `${size} bytes`).toBeLessThanOrEqual(budget);
  });
});
