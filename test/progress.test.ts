import {
  BaseProgress,
  Loop,
  LoopError,
  ProcessedTracker,
  Progress,
  ReadyCompletedTracker,
  StartedTracker,
} from 'loopchart';
import { describe, expect, test } from 'vitest';

describe('trackers', () => {
  test('count from zero, and are saved in Lightning’s order', () => {
    expect(Object.entries(new ReadyCompletedTracker().stateDict())).toEqual([
      ['ready', 0],
      ['completed', 0],
    ]);
    expect(Object.entries(new StartedTracker().stateDict())).toEqual([
      ['ready', 0],
      ['completed', 0],
      ['started', 0],
    ]);
    expect(Object.entries(new ProcessedTracker().stateDict())).toEqual([
      ['ready', 0],
      ['completed', 0],
      ['started', 0],
      ['processed', 0],
    ]);
  });

  test('take initial values in the order in which things happen', () => {
    expect(new ReadyCompletedTracker(2, 1)).toMatchObject({ ready: 2, completed: 1 });
    expect(new StartedTracker(3, 2, 1)).toMatchObject({ ready: 3, started: 2, completed: 1 });
    expect(new ProcessedTracker(4, 3, 2, 1)).toMatchObject({ ready: 4, started: 3, processed: 2, completed: 1 });
  });

  test('build on one another', () => {
    const tracker = new ProcessedTracker();
    for (const kind of [StartedTracker, ReadyCompletedTracker, BaseProgress]) expect(tracker).toBeInstanceOf(kind);
  });

  test('reset to zero', () => {
    for (const tracker of [
      new ReadyCompletedTracker(2, 1),
      new StartedTracker(3, 2, 1),
      new ProcessedTracker(4, 3, 2, 1),
    ]) {
      tracker.reset();
      expect(new Set(Object.values(tracker.stateDict()))).toEqual(new Set([0]));
    }
  });

  test('roll back to what was completed on a restart', () => {
    for (const tracker of [
      new ReadyCompletedTracker(2, 1),
      new StartedTracker(3, 2, 1),
      new ProcessedTracker(4, 3, 2, 1),
    ]) {
      tracker.resetOnRestart();
      expect(new Set(Object.values(tracker.stateDict()))).toEqual(new Set([1]));
    }
  });

  test('are equal by value', () => {
    expect(new StartedTracker(3, 2, 1)).toEqual(new StartedTracker(3, 2, 1));
    expect(new StartedTracker(3, 2, 1)).not.toEqual(new StartedTracker(3, 1, 1));
  });

  test('do not enforce the order of what they count', () => {
    const tracker = new ProcessedTracker(0, 1, 2, 3);
    expect(tracker.stateDict()).toEqual({ ready: 0, started: 1, processed: 2, completed: 3 });
  });
});

describe('Progress', () => {
  test('is two processed trackers unless told otherwise', () => {
    const progress = new Progress();
    expect(progress.total).toBeInstanceOf(ProcessedTracker);
    expect(progress.current).toBeInstanceOf(ProcessedTracker);
    expect(progress.total).not.toBe(progress.current);
    expect(Object.keys(progress.stateDict())).toEqual(['total', 'current']);
  });

  test('makes a current of the class of the total that it is given', () => {
    const progress = new Progress(new ReadyCompletedTracker(5, 4));
    expect(progress.current).toBeInstanceOf(ReadyCompletedTracker);
    expect(progress.current).toEqual(new ReadyCompletedTracker());
  });

  test('takes no trackers of different classes', () => {
    expect(() => new Progress<ReadyCompletedTracker>(new ReadyCompletedTracker(), new StartedTracker())).toThrow(
      'Expected `total` and `current` to be of the same class, got ReadyCompletedTracker and StartedTracker.',
    );
  });

  test('increments both trackers', () => {
    const progress = new Progress();
    progress.incrementReady();
    expect(progress.stateDict()).toEqual(both({ ready: 1, started: 0, processed: 0, completed: 0 }));
    progress.incrementStarted();
    expect(progress.stateDict()).toEqual(both({ ready: 1, started: 1, processed: 0, completed: 0 }));
    progress.incrementProcessed();
    expect(progress.stateDict()).toEqual(both({ ready: 1, started: 1, processed: 1, completed: 0 }));
    progress.incrementCompleted();
    expect(progress.stateDict()).toEqual(both({ ready: 1, started: 1, processed: 1, completed: 1 }));
  });

  test('increments no counter that its trackers have not', () => {
    const plain = new Progress(new ReadyCompletedTracker());
    expect(() => plain.incrementStarted()).toThrow(new TypeError('ReadyCompletedTracker has no counter `started`.'));
    expect(() => plain.incrementProcessed()).toThrow(
      new TypeError('ReadyCompletedTracker has no counter `processed`.'),
    );
    const started = new Progress(new StartedTracker());
    started.incrementStarted();
    expect(() => started.incrementProcessed()).toThrow(new TypeError('StartedTracker has no counter `processed`.'));
    expect(plain).toEqual(new Progress(new ReadyCompletedTracker()));
    expect(Object.keys(plain.total)).toEqual(['ready', 'completed']);
  });

  test('fromDefaults gives two separate trackers with the same values', () => {
    const progress = Progress.fromDefaults(StartedTracker, { ready: 3, started: 2, completed: 1 });
    expect(progress.total).toEqual(new StartedTracker(3, 2, 1));
    expect(progress.current).toEqual(progress.total);
    expect(progress.current).not.toBe(progress.total);
    expect(Progress.fromDefaults(ReadyCompletedTracker)).toEqual(new Progress(new ReadyCompletedTracker()));
  });

  test('fromDefaults takes only counters of its trackers', () => {
    expect(() => Progress.fromDefaults(ReadyCompletedTracker, { started: 1 })).toThrow(
      'Expected a counter of ReadyCompletedTracker, got `started`.',
    );
    const method = { reset: 1 } as object;
    expect(() => Progress.fromDefaults(ReadyCompletedTracker, method)).toThrow(
      'Expected a counter of ReadyCompletedTracker, got `reset`.',
    );
  });

  test('resetOnRun clears what belongs to this run', () => {
    const progress = Progress.fromDefaults(ProcessedTracker, { ready: 4, started: 3, processed: 2, completed: 1 });
    progress.resetOnRun();
    expect(progress.current).toEqual(new ProcessedTracker());
    expect(progress.total).toEqual(new ProcessedTracker(4, 3, 2, 1));
  });

  test('resetOnRestart rolls back what belongs to this run; the total keeps the attempt that failed', () => {
    const progress = Progress.fromDefaults(ProcessedTracker, { ready: 4, started: 3, processed: 2, completed: 1 });
    progress.resetOnRestart();
    expect(progress.current).toEqual(new ProcessedTracker(1, 1, 1, 1));
    expect(progress.total).toEqual(new ProcessedTracker(4, 3, 2, 1));
  });

  test('reset clears both', () => {
    const progress = Progress.fromDefaults(StartedTracker, { ready: 4, started: 3, completed: 1 });
    progress.reset();
    expect(progress).toEqual(new Progress(new StartedTracker()));
  });

  function both(counters: object) {
    return { total: counters, current: counters };
  }
});

describe('the state dict of progress', () => {
  test('is a deep copy', () => {
    const progress = new Progress();
    const dict = progress.stateDict();
    progress.incrementReady();
    expect(dict).toEqual(new Progress().stateDict());
  });

  test('loads in place: the objects stay the same', () => {
    const progress = new Progress();
    const { total, current } = progress;
    const from = Progress.fromDefaults(ProcessedTracker, { ready: 3, completed: 2 });
    progress.loadStateDict(from.stateDict());
    expect(progress).toEqual(from);
    expect(progress.total).toBe(total);
    expect(progress.current).toBe(current);
  });

  test('survives JSON, and does not alias what was loaded', () => {
    const from = Progress.fromDefaults(ProcessedTracker, { ready: 3, completed: 2 });
    const dict = JSON.parse(JSON.stringify(from.stateDict()));
    const progress = Progress.fromStateDict(dict);
    progress.incrementReady();
    expect(dict).toEqual(from.stateDict());
  });

  test('fromStateDict makes one of the class that it is called on', () => {
    const tracker = StartedTracker.fromStateDict({ ready: 3, started: 2, completed: 1 });
    expect(tracker).toBeInstanceOf(StartedTracker);
    expect(tracker).toEqual(new StartedTracker(3, 2, 1));
    const progress = Progress.fromStateDict(new Progress(new ProcessedTracker(1)).stateDict());
    expect(progress.total.ready).toBe(1);
  });

  const whole = { ready: 1, started: 1, processed: 1, completed: 1 };
  const bad: [what: string, dict: any, message: string][] = [
    ['no object', 5, 'to be an object with total, current, got 5'],
    ['null', null, 'to be an object with total, current, got null'],
    ['an array', [1], 'to be an object with total, current, got [1]'],
    ['a bigint', 5n, 'to be an object with total, current, got 5'],
    ['a missing tracker', { total: whole }, 'Expected a counter `current`, which is missing; got total'],
    [
      'a missing counter',
      { total: whole, current: { ready: 1 } },
      'Expected a counter `current.completed`, which is missing; got ready',
    ],
    [
      'an unknown counter',
      { total: whole, current: { ...whole, failed: 1 } },
      'Expected only ready, completed, started, processed in `current`, got a counter `failed`',
    ],
    [
      'an unknown tracker',
      { total: whole, current: whole, last: {} },
      'Expected only total, current, got a counter `last`',
    ],
    [
      'a counter of another type',
      { total: whole, current: { ...whole, started: '1' } },
      'Expected `current.started` to be a number, got "1"',
    ],
    ['a tracker that is none', { total: whole, current: 3 }, 'Expected `current` to be an object with ready'],
  ];

  test.for(bad)('with %s is an error, and nothing has changed', ([, dict, message]) => {
    const progress = Progress.fromDefaults(ProcessedTracker, { ready: 7 });
    const before = progress.stateDict();
    let error: unknown;
    try {
      progress.loadStateDict(dict);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(LoopError);
    expect(error).toMatchObject({ code: 'STATE_DICT_MISMATCH' });
    expect((error as Error).message).toContain(message);
    expect(progress.stateDict()).toEqual(before);
  });
});

describe('progress of one’s own', () => {
  class BatchProgress extends Progress {
    isLastBatch = false;
    override resetOnRun(): void {
      super.resetOnRun();
      this.isLastBatch = false;
    }
  }

  class OptimizerProgress extends BaseProgress {
    step: Progress<ReadyCompletedTracker> = Progress.fromDefaults(ReadyCompletedTracker);
    zeroGrad: Progress<StartedTracker> = Progress.fromDefaults(StartedTracker);
    reset(): void {
      this.step.reset();
      this.zeroGrad.reset();
    }
    resetOnRestart(): void {
      this.step.resetOnRestart();
      this.zeroGrad.resetOnRestart();
    }
  }

  test('keeps its own fields, after those of its base', () => {
    const progress = new BatchProgress();
    progress.isLastBatch = true;
    expect(Object.keys(progress.stateDict())).toEqual(['total', 'current', 'isLastBatch']);
    const copy = BatchProgress.fromStateDict(progress.stateDict());
    expect(copy).toBeInstanceOf(BatchProgress);
    expect(copy.isLastBatch).toBe(true);
    copy.resetOnRestart();
    expect(copy.isLastBatch).toBe(true);
    copy.resetOnRun();
    expect(copy.isLastBatch).toBe(false);
  });

  test('may hold progress, to any depth', () => {
    const progress = new OptimizerProgress();
    progress.step.incrementReady();
    progress.zeroGrad.incrementStarted();
    const dict = progress.stateDict();
    expect(dict).toEqual({
      step: { total: { ready: 1, completed: 0 }, current: { ready: 1, completed: 0 } },
      zeroGrad: {
        total: { ready: 0, completed: 0, started: 1 },
        current: { ready: 0, completed: 0, started: 1 },
      },
    });
    expect(OptimizerProgress.fromStateDict(dict)).toEqual(progress);
    progress.resetOnRestart();
    expect(progress.step.current.ready).toBe(0);
    expect(progress.step.total.ready).toBe(1);
  });

  test('that is not plain data is an error that names its class and the field', () => {
    class Bad extends BaseProgress {
      seen: unknown = new Set();
      reset(): void {}
      resetOnRestart(): void {}
    }
    expect(() => new Bad().stateDict()).toThrow(
      expect.objectContaining({ code: 'NOT_PLAIN_DATA', message: expect.stringContaining('`seen`') }),
    );
  });
});

test('the progress of a loop is in its context and in its state dict', async () => {
  class Counts extends Loop {
    readonly progress: Progress = new Progress();
    get done() {
      return this.progress.current.completed >= 3;
    }
    reset() {
      if (this.restarting) this.progress.resetOnRestart();
      else this.progress.resetOnRun();
    }
    override onAdvanceStart() {
      this.progress.incrementReady();
      this.progress.incrementStarted();
    }
    advance() {
      this.progress.incrementProcessed();
    }
    override onAdvanceEnd() {
      this.progress.incrementCompleted();
    }
  }
  const loop = new Counts();
  for (const runs of [1, 2]) {
    const run = loop.start();
    await run.output;
    const total = 3 * runs;
    const expected = {
      total: { ready: total, completed: total, started: total, processed: total },
      current: { ready: 3, completed: 3, started: 3, processed: 3 },
    };
    expect(loop.stateDict()).toEqual({ state_dict: {}, progress: expected });
    expect(run.actor.getSnapshot()).toMatchObject({ context: { progress: { progress: expected } } });
  }
});

test('after a failure the total counts the attempt as well as its retry, as in Lightning', async () => {
  let fails = true;
  class Fails extends Loop {
    readonly progress: Progress = new Progress();
    get done() {
      return this.progress.current.completed >= 3;
    }
    reset() {
      if (this.restarting) this.progress.resetOnRestart();
      else this.progress.resetOnRun();
    }
    advance() {
      this.progress.incrementReady();
      if (fails && this.progress.current.ready === 2) throw new Error('once');
      this.progress.incrementCompleted();
    }
  }
  const loop = new Fails();
  await expect(loop.run()).rejects.toThrow('once');
  const dict = loop.stateDict();
  expect(dict.progress).toMatchObject({ current: { ready: 2, completed: 1 } });
  fails = false;
  const next = new Fails();
  next.loadStateDict(dict);
  expect(next.stateDict()).toEqual(dict);
  await next.run();
  expect(next.progress.current).toMatchObject({ ready: 3, completed: 3 });
  expect(next.progress.total).toMatchObject({ ready: 4, completed: 3 });
});
