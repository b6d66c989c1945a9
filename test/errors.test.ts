import { EndLoop, Loop, LoopError, MisconfigurationError, memoryStore, Progress } from 'loopchart';
import { describe, expect, test } from 'vitest';

class Leaf extends Loop<unknown, any[]> {
  override state: any = { n: 0 };
  readonly progress: Progress = new Progress();
  get done(): boolean {
    return this.state.n >= 1;
  }
  reset(): void | Promise<void> {
    this.state.n = 0;
  }
  advance(): void | Promise<void> {
    this.state.n++;
  }
  override onRunEnd(): unknown {
    return this.state.n;
  }
}

class Parent extends Leaf {
  child: Leaf | null = new Leaf();
  late: Leaf | null = null;
  override async advance(): Promise<void> {
    this.state.n++;
    await this.child!.run();
  }
}

/** A parent whose child does `what` in its step. */
function inStep(what: (child: Leaf, parent: Parent) => unknown): Parent {
  const parent = new Parent();
  parent.child!.advance = async () => {
    parent.child!.state.n++;
    await what(parent.child!, parent);
  };
  return parent;
}

async function checkpointOf(loop: Loop<any, any>) {
  const run = loop.start({ id: 'run' });
  await run.output;
  return run.checkpoint();
}

interface Case {
  what: string;
  /** Throws, or gives a promise that rejects. */
  does(): unknown;
  code: string;
  path: string;
  /** Parts of the message: what was expected, what came, what to do. */
  says: string[];
  misconfigured?: true;
}

const cases: Case[] = [
  {
    what: 'a second run of a running loop',
    does: () => inStep((child) => child.run()).run(),
    code: 'ALREADY_RUNNING',
    path: 'parent.child',
    says: ['is running already', 'One instance runs once at a time', 'make a second instance'],
  },
  {
    what: 'a second start of a running loop',
    does: () => inStep((_, parent) => parent.start()).run(),
    code: 'ALREADY_RUNNING',
    path: 'parent',
    says: ['is running already', 'make a second instance'],
  },
  {
    what: 'a state dict for a running loop',
    does: () => inStep((_, parent) => parent.loadStateDict({})).run(),
    code: 'ALREADY_RUNNING',
    path: 'parent',
    says: ['is running', 'load a state dict before or after the run'],
  },
  {
    what: 'replace of a running loop',
    does: () => inStep((_, parent) => parent.replace({ child: Leaf })).run(),
    code: 'ALREADY_RUNNING',
    path: 'parent.child',
    says: ['is running and cannot be replaced', 'Wait until its run has ended'],
  },
  {
    what: 'connect over a running loop',
    does: () => inStep((_, parent) => parent.connect({ child: new Leaf() })).run(),
    code: 'ALREADY_RUNNING',
    path: 'parent.child',
    says: ['is running and cannot be replaced', 'Wait until its run has ended'],
  },
  {
    what: 'signal outside a run',
    does: () => new Leaf().signal,
    code: 'NOT_RUNNING',
    path: 'leaf',
    says: ['`signal` belongs to a run', 'the loop is not running', 'Ask for it in a hook'],
  },
  {
    what: 'once outside a run',
    does: () => new Leaf().once('key', () => 1),
    code: 'NOT_RUNNING',
    path: 'leaf',
    says: ['`once` belongs to a run', 'the loop is not running', 'Ask for it in a hook'],
  },
  {
    what: 'once with a key twice in one step',
    does: () =>
      inStep(async (child) => {
        await child.once('warm up', () => 1);
        await child.once('warm up', () => 2);
      }).run(),
    code: 'ONCE_TWICE',
    path: 'parent.child',
    says: ['`warm up` twice in one step', 'Give each its own key'],
  },
  {
    what: 'once without a key',
    does: () => inStep((child) => child.once('', () => 1)).run(),
    code: 'MISCONFIGURATION',
    path: 'parent.child',
    says: ['once expected a key', 'got `""`'],
    misconfigured: true,
  },
  {
    what: 'once with something live while the run is saved',
    does: () => inStep((child) => child.once('map', () => new Map())).start({ store: memoryStore() }).output,
    code: 'NOT_PLAIN_DATA',
    path: 'parent.child',
    says: ["Expected what once('map') returned to be plain data", 'got a Map', 'Return what identifies it'],
  },
  {
    what: 'an output that is something live while the run is saved',
    does: () => {
      const parent = new Parent();
      parent.child!.onRunEnd = () => new Set();
      return parent.start({ store: memoryStore() }).output;
    },
    code: 'NOT_PLAIN_DATA',
    path: 'parent.child',
    says: ['Expected what onRunEnd returned to be plain data', 'got a Set', 'Return what identifies it'],
  },
  {
    what: 'a state that is not plain data',
    does: () => inStep((child) => (child.state.live = () => {})).run(),
    code: 'NOT_PLAIN_DATA',
    path: 'parent.child',
    says: ['Expected `state.live` to be plain data', 'got a function', 'Keep live things in other fields'],
  },
  {
    what: 'end in onRunEnd',
    does: () => {
      const parent = new Parent();
      parent.child!.onRunEnd = () => {
        throw parent.child!.end();
      };
      return parent.run();
    },
    code: 'END_OUTSIDE',
    path: 'parent.child',
    says: ['end was thrown in onRunEnd', 'no more steps to leave out', 'Throw it in reset, onRunStart, done or a step'],
  },
  {
    what: 'end of a loop that is not running around',
    does: () =>
      inStep(() => {
        throw new Leaf().end();
      }).run(),
    code: 'END_OUTSIDE',
    path: 'parent.child',
    says: ['end of leaf was thrown', 'is not running around it', 'inside its own run'],
  },
  {
    what: 'a child that is made in the step that runs it',
    does: () => {
      class Late extends Leaf {
        late: Leaf | null = null;
        override async advance() {
          this.state.n++;
          this.late = new Leaf();
          await this.late.run();
        }
      }
      return new Late().run();
    },
    code: 'LATE_CHILD',
    path: 'late',
    says: ['late.late was made in the step that runs it', 'Make it in the constructor'],
  },
  {
    what: 'no trainer',
    does: () => new Leaf().trainer,
    code: 'MISCONFIGURATION',
    path: 'leaf',
    says: ['The loop is not attached to a Trainer.', 'Set `trainer` on it'],
  },
  {
    what: 'connect with an unknown name',
    does: () => new Parent().connect({ kid: new Leaf() }),
    code: 'MISCONFIGURATION',
    path: 'parent',
    says: [
      'connect expected the name of a field for loops',
      'got `kid`',
      'Parent has child',
      'declare the field first',
    ],
    misconfigured: true,
  },
  {
    what: 'connect with no loop',
    does: () => new Parent().connect({ child: 'Leaf' } as any),
    code: 'MISCONFIGURATION',
    path: 'parent',
    says: ['connect expected `child` to be a loop or an array of loops', 'got `Leaf`'],
    misconfigured: true,
  },
  {
    what: 'a cycle',
    does: () => {
      const parent = new Parent();
      parent.connect({ late: parent });
    },
    code: 'MISCONFIGURATION',
    path: 'parent.late',
    says: ['Expected the loops to form a tree', 'a Parent that holds itself: a cycle', 'Make a second instance'],
    misconfigured: true,
  },
  {
    what: 'a second parent, when run',
    does: () => {
      const [first, second] = [new Parent(), new Parent()];
      first.stateDict();
      second.child = first.child;
      return second.run();
    },
    code: 'MISCONFIGURATION',
    path: 'parent.child',
    says: [
      'Expected the loops to form a tree',
      'parent holds as `child` already',
      'Make a second instance, or take it out',
    ],
    misconfigured: true,
  },
  {
    what: 'replace of an empty field',
    does: () => new Parent().replace({ late: Leaf }),
    code: 'MISCONFIGURATION',
    path: 'parent',
    says: ['replace expected a loop in `late`', 'found `null`', 'Use connect'],
    misconfigured: true,
  },
  {
    what: 'replace with a class that the init is not there for',
    does: () => {
      class Needs extends Leaf {
        constructor(init: { size: number }) {
          super(init);
          init.size.toFixed();
        }
      }
      new Parent().replace({ child: Needs });
    },
    code: 'MISCONFIGURATION',
    path: 'parent.child',
    says: ['replace cannot make a Needs', 'its constructor expects an argument', 'Give replace an instance'],
    misconfigured: true,
  },
  {
    what: 'a state dict that is none',
    does: () => new Leaf().loadStateDict(5 as any),
    code: 'STATE_DICT_MISMATCH',
    path: 'leaf',
    says: ['Expected a state dict (an object)', 'got 5'],
  },
  {
    what: 'a state dict that is a bigint',
    does: () => new Leaf().loadStateDict(5n as any),
    code: 'STATE_DICT_MISMATCH',
    path: 'leaf',
    says: ['Expected a state dict (an object)', 'got 5'],
  },
  {
    what: 'a strict load of a dict that does not fit',
    does: () => new Parent().loadStateDict({ state_dict: {}, more: 1 }, '', { strict: true }),
    code: 'STATE_DICT_MISMATCH',
    path: 'parent',
    says: ['missing `progress`, `child.state_dict`, `child.progress`', 'unknown `more`', 'Nothing was loaded'],
  },
  {
    what: 'a counter of another type',
    does: () => {
      const parent = new Parent();
      const dict = parent.stateDict() as any;
      dict['child.progress'].total.ready = 'one';
      parent.loadStateDict(dict);
    },
    code: 'STATE_DICT_MISMATCH',
    path: 'parent.child',
    says: ['Expected `child.progress.total.ready` to be a number', 'got "one"', 'Nothing was loaded'],
  },
  {
    what: 'a state that is no object',
    does: () => new Leaf().loadStateDict({ state_dict: 5 }),
    code: 'STATE_DICT_MISMATCH',
    path: 'leaf',
    says: ['Expected the state to be an object', 'got 5', 'Override onLoadCheckpoint'],
  },
  {
    what: 'an unknown option of start',
    does: () => new Leaf().start({ interval: 5 } as any),
    code: 'MISCONFIGURATION',
    path: 'leaf',
    says: ['start expected options among args, from', 'got `interval`'],
    misconfigured: true,
  },
  {
    what: 'args that are no array',
    does: () => new Leaf().start({ args: 5 } as any),
    code: 'MISCONFIGURATION',
    path: 'leaf',
    says: ['start expected `args` to be an array', 'got `5`'],
    misconfigured: true,
  },
  {
    what: 'an empty id',
    does: () => new Leaf().start({ id: '' }),
    code: 'MISCONFIGURATION',
    path: 'leaf',
    says: ['start expected `id` to be a string that is not empty'],
    misconfigured: true,
  },
  {
    what: 'an every that is none',
    does: () => new Leaf().start({ every: { steps: 1.5 } }),
    code: 'MISCONFIGURATION',
    path: 'leaf',
    says: ["start expected `every` to be 'step', 'run', { steps }", 'got `{"steps":1.5}`'],
    misconfigured: true,
  },
  {
    what: 'a durability that is none',
    does: () => new Leaf().start({ durability: 'maybe' as any }),
    code: 'MISCONFIGURATION',
    path: 'leaf',
    says: ["start expected `durability` to be 'sync', 'async' or 'exit'", 'got `maybe`'],
    misconfigured: true,
  },
  {
    what: 'a store that is none',
    does: () => new Leaf().start({ store: {} as any }),
    code: 'MISCONFIGURATION',
    path: 'leaf',
    says: ['start expected `store` to have save and load'],
    misconfigured: true,
  },
  {
    what: 'a checkpoint that is none',
    does: () => new Leaf().start({ from: { state_dict: {} } as any }),
    code: 'CHECKPOINT_UNREADABLE',
    path: 'leaf',
    says: ['Expected a checkpoint', 'got {"state_dict":{}}'],
  },
  {
    what: 'a checkpoint of another format',
    does: async () => new Leaf().start({ from: { ...(await checkpointOf(new Leaf())), format: 9 as any } }),
    code: 'CHECKPOINT_UNREADABLE',
    path: 'leaf',
    says: ['Expected a checkpoint of format 1', 'got format 9', 'migrate it, or use that version'],
  },
  {
    what: 'a checkpoint of another loop',
    does: async () => new Leaf().start({ from: await checkpointOf(new Parent()) }),
    code: 'CHECKPOINT_MISMATCH',
    path: 'leaf',
    says: [
      'Expected a checkpoint of this Leaf, got one of a Parent',
      'missing nothing',
      'unknown `child.progress`, `child.state_dict`',
      'start({ from, migrate })',
    ],
  },
  {
    what: 'a checkpoint of another shape',
    does: async () => {
      const parent = new Parent();
      parent.connect({ late: new Leaf() });
      return parent.start({ from: await checkpointOf(new Parent()) });
    },
    code: 'CHECKPOINT_MISMATCH',
    path: 'parent',
    says: ['got one of another shape of Parent', 'missing `late.progress`, `late.state_dict`', 'Nothing was loaded'],
  },
  {
    what: 'a step that asks for other children when it is run again',
    does: async () => {
      const make = (asks: boolean) => {
        const parent = new Parent();
        parent.advance = async () => {
          parent.state.n++;
          if (asks) await parent.child!.run();
        };
        return parent;
      };
      const first = make(true);
      Object.defineProperty(first.child, 'done', { get: () => first.child!.state.n >= 2 });
      const run = first.start({ paused: true });
      await run.step();
      const from = await run.suspend();
      return make(false).start({ from }).output;
    },
    code: 'RESUME_MISMATCH',
    path: 'parent',
    says: [
      'had asked for a run of `child` when the checkpoint was taken',
      'did not when it was run again',
      'must ask for the same',
    ],
  },
  {
    what: 'the output of a run that was aborted without a reason',
    does: () => {
      const run = new Leaf().start({ paused: true });
      run.abort();
      return run.output;
    },
    code: 'STOPPED',
    path: 'leaf',
    says: ['was aborted without a reason'],
  },
  {
    what: 'the output of a run that was suspended',
    does: async () => {
      const run = new Leaf().start({ paused: true });
      await run.suspend('the host shuts down');
      return run.output;
    },
    code: 'SUSPENDED',
    path: 'leaf',
    says: ['was suspended: the host shuts down', 'Go on with start({ from: checkpoint })'],
  },
  {
    what: 'a suspend of a run that has ended',
    does: async () => {
      const run = new Leaf().start();
      await run.output;
      return run.suspend();
    },
    code: 'RUN_ENDED',
    path: 'leaf',
    says: ['had ended before it could be suspended', 'See its outcome'],
  },
  {
    what: 'a checkpoint of a run that was aborted',
    does: async () => {
      const run = new Leaf().start({ paused: true });
      run.abort(new Error('enough'));
      await run.outcome;
      return run.checkpoint();
    },
    code: 'RUN_ENDED',
    path: 'leaf',
    says: ['had ended before it could be captured', 'See its outcome'],
  },
];

async function caught(does: () => unknown): Promise<any> {
  try {
    await does();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test.for(cases)('$what is a LoopError $code', async ({ does, code, path, says, misconfigured }) => {
  const error = await caught(does);
  expect(error).toBeInstanceOf(LoopError);
  expect(error).toBeInstanceOf(Error);
  expect(error.code, error.message).toBe(code);
  expect(error.path).toBe(path);
  expect(error.message.startsWith(`${path}: `), error.message).toBe(true);
  for (const part of says) expect(error.message).toContain(part);
  expect(error instanceof MisconfigurationError).toBe(misconfigured === true);
  expect(error.name).toBe(misconfigured ? 'MisconfigurationError' : 'LoopError');
});

describe('steps of a run', () => {
  test.for([0, -1, 1.5, Number.NaN, '1'] as number[])('step(%o) is a RangeError', async (n) => {
    const run = new Leaf().start({ paused: true });
    expect(() => run.step(n)).toThrow(
      new RangeError(`Expected the number of steps to be a whole number from 1 up, got \`${n}\`.`),
    );
    run.resume();
    await run.output;
  });
});

describe('the classes', () => {
  test('a LoopError has a code, a path and a cause', () => {
    const cause = new Error('why');
    const error = new LoopError('STORE', 'the disk is full.', 'fit.epoch', { cause });
    expect(error).toMatchObject({ name: 'LoopError', code: 'STORE', path: 'fit.epoch', cause });
    expect(error.message).toBe('fit.epoch: the disk is full.');
  });

  test('a LoopError that is about no loop has an empty path', () => {
    const error = new LoopError('STORE', 'The disk is full.');
    expect(error.path).toBe('');
    expect(error.message).toBe('The disk is full.');
    expect('cause' in error).toBe(false);
  });

  test('a MisconfigurationError is a LoopError', () => {
    const cause = new Error('why');
    const error = new MisconfigurationError('wrong.', 'fit', { cause });
    expect(error).toBeInstanceOf(LoopError);
    expect(error).toMatchObject({ name: 'MisconfigurationError', code: 'MISCONFIGURATION', path: 'fit', cause });
  });

  test('can be made where Error.prototype is frozen', () => {
    const before = Object.getOwnPropertyDescriptor(Error.prototype, 'name')!;
    Object.defineProperty(Error.prototype, 'name', { writable: false });
    try {
      const errors = [new LoopError('STORE', ''), new MisconfigurationError(''), new EndLoop(new Leaf(), 'leaf')];
      expect(errors.map(({ name }) => name)).toEqual(['LoopError', 'MisconfigurationError', 'EndLoop']);
    } finally {
      Object.defineProperty(Error.prototype, 'name', before);
    }
  });

  test('an EndLoop is no LoopError: it is not a mistake', () => {
    expect(new EndLoop(new Leaf(), 'leaf')).not.toBeInstanceOf(LoopError);
  });
});
