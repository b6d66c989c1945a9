import { type Checkpoint, Loop } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { createActor, toPromise, waitFor } from 'xstate';
import { fromEveryCut } from './support/cuts.ts';

interface Row {
  id: number;
  tags: string[];
}

/** Two rows, of which it returns what is asked for. */
class Rows extends Loop<unknown> {
  override state: { n: number; rows: Row[]; best: Row | null } = { n: 0, rows: [], best: null };
  gives: (state: Rows['state']) => unknown = ({ rows }) => rows;
  get done() {
    return this.state.n >= 2;
  }
  reset() {
    this.state = { n: 0, rows: [], best: null };
  }
  async advance() {
    await null;
    const row = { id: this.state.n++, tags: [] };
    this.state.rows.push(row);
    this.state.best = row;
  }
  override onRunEnd() {
    return this.gives(this.state);
  }
}

/** Two steps, written as a function. */
abstract class Steps extends Loop<unknown> {
  override state: { i: number; rows: Row[]; seen: string[] } = { i: 0, rows: [], seen: [] };
  readonly child: Rows = new Rows();
  readonly other: Rows = new Rows();
  get done() {
    return this.state.i >= 2;
  }
  reset() {
    this.state = { i: 0, rows: [0, 1].map((id) => ({ id, tags: [] })), seen: [] };
  }
  abstract work(): Promise<unknown>;
  async advance() {
    await this.work();
    this.state.i++;
  }
  override onRunEnd() {
    return structuredClone(this.state);
  }
}

async function exactly(make: () => Steps): Promise<string[]> {
  const { whole, texts, resumed } = await fromEveryCut(make);
  expect(whole.status).toBe('finished');
  for (const { status, output } of resumed)
    expect({ status, output }).toEqual({ status: 'finished', output: whole.output });
  return texts;
}

/** The parts that are in the journal of the root, in any of the checkpoints. */
function partsIn(texts: string[]): unknown[] {
  const parts = texts.flatMap((text) => {
    const { inFlight } = (JSON.parse(text) as Checkpoint).phase.context as { inFlight: any };
    return (inFlight?.got ?? []).flat().flatMap(({ part }: any) => (part === undefined ? [] : [JSON.stringify(part)]));
  });
  return [...new Set(parts)].map((part) => JSON.parse(part as string));
}

describe('a part of a state is that part again when the step is run again, and what is changed in the one is in the other', () => {
  const gifts: [what: string, gives: Rows['gives'], changes: (given: any) => void, part: unknown[]][] = [
    ['a list', ({ rows }) => rows, (rows: Row[]) => rows.push({ id: 9, tags: [] }), ['rows']],
    ['the state itself', (state) => state, (state: Rows['state']) => state.rows.pop(), []],
    ['an item of a list', ({ rows }) => rows[1], (row: Row) => row.tags.push('used'), ['best']],
    ['what is in an item', ({ rows }) => rows[0]!.tags, (tags: string[]) => tags.push('used'), ['rows', 0, 'tags']],
  ];
  for (const [what, gives, changes, part] of gifts) {
    test(`${what}, which a child returns`, async () => {
      class Uses extends Steps {
        constructor() {
          super();
          this.child.gives = gives;
        }
        async work() {
          const given = await this.child.run();
          changes(given);
          await this.other.run();
          this.state.seen.push(JSON.stringify(this.child.state));
        }
      }
      expect(partsIn(await exactly(() => new Uses()))).toContainEqual(part);
    });
  }

  test('where the loops load their states in a way of their own; what that leaves out is refused by name', async () => {
    class Kept extends Rows {
      override onLoadCheckpoint(state: any) {
        this.state = { ...state };
      }
    }
    class Forgets extends Kept {
      override onSaveCheckpoint(): any {
        return { ...this.state, best: null };
      }
    }
    abstract class Uses extends Steps {
      async work() {
        const row = (await this.child.run()) as Row;
        row.tags.push('used');
        await this.other.run();
        this.state.seen.push(JSON.stringify(this.child.state.rows));
      }
    }
    class OfKept extends Uses {
      override readonly child = new Kept();
    }
    class OfForgetful extends Uses {
      override readonly child = new Forgets();
    }
    const made = <Loop extends Uses>(loop: Loop) => {
      loop.child.gives = ({ rows, best }) => (loop instanceof OfKept ? rows[1] : best);
      return loop;
    };
    expect(partsIn(await exactly(() => made(new OfKept())))).toEqual([['best']]);
    const { whole, resumed } = await fromEveryCut(() => made(new OfForgetful()));
    const errors = resumed.flatMap(({ output, error }: any) => {
      if (error === undefined) expect(output).toEqual(whole.output);
      return error ?? [];
    });
    expect(errors.length).toBeGreaterThan(0);
    for (const { code, message } of errors) {
      expect(code).toBe('RESUME_MISMATCH');
      expect(message).toContain('a run of child gave `child.state.best`, which is not the same now');
    }
  });

  test('an item far behind in a list of many kinds', async () => {
    class Long extends Steps {
      override reset() {
        super.reset();
        const many = [7, 'text', ...Array.from({ length: 999 }, (_, id) => ({ id, tags: [] }))];
        Object.assign(this.state, { many });
      }
      async work() {
        const { many } = this.state as any;
        const row = await this.once('pick', () => many.at(-1).tags as string[]);
        await this.other.run();
        row.push('done');
      }
    }
    expect(partsIn(await exactly(() => new Long()))).toEqual([['many', 1000, 'tags']]);
  });

  test('what stands in a state in a million places', async () => {
    class Twice extends Steps {
      override reset() {
        super.reset();
        let twice: object = { tags: [] };
        for (let i = 0; i < 20; i++) twice = { a: twice, b: twice };
        Object.assign(this.state, { twice });
      }
      #last(): string[] {
        let found = (this.state as any).twice;
        while (found.b) found = found.b;
        return found.tags;
      }
      async work() {
        const tags = await this.once('pick', () => this.#last());
        await this.other.run();
        tags.push('done');
      }
      // What compares the outputs would look at each place.
      override onRunEnd() {
        return [...this.#last()] as any;
      }
    }
    const [part] = partsIn(await exactly(() => new Twice())) as string[][];
    expect(part).toEqual(['twice', ...Array(20).fill('a'), 'tags']);
  });

  test('a row that a `once` picks out of the state of the loop', async () => {
    class Picks extends Steps {
      async work() {
        const row = await this.once('pick', () => this.state.rows.find(({ tags }) => tags.length === 0)!);
        await this.other.run();
        row.tags.push('done');
      }
    }
    expect(partsIn(await exactly(() => new Picks()))).toEqual([
      ['rows', 0],
      ['rows', 1],
    ]);
  });

  test('in an actor that goes on from a persisted snapshot', async () => {
    class Uses extends Steps {
      async work() {
        const rows = (await this.child.run()) as Row[];
        rows.push({ id: 9, tags: [] });
        await this.other.run();
        this.state.seen.push(JSON.stringify(this.child.state));
      }
    }
    const whole = await new Uses().run();
    const first = createActor(new Uses().machine).start();
    await waitFor(first, ({ children }) => 'other' in children);
    const snapshot = JSON.parse(JSON.stringify(first.getPersistedSnapshot()));
    first.stop();
    expect(await toPromise(createActor(new Uses().machine, { snapshot }).start())).toEqual(whole);
  });
});

test('a copy is a copy', async () => {
  class Copies extends Steps {
    constructor() {
      super();
      this.child.gives = ({ rows }) => [...rows];
    }
    async work() {
      const rows = (await this.child.run()) as Row[];
      rows.push({ id: 9, tags: [] });
      await this.other.run();
      this.state.seen.push(JSON.stringify([rows.length, this.child.state.rows.length]));
    }
  }
  expect(partsIn(await exactly(() => new Copies()))).toEqual([]);
});

test('a part that is another one when the step is run again is refused by name', async () => {
  let shuffles = false;
  class Changes extends Steps {
    async work() {
      if (shuffles) this.state.rows.reverse();
      const row = await this.once('pick', () => this.state.rows[0]!);
      await this.other.run();
      row.tags.push('done');
    }
  }
  const { texts } = await fromEveryCut(() => new Changes());
  shuffles = true;
  const from = texts.map((text) => JSON.parse(text) as Checkpoint).find(({ phase }) => 'other' in phase.children)!;
  await expect(new Changes().start({ from }).output).rejects.toMatchObject({
    code: 'RESUME_MISMATCH',
    message:
      "changes: once('pick') gave `state.rows.0`, which is not the same now that the step is run again. Return a copy, or what it can be found by.",
  });
});

test('two loops whose states are one object are refused when that is to be saved', async () => {
  class Boards extends Steps {
    constructor() {
      super();
      this.other.state = this.child.state;
      this.other.reset = () => {};
      this.child.reset = () => {};
    }
    async work() {
      await this.child.run();
    }
  }
  const { error } = (await new Boards()
    .start({ paused: true })
    .checkpoint()
    .then(
      () => ({ error: undefined }),
      (error) => ({ error }),
    )) as any;
  expect(error.code).toBe('MISCONFIGURATION');
  expect(error.message).toBe(
    'boards.other: Expected each loop to have a state of its own, got one object as that of boards.child and of boards.other: after a resume these would be two. ' +
      'Keep it in the state of one of them, and give it to the other as an argument.',
  );
});
