import { Loop, type Stateful } from 'loopchart';
import { CutError, everyCut } from 'loopchart/testing';
import { describe, expect, test } from 'vitest';
import { Count } from './support/loops.ts';

/** What everyCut says of a loop that is wrong. */
async function fault(proof: Promise<unknown>): Promise<CutError> {
  const error: unknown = await proof.then(
    (report) => new Error(`nothing was found: ${report}`),
    (error: unknown) => error,
  );
  if (!(error instanceof CutError)) throw error;
  return error;
}

/** Puts four digits behind each other. */
abstract class Digits extends Loop<number> {
  override state = { n: 0, number: 0 };
  get done() {
    return this.state.n >= 4;
  }
  reset() {
    this.state = { n: 0, number: 0 };
  }
  abstract next(): number;
  advance() {
    this.state.number = this.state.number * 10 + this.next();
    this.state.n++;
  }
  override onRunEnd() {
    return this.state.number;
  }
}

/** Takes three letters off what it is given. */
abstract class Letters<Source> extends Loop<string, [Source]> {
  override state = { text: '' };
  get done() {
    return this.state.text.length >= 3;
  }
  reset() {
    this.state.text = '';
  }
  abstract next(source: Source): unknown;
  advance(source: Source) {
    this.state.text += this.next(source);
  }
  override onRunEnd() {
    return this.state.text;
  }
}

function shuffled(items: number[]): number[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

describe('everyCut finds state outside the state', () => {
  test('in a #private field', async () => {
    class Kept extends Digits {
      #at = 0;
      next() {
        return ++this.#at;
      }
    }
    const error = await fault(everyCut(() => new Kept()));
    expect(error.message).toMatchInlineSnapshot(`
      "kept: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: kept in \`advancing\`, after 1 step.
        What differs first: the output: expected 1234, got 1123.
        Likely cause: State outside \`state\`, which a checkpoint does not have. No field that can be seen differs: look at \`#private\` fields and closures. In the same instance, it comes out right.
        What to do: Keep it in \`state\`; or make it again from the state in onRestart or onLoadCheckpoint."
    `);
    expect(error).toMatchObject({
      name: 'CutError',
      code: 'RESUME_DIFFERS',
      path: 'kept',
      cut: { path: 'kept', state: 'advancing', step: 1 },
      difference: { what: 'output', expected: 1234, got: 1123 },
      causes: [{ kind: 'field' }],
    });
  });

  test('in a field that can be seen, which it names', async () => {
    class Kept extends Digits {
      private at = 0;
      next() {
        return ++this.at;
      }
    }
    expect((await fault(everyCut(() => new Kept()))).message).toMatchInlineSnapshot(`
      "kept: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: kept in \`advancing\`, after 1 step.
        What differs first: the output: expected 1234, got 1123.
        Likely cause: State outside \`state\`, which a checkpoint does not have. \`at\` of kept had 1 at the cut, and has 0 in a new instance. In the same instance, it comes out right.
        What to do: Keep it in \`state\`; or make it again from the state in onRestart or onLoadCheckpoint."
    `);
  });

  test('in a sampler that is held by a field', async () => {
    class Sampler {
      position = 0;
      next() {
        return ++this.position;
      }
    }
    class Sampled extends Digits {
      readonly sampler = new Sampler();
      next() {
        return this.sampler.next();
      }
    }
    expect((await fault(everyCut(() => new Sampled()))).message).toMatchInlineSnapshot(`
      "sampled: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: sampled in \`advancing\`, after 1 step.
        What differs first: the output: expected 1234, got 1123.
        Likely cause: State outside \`state\`, which a checkpoint does not have. \`sampler\` of sampled (a Sampler) had \`.position\` 1 at the cut, and has 0 in a new instance. In the same instance, it comes out right.
        What to do: Give the object in that field stateDict() and loadStateDict(), as a sampler or a model has; or keep in \`state\` how far it has come."
    `);
  });

  test('in a sampler that lets nobody see where it is', async () => {
    class Sampler {
      #position = 0;
      next() {
        return ++this.#position;
      }
    }
    class Sampled extends Digits {
      readonly sampler = new Sampler();
      next() {
        return this.sampler.next();
      }
    }
    expect((await fault(everyCut(() => new Sampled()))).message).toMatchInlineSnapshot(`
      "sampled: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: sampled in \`advancing\`, after 1 step.
        What differs first: the output: expected 1234, got 1123.
        Likely cause: State outside \`state\`, which a checkpoint does not have. No field that can be seen differs: look at what is inside \`sampler\` of sampled (a Sampler); and at \`#private\` fields and closures. In the same instance, it comes out right.
        What to do: Give the object in that field stateDict() and loadStateDict(), as a sampler or a model has; or keep in \`state\` how far it has come."
    `);
  });

  test('in a Stateful object that does not tell all', async () => {
    class Model implements Stateful {
      weight = 0;
      #momentum = 0;
      next() {
        this.#momentum++;
        this.weight += this.#momentum;
        return this.weight % 10;
      }
      stateDict() {
        return { weight: this.weight };
      }
      loadStateDict({ weight }: { weight: number }) {
        this.weight = weight;
      }
    }
    class Trained extends Digits {
      readonly model = new Model();
      next() {
        return this.model.next();
      }
    }
    const { causes } = await fault(everyCut(() => new Trained()));
    expect(causes[0]!.kind).toBe('field');
    expect(causes[0]!.says).toContain('`model` of trained (a Model), whose stateDict() may not be all that it is');
  });

  test('where it changes what the step of a parent asks for', async () => {
    class Outer extends Count {
      readonly inner = new Count(2);
      private asked = 0;
      override async advance() {
        await this.inner.run(++this.asked);
        await super.advance();
      }
    }
    const { causes } = await fault(everyCut(() => new Outer(2)));
    expect(causes).toMatchObject([{ kind: 'field' }]);
    expect(causes[0]!.says).toContain('`asked` of outer');
  });
});

describe('everyCut finds chance', () => {
  const inRandom =
    /Likely cause: .+unseeded shuffle: `Math\.random\(\)` is called outside `once`.* \(every-cut-faults\.test\.ts:\d+\)/;

  test('that shows from run to run', async () => {
    class Shuffled extends Digits {
      order: number[] = [];
      override reset() {
        super.reset();
        this.order = shuffled([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      }
      next() {
        return this.order[this.state.n]!;
      }
    }
    const error = await fault(everyCut(() => new Shuffled()));
    expect(error).toMatchObject({ code: 'RUNS_DIFFER', cut: undefined, difference: { what: 'output' } });
    expect(error.message).toMatch(inRandom);
    expect(error.message).toContain('in a hook of shuffled');
  });

  /** Adds up numbers: in whichever order they come, the sum is the same. */
  class Sum extends Loop<number> {
    override state = { n: 0, sum: 0 };
    order: number[] = [];
    get done() {
      return this.state.n >= 20;
    }
    reset() {
      this.state = { n: 0, sum: 0 };
    }
    advance() {
      this.state.sum += this.order[this.state.n++]!;
    }
    override onRunEnd() {
      return this.state.sum;
    }
  }
  const numbers = () => Array.from({ length: 20 }, (_, i) => 2 ** i);

  test('that shows only after a cut: drawn when the loop is made', async () => {
    class Shuffled extends Sum {
      override order = shuffled(numbers());
    }
    const error = await fault(everyCut(() => new Shuffled()));
    expect(error).toMatchObject({ code: 'RESUME_DIFFERS', causes: [{ kind: 'random' }] });
    expect(error.message).toMatch(inRandom);
  });

  test('that shows only after a cut: drawn in reset', async () => {
    class Shuffled extends Sum {
      override reset() {
        super.reset();
        this.order = shuffled(numbers());
      }
    }
    const error = await fault(everyCut(() => new Shuffled()));
    expect(error).toMatchObject({ code: 'RESUME_DIFFERS', causes: [{ kind: 'random' }] });
  });

  test('and tells it from state in a field, where both are there', async () => {
    class Kept extends Digits {
      private at = 0;
      jitter = 0;
      next() {
        this.jitter = Math.random();
        return ++this.at;
      }
    }
    expect((await fault(everyCut(() => new Kept()))).causes).toMatchObject([{ kind: 'field' }, { kind: 'random' }]);
  });

  test('and time', async () => {
    class Dated extends Digits {
      next() {
        return Number(process.hrtime.bigint() % 1n) + (Date.now() % 7) + performance.now();
      }
    }
    const error = await fault(everyCut(() => new Dated()));
    expect(error).toMatchObject({ code: 'RUNS_DIFFER', causes: [{ kind: 'time' }] });
  });

  test('but not what is drawn in once', async () => {
    class Drawn extends Digits {
      next() {
        return 1;
      }
      override async onRunStart() {
        await this.once('draw', () => Math.random());
      }
    }
    await everyCut(() => new Drawn());
  });

  test('and leaves chance and time as they were', async () => {
    const { random } = Math;
    const [date, { now }] = [Date, performance];
    class Drawn extends Digits {
      next() {
        return Math.random();
      }
    }
    await Promise.all([fault(everyCut(() => new Drawn())), fault(everyCut(() => new Drawn()))]);
    expect([Math.random, Date, performance.now]).toEqual([random, date, now]);
    expect(Math.random()).not.toBe(Math.random());
  });
});

/** Two rows, or more, which it returns as they stand in its state. */
class Rows extends Loop<number[], [more?: number]> {
  override state: { rows: number[]; most: number } = { rows: [], most: 2 };
  get done() {
    return this.state.rows.length >= this.state.most;
  }
  reset(more = 0) {
    this.state.rows.length = 0;
    this.state.most = 1 + more;
  }
  advance() {
    this.state.rows.push(this.state.rows.length);
  }
  override onRunEnd() {
    return this.state.rows;
  }
}

describe('everyCut finds what one loop does to another', () => {
  test('which is told in the words in which the run is refused', async () => {
    class Reached extends Count {
      override state: { n: number; last?: number } = { n: 0 };
      rows = new Rows();
      override async advance() {
        this.rows.onRunStart = () => {
          this.state.last = this.state.n;
        };
        await this.rows.run();
        this.state.n++;
      }
    }
    const error = await fault(everyCut(() => new Reached(3)));
    expect(error.causes).toEqual([
      {
        kind: 'unknown',
        says: expect.stringMatching(
          /^It was refused, and the error says why\. .*`state\.last` is not as when the checkpoint was/,
        ),
        advice: 'What the error says.',
      },
    ]);
  });

  test('by an object in the states of both; that is no question of time, of which only the library has asked', async () => {
    class Lasts extends Count {
      override state: { n: number; last?: number[]; total: number } = { n: 0, total: 0 };
      rows = new Rows();
      override async advance() {
        await this.rows.run(this.state.n);
        // What it kept of the step before is what the child has now.
        this.state.total += this.state.last?.length ?? 0;
        this.state.last = this.rows.state.rows;
        this.state.n++;
      }
      override onRunEnd() {
        return this.state.total;
      }
    }
    const error = await fault(everyCut(() => new Lasts(3)));
    expect(error).toMatchObject({
      code: 'RESUME_DIFFERS',
      causes: [
        {
          kind: 'shared',
          says:
            '`state.last` of lasts and `state.rows` of lasts.rows are one object at the cut, and two after it: ' +
            'what changes the one does not change the other any more.',
        },
      ],
    });
    expect(error.message).toContain('expected 5, got 4');
  });
});

describe('everyCut finds what outlives a run', () => {
  test('a variable of the module', async () => {
    let at = 0;
    class Counted extends Digits {
      next() {
        return ++at % 7;
      }
    }
    expect(await fault(everyCut(() => new Counted()))).toMatchObject({
      code: 'RUNS_DIFFER',
      causes: [{ kind: 'shared' }],
    });
  });

  test('a variable that each run empties where it begins', async () => {
    const seen = new Set<number>();
    class Unlike extends Digits {
      override reset() {
        super.reset();
        seen.clear();
      }
      next() {
        return seen.add(this.state.n).size;
      }
    }
    const error = await fault(everyCut(() => new Unlike()));
    expect(error).toMatchObject({ code: 'RESUME_DIFFERS', causes: [{ kind: 'shared' }] });
    expect(error.message).toContain('with another run in between, it does not');
  });

  test('a variable that the first run has used up, though another thing is left to chance', async () => {
    const queue = [1, 2, 3, 4];
    class Drain extends Digits {
      jitter = 0;
      next() {
        this.jitter = Math.random();
        return queue.shift() ?? 0;
      }
    }
    expect((await fault(everyCut(() => new Drain()))).causes[0]).toMatchObject({ kind: 'shared' });
  });
});

describe('everyCut finds arguments that are used up', () => {
  test('a list', async () => {
    class Drain extends Letters<string[]> {
      next(letters: string[]) {
        return letters.shift();
      }
    }
    const error = await fault(everyCut(() => new Drain(), { args: [['a', 'b', 'c']] }));
    expect(error.message).toMatchInlineSnapshot(`
      "drain: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: drain in \`advancing\`, after 1 step.
        What differs first: how the run ended: expected "finished", got "failed" (LoopError: drain: The arguments of the run had been changed when the checkpoint was taken, and are as they were before it. Leave arguments as they are, and keep …).
        Likely cause: The run uses up its arguments: argument 1 was ["a","b","c"] before the run, and [] after it. With what drain had left of them, it comes out right.
        What to do: Leave arguments as they are, and keep in \`state\` how far the loop has come: items[this.state.next++]."
    `);
    const made = () => ({ loop: new Drain(), args: [['a', 'b', 'c']] as [string[]] });
    expect((await fault(everyCut(made))).causes).toMatchObject([{ kind: 'argument' }]);
  });

  class Drain extends Letters<Iterator<string>> {
    next(letters: Iterator<string>) {
      return letters.next().value;
    }
  }
  function* letters() {
    yield* 'abc';
  }

  test('a generator', async () => {
    const error = await fault(everyCut(() => new Drain(), { args: () => [letters()] }));
    expect(error.message).toMatchInlineSnapshot(`
      "drain: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: drain in \`advancing\`, after 1 step.
        What differs first: the output: expected "abc", got "aab".
        Likely cause: The run uses up its arguments: argument 1 is an iterator, which can be gone through only once. With what drain had left of them, it comes out right.
        What to do: Leave arguments as they are, and keep in \`state\` how far the loop has come: items[this.state.next++]."
    `);
  });

  test('one generator for all runs', async () => {
    const error = await fault(everyCut(() => new Drain(), { args: [letters()] }));
    expect(error.message).toMatchInlineSnapshot(`
      "drain: two runs that nobody cut differ: it is not the same from run to run.
        What differs first: the output: expected "abc", got "undefined".
        Likely cause: All runs are given the same object as an argument, and use it up: argument 1 is an iterator, which can be gone through only once.
        What to do: Make the arguments anew for each run: everyCut(make, { args: () => [new Queue()] }), or give them in \`make\`."
    `);
  });
});

describe('everyCut finds effects outside once', () => {
  class Mail extends Loop {
    override state = { n: 0 };
    readonly sent: string[] = [];
    get done() {
      return this.state.n >= 2;
    }
    reset() {
      this.state.n = 0;
    }
    async advance() {
      await this.send(`mail ${this.state.n}`);
      this.state.n++;
    }
    async send(mail: string): Promise<void> {
      await this.once('send', () => void this.sent.push(mail));
    }
  }
  const effects = ({ sent }: Mail) => sent;

  test('not those in it', async () => {
    expect(await everyCut(() => new Mail(), { effects })).toMatchObject({ effects: true, onces: 2 });
  });

  test('that a step which is run again does again', async () => {
    class Twice extends Mail {
      override async send(mail: string) {
        this.sent.push(mail);
        await this.once('log', () => void this.sent.push(`log ${mail}`));
      }
    }
    expect((await fault(everyCut(() => new Twice(), { effects }))).message).toMatchInlineSnapshot(`
      "twice: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: twice in \`advancing\`, after 0 steps and after once('log').
        What differs first: the effects: expected ["mail 0","log mail 0","mail 1","log mail 1"], got ["mail 0","log mail 0","mail 0","mail 1","log mail 1"].
        Likely cause: An effect outside \`once\` in twice, or in one that had not returned: the step that was cut is run again when the run goes on, and does "mail 0" again.
        What to do: Do it in once: await this.once('send', () => send(mail)), which is not called again."
    `);
  });

  test('that a process does again which dies in the middle of a step', async () => {
    class Bare extends Mail {
      override async send(mail: string) {
        this.sent.push(mail);
      }
    }
    expect((await fault(everyCut(() => new Bare(), { effects }))).message).toMatchInlineSnapshot(`
      "bare: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: bare in \`advancing\`, after 0 steps.
        What differs first: the effects: expected ["mail 0","mail 1"], got ["mail 0","mail 0","mail 1"].
        Likely cause: An effect outside \`once\` in bare, or in one that had not returned: a process that dies in the step after this cut has done "mail 0" already, and the step does it again when it is run again.
        What to do: Do it in once: await this.once('send', () => send(mail)), which is not called again. If it may be done again when a process dies in the middle of it, say { crashes: false }."
    `);
    await everyCut(() => new Bare(), { effects, crashes: false });
  });

  test('that the parent of a child does again', async () => {
    class Outer extends Mail {
      readonly inner = new Count(2);
      override async send(mail: string) {
        this.sent.push(mail);
        await this.inner.run();
      }
    }
    const error = await fault(everyCut(() => new Outer(), { effects, crashes: false }));
    expect(error.cut).toMatchObject({ path: 'outer.inner' });
    expect(error.causes).toMatchObject([{ kind: 'effect' }]);
  });

  test('in one log of all runs', async () => {
    const sent: string[] = [];
    class Logged extends Mail {
      override send(mail: string) {
        return this.once('send', () => void sent.push(mail));
      }
    }
    await everyCut(() => new Logged(), { effects: () => sent });
    await everyCut(() => ({ loop: new Logged(), effects: () => sent }));
  });

  test('of loops side by side, in whichever order they come', async () => {
    class Side extends Mail {
      readonly pair = [new Count(2), new Count(3)];
      override async advance() {
        await Promise.all(this.pair.map((one) => one.run()));
        await this.send('both');
        this.state.n++;
      }
    }
    expect((await everyCut(() => new Side(), { effects })).parallel).toBeGreaterThan(0);
  });
});

describe('everyCut finds a missing onRestart', () => {
  class Connected extends Digits {
    connection: { ask(n: number): number } | undefined;
    override reset() {
      super.reset();
      this.open();
    }
    open() {
      this.connection = { ask: (n) => n + 1 };
    }
    next() {
      return this.connection!.ask(this.state.n);
    }
  }

  test('of what reset makes', async () => {
    const error = await fault(everyCut(() => new Connected()));
    expect(error.message).toMatchInlineSnapshot(`
      "connected: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: connected in \`starting\`.
        What differs first: how the run ended: expected "finished", got "failed" (TypeError: Cannot read properties of undefined (reading 'ask')).
        Likely cause: \`onRestart\` is missing, or does not do enough: a run that goes on does not call \`reset\` and \`onRunStart\` again, so what those make is not there: \`connection\` of connected had {} at the cut, and has undefined in a new instance. Called before it goes on, it comes out right.
        What to do: Override onRestart(...args) in connected, and make there again what is not in \`state\`."
    `);
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test('of what onRunStart of a child makes', async () => {
    class Late extends Connected {
      override reset() {
        this.state = { n: 0, number: 0 };
      }
      override onRunStart() {
        this.open();
      }
    }
    class Outer extends Count {
      readonly late = new Late();
      override async advance() {
        await this.late.run();
        await super.advance();
      }
    }
    const { causes } = await fault(everyCut(() => new Outer(1)));
    expect(causes).toMatchObject([{ kind: 'restart' }]);
    expect(causes[0]!.says).toContain('`connection` of outer.late');
  });

  test('and nothing where it is there', async () => {
    class Again extends Connected {
      override onRestart() {
        this.open();
      }
    }
    await everyCut(() => new Again());
  });
});

test('everyCut finds an onSaveCheckpoint that changes something', async () => {
  class Saved extends Digits {
    override onSaveCheckpoint() {
      return { ...this.state, number: this.state.number++ };
    }
    next() {
      return 1;
    }
  }
  expect(await fault(everyCut(() => new Saved()))).toMatchObject({ code: 'RUNS_DIFFER' });
});
