import { Loop, type Stateful } from 'loopchart';
import { type CutError, everyCut } from 'loopchart/testing';
import { describe, expect, test } from 'vitest';
import { Count, Family, Slow } from './support/loops.ts';

/** What everyCut says of a loop that is wrong. */
async function fault(proof: Promise<unknown>): Promise<CutError> {
  const error = await proof.then(
    (report) => {
      throw new Error(`nothing was found: ${report}`);
    },
    (error: unknown) => error,
  );
  return error as CutError;
}

/** Adds up numbers that it is given one after another. */
abstract class Sum extends Loop<number> {
  override state = { n: 0, sum: 0 };
  get done() {
    return this.state.n >= 4;
  }
  reset() {
    this.state = { n: 0, sum: 0 };
  }
  abstract next(): number;
  advance() {
    this.state.sum = this.state.sum * 10 + this.next();
    this.state.n++;
  }
  override onRunEnd() {
    return this.state.sum;
  }
}

describe('a loop that goes on exactly', () => {
  test('is reported with how many cuts there were, in which states', async () => {
    const report = await everyCut(() => new Count(3));
    expect(String(report)).toMatchInlineSnapshot(`"count goes on exactly. All 7 boundaries were cut. entering 1, resetting 1, starting 1, advancing 3, finished 1."`);
    expect(report).toMatchObject({ cuts: report.boundaries, isSampled: false });
  });

  test('is cut in its children, after each once, and where they run side by side', async () => {
    const report = await everyCut(() => new Family(), { args: ['hi'] });
    expect(String(report)).toMatchInlineSnapshot(`"family goes on exactly. All 65 boundaries were cut. entering 10, resetting 10, starting 10, advancing 33, ending 1, finished 1, after once 3, side by side 15."`);
    expect(Object.keys(report.loops)).toEqual(['family', 'family.first', 'family.pair.0', 'family.pair.1']);
  });
});

describe('it finds', () => {
  test('state kept in a private field', async () => {
    class Kept extends Sum {
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
    expect(error).toMatchObject({ code: 'RESUME_DIFFERS', path: 'kept' });
  });

  test('state kept in a field that others can see, and names it', async () => {
    class Kept extends Sum {
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

  test('an unseeded shuffle that shows from run to run', async () => {
    class Shuffled extends Sum {
      order: number[] = [];
      override reset() {
        super.reset();
        this.order = shuffled([1, 2, 3, 4, 5, 6, 7, 8]);
      }
      next() {
        return this.order[this.state.n]!;
      }
    }
    expect((await fault(everyCut(() => new Shuffled()))).message).toMatchInlineSnapshot(`
      "shuffled: two runs that nobody cut differ: it is not the same from run to run.
        What differs first: the output: expected 3712, got 2864.
        Likely cause: Random numbers without a seed that the checkpoint has, such as for a shuffle: \`Math.random()\` is called outside \`once\` in a hook of shuffled (every-cut.test.ts:236). With that made the same for both, the runs are the same.
        What to do: Draw in once: await this.once('order', () => shuffle(items)); or from a generator with a seed, whose state is kept in \`state\`."
    `);
  });

  test('an unseeded shuffle that shows only where it is cut', async () => {
    class Shuffled extends Loop<number> {
      override state = { n: 0, sum: 0 };
      order = shuffled([1, 2, 3, 4, 5, 6, 7, 8]);
      get done() {
        return this.state.n >= this.order.length;
      }
      reset() {
        this.state = { n: 0, sum: 0 };
      }
      advance() {
        this.state.sum += this.order[this.state.n++]!;
        if (this.state.n < this.order.length) this.state.sum = 0 + this.state.sum;
      }
      override onRunEnd() {
        return this.state.sum;
      }
    }
    expect((await fault(everyCut(() => new Shuffled()))).message).toMatchInlineSnapshot(`
      "shuffled: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: shuffled in \`advancing\`, after 1 step.
        What differs first: the output: expected 36, got 34.
        Likely cause: Random numbers without a seed that the checkpoint has, such as for a shuffle: \`Math.random()\` is called outside \`once\` (every-cut.test.ts:236). A run that goes on draws others.
        What to do: Draw in once: await this.once('order', () => shuffle(items)); or from a generator with a seed, whose state is kept in \`state\`."
    `);
  });

  test('a sampler outside the state', async () => {
    class Sampler {
      position = 0;
      next() {
        return ++this.position;
      }
    }
    class Sampled extends Sum {
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

  test('a sampler that hides where it is', async () => {
    class Sampler {
      #position = 0;
      next() {
        return ++this.#position;
      }
    }
    class Sampled extends Sum {
      readonly sampler = new Sampler();
      next() {
        return this.sampler.next();
      }
    }
    expect((await fault(everyCut(() => new Sampled()))).message).toMatchInlineSnapshot(`
      "sampled: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: sampled in \`advancing\`, after 1 step.
        What differs first: the output: expected 1234, got 1123.
        Likely cause: State outside \`state\`, which a checkpoint does not have. No field that can be seen differs: look at what is inside \`sampler\` of sampled (a Sampler), and at \`#private\` fields and closures. In the same instance, it comes out right.
        What to do: Give the object in that field stateDict() and loadStateDict(), as a sampler or a model has; or keep in \`state\` how far it has come."
    `);
  });

  test('an argument that is used up: a list', async () => {
    class Drain extends Loop<string, [string[]]> {
      override state = { got: '' };
      get done() {
        return this.state.got.length >= 3;
      }
      reset() {
        this.state.got = '';
      }
      advance(items: string[]) {
        this.state.got += items.shift();
      }
      override onRunEnd() {
        return this.state.got;
      }
    }
    expect((await fault(everyCut(() => new Drain(), { args: [['a', 'b', 'c']] }))).message).toMatchInlineSnapshot(`
      "drain: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: drain in \`advancing\`, after 1 step.
        What differs first: the output: expected "abc", got "aab".
        Likely cause: The run uses up its arguments: argument 1[0] was "a" before the run, and nothing after it. With what drain had left of them, it comes out right.
        What to do: Leave arguments as they are, and keep in \`state\` how far the loop has come: items[this.state.next++]."
    `);
    const made = () => ({ loop: new Drain(), args: [['a', 'b', 'c']] as [string[]] });
    expect((await fault(everyCut(made))).causes[0]).toMatchObject({ kind: 'argument' });
  });

  test('an argument that is used up: a generator', async () => {
    function* letters() {
      yield* 'abc';
    }
    class Drain extends Loop<string, [Iterator<string>]> {
      override state = { got: '' };
      get done() {
        return this.state.got.length >= 3;
      }
      reset() {
        this.state.got = '';
      }
      advance(items: Iterator<string>) {
        this.state.got += items.next().value;
      }
      override onRunEnd() {
        return this.state.got;
      }
    }
    expect((await fault(everyCut(() => new Drain(), { args: () => [letters()] }))).message).toMatchInlineSnapshot(`
      "drain: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: drain in \`advancing\`, after 1 step.
        What differs first: the output: expected "abc", got "aab".
        Likely cause: The run uses up its arguments: argument 1 is an iterator (object), which can be gone through only once. With what drain had left of them, it comes out right.
        What to do: Leave arguments as they are, and keep in \`state\` how far the loop has come: items[this.state.next++]."
    `);
    // The same one for all runs.
    expect((await fault(everyCut(() => new Drain(), { args: [letters()] }))).message).toMatchInlineSnapshot(`
      "drain: two runs that nobody cut differ: it is not the same from run to run.
        What differs first: the output: expected "abc", got "undefined".
        Likely cause: It depends on the time: \`performance.now()\` is called outside \`once\`. With that made the same for both, the runs are the same.
        What to do: Ask for the time in once: await this.once('time', () => Date.now()), or take it as an argument."
    `);
  });

  test('an effect outside once', async () => {
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
        const to = `a${this.state.n}`;
        this.sent.push(to);
        await this.once('log', () => this.sent.push(`log ${to}`));
        this.state.n++;
      }
    }
    const error = await fault(everyCut(() => new Mail(), { effects: ({ sent }) => sent }));
    expect(error.message).toMatchInlineSnapshot(`
      "mail: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: mail in \`advancing\`, after 0 steps and after once('log').
        What differs first: the effects: expected ["a0","log a0","a1","log a1"], got ["a0","log a0","a0","a1","log a1"].
        Likely cause: An effect outside \`once\` in mail, or in one that had not returned: the step that was cut is run again when the run goes on, and does "a0" again.
        What to do: Do it in once: await this.once('send', () => send(mail)), which is not called again."
    `);
  });

  test('an effect outside once that only a process that dies does again', async () => {
    class Mail extends Count {
      readonly sent: number[] = [];
      override async advance() {
        this.sent.push(this.state.n);
        await super.advance();
      }
    }
    const effects = ({ sent }: Mail) => sent;
    expect((await fault(everyCut(() => new Mail(2), { effects }))).message).toMatchInlineSnapshot(`
      "mail: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: mail in \`advancing\`, after 0 steps.
        What differs first: the effects: expected [0,1], got [0,0,1].
        Likely cause: An effect outside \`once\` in mail, or in one that had not returned: a process that dies in the step after this cut has done 0 already, and the step does it again when it is run again.
        What to do: Do it in once: await this.once('send', () => send(mail)), which is not called again. If it may be done again when a process dies in the middle of it, say { crashes: false }."
    `);
    await everyCut(() => new Mail(2), { effects, crashes: false });
  });

  test('a missing onRestart', async () => {
    class Connected extends Sum {
      connection: { ask(n: number): number } | undefined;
      override reset() {
        super.reset();
        this.connection = { ask: (n) => n + 1 };
      }
      next() {
        return this.connection!.ask(this.state.n);
      }
    }
    expect((await fault(everyCut(() => new Connected()))).message).toMatchInlineSnapshot(`
      "connected: a run that is cut and goes on in a new instance differs from one that is not cut. The cut: connected in \`starting\`.
        What differs first: how the run ended: expected "finished", got "failed".
        Likely cause: \`onRestart\` is missing: a run that goes on does not call \`reset\` and \`onRunStart\` again, so what those of connected make (a connection, an index) is not there. Called before it went on, it comes out right.
        What to do: Override onRestart(...args), and make there again what is not in \`state\`."
    `);
  });
});

function shuffled(items: number[]): number[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
