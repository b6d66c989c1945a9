import { formatRecording, Loop, parseRecording, record } from 'loopchart';
import { retry } from 'loopchart/patterns';
import { compareGolden, goldenText, recordRun } from 'loopchart/testing';
import { describe, expect, test } from 'vitest';
import { createActor, createMachine, toPromise } from 'xstate';
import { Family, turn } from './support/loops.ts';
import { random, randomTree, Tree } from './support/trees.ts';

class Sum extends Loop<number, [by: number]> {
  override state: { n: number; [more: string]: any } = { n: 0 };

  get done() {
    return this.state.n >= 2;
  }

  reset() {
    this.state.n = 0;
  }

  advance(by: number) {
    this.state.n += by;
  }

  override onRunEnd() {
    return this.state.n;
  }
}

const text = async (loop: Loop<any, any>, options: any = {}) => goldenText((await recordRun(loop, options)).recording);

test('is a line for each transition: a hash, the loop, the event, the state and what has changed', async () => {
  expect(await text(new Sum(), { args: [1] })).toMatchInlineSnapshot(`
    "loopchart golden recording 1
    2b9158eb sum#1 xstate.init -> entering args=[1]
    45429ce1 sum#1 xstate.done.actor.skip -> resetting state={"n":0} begun=true
    45429ce1 sum#1 xstate.done.actor.reset -> starting
    6b42b34f sum#1 xstate.done.actor.onRunStart -> advancing done=false
    7c644617 sum#1 loop.advanced -> advancing state.n=1 steps=1
    ba25ce84 sum#1 loop.advanced -> ending state.n=2 steps=2 done=true
    29315a4b sum#1 xstate.done.actor.onRunEnd -> finished status="done" output=2
    end: 7 transitions
    "
  `);
});

test('has the runs of a child, indented, behind the line where they began', async () => {
  const lines = (await text(new Family())).split('\n').map((line) => line.slice(9));
  const at = lines.findIndex((line) => line.startsWith('family#1 loop.run'));
  expect(lines[at + 1]).toMatch(/^ {2}family\.first#1 xstate\.init -> entering/);
  // Side by side: each whole, one behind the other.
  const ids = lines.map((line) => line.trim().split(' ')[0]!);
  const runs = ids.filter((id, i) => id.startsWith('family.pair') && id !== ids[i - 1]);
  expect(runs).toEqual([1, 2, 3].flatMap((n) => [`family.pair.0#${n}`, `family.pair.1#${n}`]));
});

test('is the same whenever, and however quickly, loops side by side are', async () => {
  class Uneven extends Family {
    constructor(turns: number) {
      super();
      const [, second] = this.pair;
      const { advance } = second!;
      second!.advance = async (...args) => {
        for (let i = 0; i < turns; i++) await turn();
        await advance.apply(second, args);
      };
    }
  }
  const texts = [await text(new Uneven(0)), await text(new Uneven(7))];
  expect(texts[1]).toBe(texts[0]);
});

test('keeps numbers that JSON has no word for and keys of any kind, in an order of its own', async () => {
  const odd = { 'a key': Number.NaN, '0': -0, '="': ['= "', { ']': null }], mark: { $n: 'NaN' } };
  class Odd extends Sum {
    override advance() {
      this.state.odd = this.state.n === 0 ? odd : Object.fromEntries(Object.entries(odd).reverse());
      this.state.n++;
    }
  }
  const golden = await text(new Odd(), { args: [1] });
  expect(compareGolden(golden, golden)).toBeUndefined();
  const part = '{"0":{"$n":"-0"},"=\\"":["= \\"",{"]":null}],"a key":{"$n":"NaN"},"mark":{"$$n":"NaN"}}';
  expect(golden).toContain(`"odd":${part}`);
  expect(golden).toContain('-> ending state.n=2 steps=2');
});

test('is the same at another time of day, also of a loop that waits', async () => {
  class Waits extends Sum {
    override async advance() {
      await this.sleep('a while', 2);
      await retry(this, 'ask', (attempt) => expect(attempt).toBe(2), { delay: 2, retryIf: () => true });
      this.state.n++;
    }
  }
  const first = await text(new Waits(), { args: [1] });
  expect(first).toContain('"once":"ask, wait 1"');
  const { recording } = await recordRun(new Waits(), { args: [1] });
  expect(compareGolden(first, recording)).toBeUndefined();
});

test('reads back any text that a state holds, with whichever ends of lines', async () => {
  const odd = 'a\u2028b\u2029c\u0085d\ve\ff\rg\nh\r\ni';
  class Reads extends Sum {
    override advance() {
      this.state[odd] = odd;
      this.state.n++;
    }
  }
  const { recording } = await recordRun(new Reads(), { args: [1] });
  expect(compareGolden(goldenText(recording), recording)).toBeUndefined();
});

test('of an error it has all but the stack', async () => {
  class Failing extends Sum {
    override advance() {
      throw new RangeError('no', { cause: new TypeError('never') });
    }
  }
  const golden = await text(new Failing(), { args: [1] });
  expect(golden).toContain('"name":"RangeError"');
  expect(golden).toContain('{"message":"never","name":"TypeError"}');
  expect(golden).not.toContain('stack');
});

test('a shrinking list is as short as can be', async () => {
  class Shrinking extends Sum {
    override reset() {
      this.state = { n: 0, list: Array.from({ length: 50 }, (_, i) => i) };
    }
    override advance() {
      this.state.n++;
      this.state.list.length = this.state.n === 1 ? 48 : 0;
    }
  }
  const golden = await text(new Shrinking(), { args: [1] });
  expect(golden).toContain(' -state.list[49] -state.list[48] state.n=1');
  expect(golden).toContain('state={"list":[],"n":2}');
  expect(compareGolden(golden, golden)).toBeUndefined();
});

test('a loop in a machine of an app is named after its class, whatever XState calls its actor', async () => {
  const texts: string[] = [];
  for (let i = 0; i < 2; i++) {
    const recorder = record();
    const sum = new Sum();
    const actor = createActor(sum.machine, { input: [1], inspect: recorder }).start();
    await toPromise(actor);
    texts.push(goldenText(recorder.recording));
  }
  expect(texts[0]).toMatch(/ sum#1 xstate\.init/);
  expect(texts[1]).toBe(texts[0]);
  const recorder = record();
  const app = createMachine({ invoke: { id: 'my fit', src: new Sum().machine, input: [1] } });
  createActor(app, { inspect: recorder }).start();
  await turn();
  expect(goldenText(recorder.recording)).toMatch(/ my%20fit#1 xstate\.init/);
});

test('what somebody came to record in the middle of a run begins there', async () => {
  const run = new Family().start();
  await turn();
  const recorder = record();
  run.actor.system.inspect(recorder);
  await run.outcome;
  const golden = goldenText(recorder.recording);
  expect(golden).toMatch(/ family#1 xstate\.init -> advancing late=true/);
  expect(golden).toMatch(/^\w{8} {3}family\.\S+#1 xstate\.init -> \S+ late=true/m);
  expect(compareGolden(golden, golden)).toBeUndefined();
});

test('of random trees it is the same for each run, and for the recording as text, and adds up to each context', async () => {
  const first = Number(process.env.LOOPCHART_SEED ?? 1);
  for (let seed = first; seed < first + 40; seed++) {
    const message = `LOOPCHART_SEED=${seed}`;
    // Which of those side by side is the first to end is a matter of time.
    const parallel = seed % 2 === 0;
    const make = (): Loop<any, any> => {
      const next = random(seed);
      return new Tree(randomTree(next, { depth: 1 + Math.floor(next() * 3), parallel }), []);
    };
    const { recording } = await recordRun(make(), { args: [5], most: 3000 });
    const golden = goldenText(recording);
    expect(goldenText(parseRecording(formatRecording(recording))), message).toBe(golden);
    expect(compareGolden(golden, golden), message).toBeUndefined();
    if (!parallel) expect(await text(make(), { args: [5], most: 3000 }), message).toBe(golden);
  }
});

describe('is refused', () => {
  test('of a recording without a loop', () => {
    expect(() => goldenText(record().recording)).toThrow(
      'Expected a recording of a loop, got one without any. Was the recorder given to the run',
    );
    expect(() => goldenText([])).toThrow('without any');
  });

  test('of a recording that a line is missing of', async () => {
    const { recording } = await recordRun(new Sum(), { args: [1] });
    expect(() => goldenText(recording.toSpliced(3, 1))).toThrow('expected line 3, got line 4');
  });

  test('of a context with more than a million values', async () => {
    class Large extends Sum {
      override reset() {
        this.state = { n: 0, list: new Array(1_000_001).fill(0) };
      }
    }
    const { recording } = await recordRun(new Large(), { args: [2] });
    expect(() => goldenText(recording)).toThrow(/^large: .*at most 1000000 values/);
  });
});

describe('a run that is recorded', () => {
  test('asks for arguments where `run` does', async () => {
    expect((await recordRun(new Family())).outcome.output).toBeTypeOf('string');
    // @ts-expect-error
    void (() => recordRun(new Sum()));
    // @ts-expect-error
    void (() => recordRun(new Sum(), { most: 3 }));
  });

  test('ends with what goes wrong beside it', async () => {
    const loop = new Sum();
    const going = recordRun(loop, {
      args: [0],
      during: async () => {
        await turn();
        throw new Error('mine');
      },
    });
    await expect(going).rejects.toThrow('mine');
    expect(loop.running).toBe(false);
  });

  test('is aborted where it goes on for longer than it may', async () => {
    const { recording, outcome } = await recordRun(new Sum(), { args: [0], most: 100 });
    expect(outcome).toMatchObject({
      status: 'aborted',
      error: { message: 'sum: was aborted: it went on behind 100 transitions.' },
    });
    expect(recording.length).toBeLessThan(120);
  });
});
