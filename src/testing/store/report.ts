import { shown } from '../../data/shown.ts';
import { capabilities, type StoreCapability, type StoreFixture, type StorePlace } from './fixture.ts';
import { isOffered, storeTests } from './suite.ts';

/** What came of one test. */
export interface StoreTestResult {
  name: string;
  capability: StoreCapability;
  status: 'passed' | 'failed' | 'skipped';
  /** What it failed with. */
  error?: unknown;
  /** Why it was skipped. */
  reason?: string;
}

/** What came of all tests of a store. */
export interface StoreReport {
  store: string;
  /** Whether no test has failed. */
  passed: boolean;
  /** Whether no test has failed that every store has to pass. */
  passedBase: boolean;
  tests: StoreTestResult[];
  /** What was not tested, because the fixture does not say how. */
  notOffered: StoreCapability[];
  /** The report as a text, a line for each capability, and below it what has failed or was skipped. */
  toString(): string;
}

/** How long a test may take, in milliseconds: a store that never answers must not hold up the report. */
const patience = 60_000;

/**
 * Tests a store, one test after another, and says what came of it.
 *
 * @param options `patience`: milliseconds that a test may take. Default: 60,000
 * @example
 * const report = await testStore({ name: 'redisStore', make: async () => ({ store: redisStore(await freshClient()) }) });
 * console.log(`${report}`);
 * process.exitCode = report.passed ? 0 : 1;
 */
export async function testStore<Place extends StorePlace>(
  fixture: StoreFixture<Place>,
  options: { patience?: number } = {},
): Promise<StoreReport> {
  const tests: StoreTestResult[] = [];
  for (const { name, capability, run } of storeTests(fixture)) {
    try {
      const { skipped } = await within(options.patience ?? patience, run());
      const result =
        skipped === undefined ? { status: 'passed' as const } : { status: 'skipped' as const, reason: skipped };
      tests.push({ name, capability, ...result });
    } catch (error) {
      tests.push({ name, capability, status: 'failed', error });
    }
  }
  const failed = tests.filter(({ status }) => status === 'failed');
  const names = Object.keys(capabilities) as StoreCapability[];
  const report = {
    store: fixture.name,
    passed: failed.length === 0,
    passedBase: failed.every(({ capability }) => capability !== 'base'),
    tests,
    notOffered: names.filter((capability) => !isOffered(fixture, capability)),
  };
  return Object.defineProperty(report, 'toString', { value: () => textOf(report) });
}

async function within<T>(ms: number, task: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Expected an answer within ${ms} ms, got none.`)), ms);
  });
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}

function textOf({ store, passed, tests, notOffered }: Omit<StoreReport, 'toString'>): string {
  const lines = [`${store}: ${passed ? 'passed' : 'FAILED'}`];
  for (const [capability, about] of Object.entries(capabilities) as [StoreCapability, string][]) {
    const own = tests.filter((one) => one.capability === capability);
    const count = notOffered.includes(capability) ? 'not offered' : countsOf(own);
    lines.push(`  ${capability.padEnd(8)} ${about.padEnd(48)} ${count}`);
    for (const { name, status, error, reason } of own) {
      if (status === 'failed') lines.push(`    ✗ ${name}`, `      ${messageOf(error)}`);
      if (status === 'skipped') lines.push(`    – ${name}`, `      ${reason}`);
    }
  }
  return lines.join('\n');
}

function countsOf(tests: StoreTestResult[]): string {
  const counts = (['passed', 'failed', 'skipped'] as const).map((status) => {
    const count = tests.filter((one) => one.status === status).length;
    return count === 0 ? '' : `${count} ${status}`;
  });
  return counts.filter((count) => count !== '').join(', ');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : shown(error);
}
