import type { Checkpoint, LoopRun, Outcome } from 'loopchart';
import { expect, test } from 'vitest';
import { interpret, isParallel, type Log, type Node, random, randomTree, Tree } from './support/trees.ts';

const long = process.env.LOOPCHART_LONG !== undefined;
const trees = Number(process.env.LOOPCHART_TREES ?? (long ? 10_000 : 120));
const firstSeed = Number(process.env.LOOPCHART_SEED ?? 1);

interface Result {
  output?: number | undefined;
  error?: string | undefined;
  /** Each loop's own log: how those that run in parallel take turns is not the same each time. */
  log: Record<string, string[]>;
  dict: unknown;
}

interface Cut {
  checkpoint: string;
  /** What had been logged when it was taken: the process died there. */
  lines: Log;
}

/** A checkpoint but for the stacks of errors, which tell who called: another start; for the seal; and for what shares a copy. */
function told({ checkpoint }: Cut): string {
  const shared = new Map<number, unknown>();
  const whole = (value: any): any => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(whole);
    if (Array.isArray(value.$shared)) {
      const [number, first] = value.$shared;
      if (value.$shared.length > 1) shared.set(number, whole(first));
      return shared.get(number);
    }
    const entries = Object.entries(value).filter(([key]) => key !== 'stack' && key !== 'seal');
    return Object.fromEntries(entries.map(([key, one]) => [key, whole(one)]));
  };
  return JSON.stringify(whole(JSON.parse(checkpoint)));
}

function byLoop(log: Log): Record<string, string[]> {
  const logs: Record<string, string[]> = {};
  for (const line of log) {
    const path = line.slice(0, line.indexOf(' '));
    logs[path] ??= [];
    logs[path].push(line);
  }
  return logs;
}

function result(outcome: Outcome<number>, log: Log, tree: Tree): Result {
  return {
    output: outcome.output,
    error: outcome.error === undefined ? undefined : (outcome.error as Error).message,
    log: byLoop(log),
    dict: tree.stateDict(),
  };
}

/** Runs a tree and takes a checkpoint at the next boundary after every hook, which are all boundaries there are. */
async function run(
  node: Node,
  options: { from?: Checkpoint; log?: Log; watched: boolean; cut: boolean },
): Promise<{ result: Result; cuts: Cut[] }> {
  const log: Log = options.log ?? [];
  const cuts: Cut[] = [];
  let current: LoopRun<number> | undefined;
  let asked = options.cut;
  const cut = (): void => {
    if (!options.cut || asked || current === undefined) return;
    asked = true;
    current.checkpoint().then(
      (checkpoint) => {
        asked = false;
        cuts.push({ checkpoint: JSON.stringify(checkpoint), lines: [...log] });
      },
      () => {},
    );
  };
  const tree = new Tree(node, log, cut);
  current = tree.start({
    ...(options.from === undefined ? { args: [5] } : { from: options.from }),
    id: 'run',
    ...(options.watched ? { inspect: () => {} } : {}),
  });
  asked = false;
  cut();
  const outcome = await current.outcome;
  return { result: result(outcome, log, tree), cuts };
}

function expected(node: Node): Omit<Result, 'dict'> & { states: Record<string, object>; besides: number } {
  const log: Log = [];
  const { output, error, states, besides } = interpret(node, log);
  return { output, error, log: byLoop(log), states, besides };
}

test(`random trees go on from every boundary as if nothing had happened (${trees} trees)`, {
  timeout: 3_600_000,
}, async () => {
  const seen = { cuts: 0, phases: new Set<string>(), failed: 0, parallel: 0, remembered: 0, once: 0 };
  for (let seed = firstSeed; seed < firstSeed + trees; seed++) {
    const next = random(seed);
    const node = randomTree(next, { depth: 1 + Math.floor(next() * 4), parallel: next() < 0.5 });
    const parallel = isParallel(node);
    if (parallel) seen.parallel++;
    try {
      const plain = expected(node);
      // Those that are cut thousands of times.
      if (JSON.stringify(plain.log).length > 5_000 || plain.besides > 12) continue;
      const unwatched = await run(node, { watched: false, cut: false });
      const watched = await run(node, { watched: true, cut: false });
      const whole = await run(node, { watched: seed % 2 === 0, cut: true });
      const { dict, ...same } = unwatched.result;
      expect(same).toEqual({ output: plain.output, error: plain.error, log: plain.log });
      for (const [path, state] of Object.entries(plain.states)) {
        const key = `${path.replace(/^tree\.?/, '')}.state_dict`.replace(/^\./, '');
        // Children of a loop that has never run may not be made.
        if (key in (dict as object)) expect((dict as Record<string, unknown>)[key]).toEqual(state);
      }
      expect(watched.result).toEqual(unwatched.result);
      expect(whole.result).toEqual(unwatched.result);
      if (plain.error !== undefined) seen.failed++;
      for (const [i, cut] of whole.cuts.entries()) {
        seen.cuts++;
        const from = JSON.parse(cut.checkpoint) as Checkpoint;
        note(from.phase);
        const log = [...cut.lines];
        const resumed = await run(node, { from, log, watched: seed % 3 === 0, cut: !parallel && i % 5 === 0 });
        expect(resumed.result, `cut ${i} at ${JSON.stringify(from.position)} ${from.phase.value}`).toEqual(
          unwatched.result,
        );
        if (!parallel && i % 5 === 0 && resumed.cuts.length > 0) {
          const later = new Set(whole.cuts.slice(i).map(told));
          for (const one of resumed.cuts.slice(1)) expect(later, `a checkpoint after cut ${i}`).toContain(told(one));
        }
      }
      whole.cuts.length = 0;
    } catch (error) {
      (error as Error).message =
        `seed ${seed} (LOOPCHART_SEED=${seed} LOOPCHART_TREES=1): ${(error as Error).message}\n${JSON.stringify(node)}`;
      throw error;
    }
  }
  // What the trees must have had in them for this to say anything.
  if (trees >= 200) {
    expect([...seen.phases].sort()).toEqual([
      'advancing',
      'ending',
      'entering',
      'finished',
      'resetting',
      'skipped',
      'starting',
    ]);
    expect(seen.cuts).toBeGreaterThan(trees * 4);
    expect(seen.failed).toBeGreaterThan(0);
    expect(seen.parallel).toBeGreaterThan(trees / 20);
    expect(seen.remembered).toBeGreaterThan(trees / 4);
    expect(seen.once).toBeGreaterThan(trees / 10);
  }

  function note(phase: Checkpoint['phase']): void {
    seen.phases.add(phase.value);
    const inFlight = phase.context.inFlight as { got: { run?: string; once?: string }[][] } | null;
    const got = inFlight?.got.flat() ?? [];
    if (got.some(({ run }) => run !== undefined)) seen.remembered++;
    if (got.some(({ once }) => once !== undefined)) seen.once++;
    for (const child of Object.values(phase.children)) note(child);
  }
});
