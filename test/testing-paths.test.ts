import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Loop, outcomeOf, parseRecording, replay } from 'loopchart';
import { type Path, paths } from 'loopchart/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { toPromise } from 'xstate';

/** Calls of hooks while a path is gone. */
const called: string[] = [];
const call = (hook: string) => {
  called.push(hook);
};

class Rows extends Loop<number, [file: string]> {
  override state = { row: 0 };

  get done() {
    call('done');
    return true;
  }

  reset() {
    call('rows.reset');
  }

  advance() {
    call('rows.advance');
  }
}

/** Has all hooks. */
class Whole extends Loop<string, [n: number]> {
  override state = { n: 1 };
  readonly rows: Rows = new Rows();
  readonly pair: Rows[] = [new Rows()];

  override get skip() {
    call('skip');
    return false;
  }

  get done() {
    call('done');
    return true;
  }

  override onSkip() {
    call('onSkip');
    return '';
  }

  reset() {
    call('reset');
  }

  override onRunStart() {
    call('onRunStart');
  }

  advance() {
    call('advance');
  }

  override onRunEnd() {
    call('onRunEnd');
    return '';
  }
}

/** Has none that it need not have. */
class Bare extends Loop {
  get done() {
    return true;
  }
  reset() {}
  advance() {}
}

const whole = paths(new Whole(), { args: [3] });

test('cover all states, transitions and pairs of transitions, and say so', () => {
  const { coverage } = whole;
  expect(coverage.states).toEqual({ covered: 10, of: 10, missing: [] });
  expect(coverage.transitions.missing).toEqual([]);
  expect(coverage.pairs.missing).toEqual([]);
  expect(coverage.pairs.of).toBeGreaterThan(300);
  expect(String(coverage)).toBe(
    `10 of 10 states, ${coverage.transitions.of} of ${coverage.transitions.of} transitions, ` +
      `${coverage.pairs.of} of ${coverage.pairs.of} pairs of transitions`,
  );
});

test('begin with the usual one and one for each kind of end, and there are no two alike', () => {
  const names = whole.paths.map(({ description }) => description);
  expect(names.slice(0, 5)).toEqual([
    'skip is false, reset, done is false, the last step, onRunEnd',
    'skip is true, onSkip',
    'skip fails, it is over',
    'abort, it is over',
    'skip is false, reset throws end(), onRunEnd',
  ]);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(whole.paths.map(({ status }) => status))).toEqual(
    new Set(['finished', 'skipped', 'stopped', 'aborted', 'failed']),
  );
  expect(names.filter((name) => name.includes('pair.0 fails')).length).toBeGreaterThan(0);
});

test('a real actor goes each of them, context for context, and no hook is called', async () => {
  called.length = 0;
  for (const path of whole.paths) {
    const seen: unknown[] = [];
    const actor = path.go((one) => {
      one.subscribe({
        next: ({ value, status, context }) => seen.push({ value, status, context }),
        error: () => {},
      });
    });
    const steps = path.steps.map(({ snapshot: { value, status, context } }) => ({ value, status, context }));
    // Of the last snapshot of one that fails, `error` tells.
    const isCut = path.status === 'failed' || path.status === 'aborted';
    expect(seen.slice(1), path.description).toEqual(steps.slice(0, isCut ? -1 : undefined));
    expect(actor.getSnapshot().status).toBe(isCut ? 'error' : 'done');
    expect(actor.getSnapshot().context.args).toEqual([3]);
    await toPromise(actor).catch(() => {});
  }
  expect(called).toEqual([]);
});

test('a loop is not skipped, and does not fail, in a hook that it does not have', () => {
  const bare = paths(new Bare());
  const names = bare.paths.map(({ description }) => description);
  expect(bare.coverage.states).toEqual({ covered: 9, of: 9, missing: [] });
  expect(names.filter((name) => /skip is true|skip fails|onRunStart|onRunEnd fails|begins/.test(name))).toEqual([]);
  expect(names.some((name) => name.includes('reset fails'))).toBe(true);
  expect(names.some((name) => name.includes('a step fails'))).toBe(true);
});

test('no more than `max` are made, and what they leave out is told', () => {
  const few = paths(new Whole(), { max: 7 });
  expect(few.paths.length).toBe(7);
  expect(few.paths.map(({ description }) => description)).toEqual(
    whole.paths.slice(0, 7).map(({ description }) => description),
  );
  const { transitions } = few.coverage;
  expect(transitions.covered + transitions.missing.length).toBe(transitions.of);
  expect(transitions.missing).toContain('paused: resume > advancing');
  expect(() => paths(Whole as never)).toThrow('paths expected a loop, got `class Whole`');
  for (const max of [0, -1, 1.5, Number.NaN]) {
    expect(() => paths(new Whole(), { max })).toThrow(
      `whole: paths expected \`max\` to be a whole number from 1 up, got \`${max}\`.`,
    );
  }
});

test('find what a handler has forgotten', () => {
  const label = (value: string): string | undefined =>
    ({ entering: 'Getting ready', resetting: 'Getting ready', starting: 'Getting ready', advancing: 'Working' })[
      value
    ] ?? { ending: 'Done', finished: 'Done', aborted: 'Cancelled', failed: 'Failed', skipped: 'Done' }[value];
  const wrong = new Map<string, Path>();
  for (const path of whole.paths) {
    path.go((actor) =>
      actor.subscribe({
        next: ({ value }) => {
          if (label(value) === undefined && !wrong.has(value)) wrong.set(value, path);
        },
        error: () => {},
      }),
    );
  }
  expect([...wrong.keys()]).toEqual(['paused']);
  expect(wrong.get('paused')!.description).toContain('pause');
});

test('have the types of the loop', () => {
  const [path] = paths(new Whole()).paths;
  path!.go((actor) => {
    actor.subscribe((snapshot) => {
      expectTypeOf(snapshot.context.state).toEqualTypeOf<{ n: number } | null>();
      expectTypeOf(snapshot.output).toEqualTypeOf<string | undefined>();
    });
  });
  // @ts-expect-error a number
  void (() => paths(new Whole(), { args: ['3'] }));
});

describe('what really happens to loops', () => {
  const folder = join(import.meta.dirname, 'recordings/format-1');
  /** What a recording has besides: parts of a step, and how XState begins and stops actors. */
  const besides = /^(loop\.(once|asked|hooked)|xstate\.(init|stop))$/;

  test('is on a path', () => {
    const onPaths = new Set<string>();
    for (const { steps } of whole.paths) {
      for (const { event, from, snapshot } of steps) onPaths.add(`${from} ${event.type} ${snapshot.value}`);
    }
    const seen = new Set<string>();
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.jsonl'))) {
      const values = new Map<string, string>();
      for (const { id, event, value } of replay(parseRecording(readFileSync(join(folder, file), 'utf8')))) {
        const type = event.type.replace(/beside\.\d$/, 'pair.0');
        // Whoever pauses a loop that is paused, or a second child that begins, changes nothing that a path is about.
        const isSame = values.get(id) === value && /^loop\.(pause|step|resume|run)$/.test(type);
        if (!besides.test(type) && !isSame) seen.add(`${values.get(id)} ${type} ${value}`);
        values.set(id, value);
      }
    }
    expect(seen.size).toBeGreaterThan(15);
    expect([...seen].filter((one) => !onPaths.has(one))).toEqual([]);
  });

  test('and how it ends is what `outcomeOf` says', () => {
    for (const path of whole.paths) {
      const outcome = outcomeOf(path.go(() => {}).getSnapshot() as any);
      expect(outcome?.status, path.description).toBe(path.status);
    }
  });
});
