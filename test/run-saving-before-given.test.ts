import { type Checkpoint, type CheckpointStore, memoryStore } from 'loopchart';
import { retry, timeout } from 'loopchart/patterns';
import { describe, expect, test } from 'vitest';
import { Gate, loggedIn, Team, Three, Two, turns } from './support/after-saving.ts';
import { turn } from './support/loops.ts';
import { runProgram } from './support/program.ts';

/** A store that takes so many turns for each save, and keeps the texts of all. */
function slowStore(turns: number): { store: CheckpointStore; texts: string[] } {
  const texts: string[] = [];
  const store: CheckpointStore = {
    ...memoryStore(),
    async save(_, checkpoint) {
      const text = JSON.stringify(checkpoint);
      for (let i = 0; i < turns; i++) await turn();
      texts.push(text);
    },
  };
  return { store, texts };
}

const observers = [
  ['watched', [() => {}]],
  ['not watched', []],
] as const;

describe('a run that waits for its saves goes on where a step waits for what another does after its `once`', () => {
  const logins: [what: string, login: ((this: Team) => Promise<unknown>) | undefined][] = [
    ['once', undefined],
    [
      'retry',
      function () {
        return retry(this, 'log in', loggedIn);
      },
    ],
    [
      'timeout',
      function () {
        return timeout(this, 'log in', 60_000, loggedIn);
      },
    ],
  ];

  for (const [watched, inspect] of observers) {
    for (const [what, login] of logins) {
      for (const hook of ['reset', 'onRunStart', 'onAdvanceStart', 'advance', 'onAdvanceEnd']) {
        test(`a child for the ${what} of its parent, in ${hook}, ${watched}; and so does each checkpoint`, async () => {
          const { store, texts } = slowStore(1);
          const make = () => new Team(hook, login);
          const run = make().start({ store, every: 'step', durability: 'sync', inspect: [...inspect] });
          expect(await run.output).toBe('key 3');
          const within = texts.filter((text) => text.includes('"log in'));
          expect(within.length).toBeGreaterThan(0);
          for (const text of texts) {
            expect(await make().start({ from: JSON.parse(text) as Checkpoint }).output).toBe('key 3');
          }
        });
      }
    }

    test(`a child for a \`once\` of its parent that it calls itself, ${watched}`, async () => {
      const team: Team = new Team('advance', async () => 'key');
      const asks = async () => await team.once(`token ${team.worker.state.n}`, turns);
      Object.assign(team.worker, { work: asks });
      const run = team.start({ store: memoryStore(), every: 'step', durability: 'sync', inspect: [...inspect] });
      expect(await run.output).toBe('key 3');
    });

    test(`a loop for another beside it, ${watched}`, async () => {
      const gate = new Gate();
      const first = new Three(async function () {
        await this.once('signal', turns);
        gate.open();
      });
      const loop = new Two(first, new Three(() => gate.opened));
      const run = loop.start({ store: memoryStore(), every: 'step', durability: 'sync', inspect: [...inspect] });
      expect(await run.output).toBe('3,3');
    });
  }

  const without = (...loops: string[]) =>
    `What a \`once\` in the step of ${loops[0]} (advancing) has come to could not be saved before the step got it, in the run a. ` +
    `It would have had to wait for a step of ${loops[1]} (advancing), which may be changing a Stateful object, and may be ` +
    'waiting for that very step. It is saved with the next checkpoint; if the process is killed before that, the function is ' +
    'called once more. Where it happens again in this run, it is not said again.';

  for (const [name, what, output, ...loops] of [
    ['parent', 'a child with a model, for its parent', 'key 3', 'team', 'team.worker'],
    ['sibling', 'a loop with a model, for one beside it', '3,3', 'two.first', 'two.second'],
    ['lock', 'a loop with a model, for a lock that one beside it has', '3,3', 'two.second', 'two.first'],
  ] as const) {
    test(`${what}: the step goes on after a while, and it is said once that this was not saved`, async () => {
      const came = await runProgram('unsaved.ts', [name], ['--no-warnings']);
      const expected = { output, warnings: [without(...loops)] };
      expect(came).toEqual([expected, expected]);
    });
  }
});

test('what `once` gives while something else is being saved is saved before the step goes on', async () => {
  const { store, texts } = slowStore(20);
  const saving = new Gate();
  let isFirst = true;
  const save = store.save.bind(store);
  store.save = (id, checkpoint) => {
    if (isFirst) saving.open();
    isFirst = false;
    return save(id, checkpoint);
  };
  let lastSaved: string | undefined;
  const team: Team = new Team('advance', async function () {
    const key = await this.once('log in', () => saving.opened.then(() => 'key'));
    lastSaved = texts.at(-1);
    return key;
  });
  // Its steps are saved while its parent has asked for `once`.
  Object.assign(team.worker, { work: turn });
  expect(await team.start({ store, every: 'step', durability: 'sync' }).output).toBe('key 3');
  expect(lastSaved).toMatch(/"once":"log in","at":1,"output":"key"/);
});

describe('who has given a value to a run that waits for its saves', () => {
  test('goes on when it is saved, though a step waits for what he does then; and the run goes on', async () => {
    for (const [, inspect] of observers) {
      const gate = new Gate();
      const first = new Three(async function () {
        await this.receive('answer');
        // It ends: nobody stands then but who has given it this.
        this.state.n = 2;
      });
      const { store, texts } = slowStore(1);
      const loop = new Two(first, new Three(() => gate.opened));
      const run = loop.start({ store, every: 'step', durability: 'sync', inspect: [...inspect] });
      await turns();
      await run.give('another', 'kept');
      expect(texts.at(-1)).toContain('kept');
      await run.give('answer');
      gate.open();
      expect(await run.output).toBe('3,3');
    }
  });

  test('also where the run has one loop, whose step waits for him', async () => {
    const gate = new Gate();
    const { store, texts } = slowStore(1);
    const run = new Three(() => gate.opened).start({ store, every: 'step', durability: 'sync' });
    await turns();
    await run.give('another', 'kept');
    expect(texts.at(-1)).toContain('kept');
    gate.open();
    expect(await run.output).toBe(3);
  });

  test('is told after a minute that it could not be saved beside a model; that ends no program that does not listen', async () => {
    const [error, output] = await runProgram('unsaved.ts', ['given'], ['--no-warnings']);
    expect(error).toMatchObject({ isLoopError: true, code: 'NOT_SAVED' });
    expect(error.message).toMatch(
      "two: Expected what was given for receive('another') to be saved within a minute. The run has it, but cannot be saved " +
        'now: it waits for a step of two.second (advancing), which may be changing a Stateful object.',
    );
    expect(output).toBe('3,3');
  });
});
