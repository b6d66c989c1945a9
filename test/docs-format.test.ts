import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Loop, rememberErrors } from 'loopchart';
import { inspectHere } from 'loopchart/browser';
import { fileStore } from 'loopchart/node';
import { expect, test } from 'vitest';
import { createActor, createMachine, setup } from 'xstate';
import { examples, withExamples } from '../docs/format.ts';
import { encodeAsset } from '../src/data/asset-codec.ts';
import { describeError } from '../src/data/error-codec.ts';
import { encodeJson } from '../src/data/json-form.ts';
import { parseCommand } from '../src/inspect/command.ts';
import { Inspection } from '../src/inspect/inspection.ts';
import { runDirectory } from '../src/node/layout.ts';
import { isOfApp, plain } from '../src/recording/lines.ts';
import { goldenKeys } from '../src/testing/recording/stand.ts';
import { checkpointAt } from './programs/checkpoint.ts';
import { turn } from './support/loops.ts';
import { newDirectory } from './support/store-directory.ts';
import { codeIn, rowsOf } from './support/tables.ts';
import { writtenCheckpoints, writtenLines } from './support/written.ts';

/*
 * docs/format.md says what the code writes: each key that is written here stands in a table of it, and each key that
 * stands there is written here.
 */

const document = readFileSync(new URL('../docs/format.md', import.meta.url), 'utf8');

const sorted = (keys: Iterable<string>) => [...new Set(keys)].sort();
/** The keys of a table, which stand in its first column. */
const documented = (...tables: string[]) =>
  sorted(tables.flatMap((name) => rowsOf(document, `keys: ${name}`)).flatMap(([first]) => codeIn(first!)));

function expectDocumented(objects: Iterable<object>, ...tables: string[]): void {
  expect(sorted([...objects].flatMap((one) => Object.keys(one))), tables.join(', ')).toEqual(documented(...tables));
}

/** All objects in a value, itself as well. */
function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

/** The keys of objects that have one alone, if that begins with a `$`. */
function marksIn(value: unknown): string[] {
  return objectsIn(value)
    .map((one) => Object.keys(one))
    .flatMap((keys) => (keys.length === 1 && keys[0]!.startsWith('$') ? keys : []));
}

test('a golden recording has the keys of its table', () => {
  expect(sorted(goldenKeys)).toEqual(documented('golden'));
});

test('the examples are what the code writes', async () => {
  expect(document, 'Make them again: npx tsx --conditions=loopchart-source docs/format.ts').toBe(
    withExamples(document, await examples()),
  );
});

test('the keys of a checkpoint', async () => {
  const checkpoints: any[] = await writtenCheckpoints();
  expectDocumented(checkpoints, 'checkpoint');
  expectDocumented(
    checkpoints.map(({ position }) => position),
    'position',
  );
  const phasesOf = (phase: any): any[] => [phase, ...Object.values(phase.children).flatMap(phasesOf)];
  const phases = checkpoints.flatMap(({ phase }) => phasesOf(phase));
  expectDocumented(phases, 'phase');
  expectDocumented(
    phases.map(({ context }) => context),
    'context',
    'context of a checkpoint',
  );
});

test('the keys of the lines of a recording', async () => {
  const lines: any[] = await writtenLines();
  expect(sorted(lines.map(({ type }) => type))).toEqual(['actor', 'chart', 'event', 'lagged', 'recording']);
  for (const type of ['recording', 'actor', 'chart', 'event', 'lagged']) {
    expectDocumented(
      lines.filter((line) => line.type === type),
      `line ${type}`,
    );
  }
  const contexts = lines.filter(({ id }) => !isOfApp(String(id))).flatMap(({ context }) => context ?? []);
  expectDocumented(contexts, 'context', 'context of a recording');
});

test('the keys of a journal', async () => {
  const contexts = [...(await writtenLines()), ...(await writtenCheckpoints())]
    .flatMap(objectsIn)
    .filter((one) => 'inFlight' in one) as any[];
  const journals = contexts.flatMap(({ inFlight }) => inFlight ?? []);
  expectDocumented(journals, 'journal');
  expectDocumented(
    journals.flatMap(({ asked }) => asked),
    'asked',
    'asked alone',
  );
  expectDocumented(
    journals.flatMap(({ got }) => got.flat()),
    'asked',
    'got',
  );
});

test('the keys of the events of a recording', async () => {
  const ofLoop = (line: any) => line.type === 'event' && !isOfApp(line.id);
  const events = (await writtenLines()).flatMap((line) => (ofLoop(line) ? (line as any).event : []));
  // The ends of actors are told under the names of these.
  const typeOf = ({ type }: { type: string }) => type.replace(/(\.actor\.).*/, '$1*');
  const rows = rowsOf(document, 'events').map(([type, keys]) => [codeIn(type!)[0]!, sorted(codeIn(keys!))]);
  const written = sorted(events.map(typeOf)).map((type) => {
    const keys = events.filter((event) => typeOf(event) === type).flatMap((event) => Object.keys(event));
    return [type, sorted(keys.filter((key) => key !== 'type'))];
  });
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(written));

  const outputs: any[] = events.flatMap(({ output }) => objectsIn(output).slice(0, 1));
  const reports = outputs.filter((output) => 'hook' in output && 'commit' in output);
  expectDocumented(reports, 'report');
  expectDocumented(
    outputs.filter((output) => 'dict' in output && 'pace' in output),
    'envelope',
  );
  expectDocumented(
    [...events, ...reports].flatMap(({ commit }: any) => commit ?? []),
    'commit',
  );
});

test('the marks of values', () => {
  const twice = { a: 1 };
  const odd = { n: Number.NaN, twice, again: twice, none: undefined };
  expect(sorted(marksIn(encodeJson(odd)))).toEqual(documented('marks'));
  const asset = [new Float32Array(1), new Map(), new Set(), new Date(0), 1n, odd];
  expect(sorted(marksIn(encodeAsset(asset)))).toEqual(documented('marks', 'asset marks'));

  // Those that stand beside others have no object of their own.
  const given = [new Error('no'), new Map(), { $error: 1 }].map(plain);
  const marks = given.flatMap((one) => Object.keys(one as object)).filter((key) => key.startsWith('$'));
  expect(sorted(marks)).toEqual(documented('line marks'));
});

test('the keys of what was thrown', () => {
  class Known extends Error {
    override name = 'AnotherName';
  }
  rememberErrors({ 'docs.Known': Known });
  const round: Error = new Error('round');
  round.cause = round;
  const thrown = [
    ...[new Known('of a class'), new AggregateError([1], 'many'), round, 5, undefined, new Map(), [new Error('a')]],
    Object.assign(new Error('outer'), { inner: new Error('inner') }),
    Object.defineProperty(new Error('seen'), 'message', { enumerable: true }),
  ];
  expectDocumented(
    thrown.flatMap((one) => objectsIn(describeError(one))).filter((one) => 'message' in one),
    'error',
  );
});

test('the keys of a persisted snapshot that are not XState’s', async () => {
  const model = { stateDict: () => ({ n: Number.NaN }), loadStateDict() {} };
  class Held extends Loop {
    override state = { n: 0 };
    readonly model = model;
    get done() {
      return true;
    }
    reset() {}
    advance() {}
  }
  const persisted = (actor: { getPersistedSnapshot(): unknown }) =>
    Object.keys(JSON.parse(JSON.stringify(actor.getPersistedSnapshot())));
  const ours = persisted(createActor(new Held().machine, { input: [] }));
  const plainMachine = setup({}).createMachine({ initial: 'a', states: { a: {} } });
  const theirs = persisted(createActor(plainMachine).start());
  expect(sorted(ours.filter((key) => !theirs.includes(key)))).toEqual(documented('persisted'));
});

test('the frames of a series', async () => {
  const dir = newDirectory();
  const store = fileStore(dir, { keep: 3 });
  for (let steps = 1; steps <= 7; steps++) await store.save('r', checkpointAt('r', steps));
  const bytes = readFileSync(join(dir, runDirectory('r'), '00000005.1.ckpt'));
  const frame = bytes.subarray(4096, 4096 + 128);
  expect(documented('frame')).toEqual(sorted(['0', '8', '40', '44', '48', '52', '56', '64', '72']));
  expect(frame.toString('latin1', 0, 8)).toBe('LOOPCKPT');
  expect(frame.toString('hex', 8, 40)).toBe(createHash('sha256').update(frame.subarray(40)).digest('hex'));
  expect([40, 44, 52, 72].map((at) => frame.readUInt32LE(at))).toEqual([3, 128, bytes.length, 3]);
  expect([56, 64].map((at) => frame.readBigUInt64LE(at))).toEqual([6n, 5n]);
  const within = bytes.subarray(4096 + 128, 4096 + 128 + frame.readUInt32LE(48));
  expect(within.readUInt32LE(40)).toBe(1);
  expect(within.readUInt32LE(44) + within.readUInt32LE(48)).toBe(within.length);
  expect(bytes.toString('latin1', 3 * 4096, 3 * 4096 + 8)).toBe('LOOPDONE');
  expect(bytes.readBigUInt64LE(3 * 4096 + 8)).toBe(7n);
  await store.release('r');
});

test('the bytes of a checkpoint file', async () => {
  const dir = newDirectory();
  const store = fileStore(dir);
  const Float16 = (globalThis as any).Float16Array;
  const kinds = rowsOf(document, 'keys: views')
    .flatMap(([a, nameOfA, b, nameOfB]) => [
      [Number(a), codeIn(nameOfA!)[0]!],
      [Number(b), codeIn(nameOfB!)[0]!],
    ])
    .filter(([, name]) => name !== 'Float16Array' || Float16 !== undefined) as [number, string][];
  const views = kinds.map(([, name]) =>
    name === 'Buffer' ? Buffer.alloc(16) : new (globalThis as any)[name](new ArrayBuffer(16)),
  );
  await store.save('r', { ...checkpointAt('r', 7), assets: { views } });
  const run = join(dir, runDirectory('r'));
  const bytes = readFileSync(join(run, '00000001.1.ckpt'));
  expect(readdirSync(run).filter((name) => name.startsWith('lock.'))).toEqual([
    expect.stringMatching(/^lock\.1\.\d+\.\d{13}\.[\da-f]+\.[\da-f-]+\.[\w.-]+$/),
  ]);
  await store.release!('r');

  const hash = (from: number, to?: number) => createHash('sha256').update(bytes.subarray(from, to)).digest('hex');
  const headerLength = bytes.readUInt32LE(44);
  const payloadLength = bytes.readUInt32LE(48);
  const graphLength = bytes.readUInt32LE(52);
  expect(documented('bytes')).toEqual(sorted(['0', '8', '40', '44', '48', '52', '56', '88']));
  expect(bytes.toString('latin1', 0, 8)).toBe('LOOPCKPT');
  expect(bytes.toString('hex', 8, 40)).toBe(hash(40, headerLength));
  expect(bytes.readUInt32LE(40)).toBe(1);
  expect(headerLength % 64).toBe(0);
  expect(headerLength + payloadLength).toBe(bytes.length);
  expect(graphLength + 16 * views.length).toBe(payloadLength);
  expect(bytes.toString('hex', 56, 88)).toBe(hash(headerLength));
  expectDocumented([JSON.parse(bytes.toString('utf8', 88, headerLength))], 'facts');

  // In V8's serialization a backslash stands before a host object.
  const graph = bytes.toString('latin1', headerLength, headerLength + graphLength);
  for (const [kind, name] of kinds) expect(graph, name).toContain(`\\${String.fromCharCode(kind, 16)}`);
});

class Odd extends Loop<unknown> {
  override state: any = { n: 0 };

  get done() {
    return this.state.n >= 4;
  }

  reset() {
    this.state = { n: 0, many: Array.from({ length: 100 }, (_, i) => i), nan: Number.NaN };
  }

  async advance() {
    await turn();
    this.state.n++;
  }

  override onRunEnd(): unknown {
    const typed = new Float32Array(3);
    return [1n, undefined, () => {}, new Map(), new Set(), new Error('no'), new Date(0), typed];
  }
}

/** All that a program tells pages: one that is there before the run and sets a breakpoint, and one that comes late. */
async function told(): Promise<any[]> {
  const inspection = new Inspection({ limits: { items: 50, events: 5 }, send: [], fork: { odd: () => new Odd() } });
  const messages: any[] = [];
  const channel = { send: (text: string) => void messages.push(...JSON.parse(text)), waiting: 0 };
  const page = inspection.connect(channel, 0);
  const send = (command: object) => page.receive(JSON.stringify(command));
  send({ type: 'break', points: [{ path: 'odd', when: 'state.n == 2' }] });
  const run = new Odd().start({ inspect: inspection });
  while (inspection.last < 8 || run.waitingFor.length > 0) await turn();
  inspection.flush();
  send({ type: 'no command' });
  const { $cut } = objectsIn(messages).find((one) => '$cut' in one) as any;
  send({ type: 'get', ref: $cut.ref });
  const answered = async (count: number) => {
    while (messages.filter(({ type }) => type === 'taken' || type === 'forked').length < count) await turn();
  };
  send({ type: 'moments', id: 'nobody#1' });
  send({ type: 'take', id: 'odd#1', from: 'saved' });
  await answered(1);
  send({ type: 'take', id: 'odd#1', from: 'now' });
  await answered(2);
  send({ type: 'moments', id: 'odd#1' });
  while (messages.filter(({ type }) => type === 'moments').length < 2) await turn();
  send({ type: 'fork', checkpoint: 5 });
  await answered(3);
  send({ type: 'fork', checkpoint: 2, paused: true });
  await answered(4);
  inspection.flush();
  send({ type: 'send', id: 'odd#2', event: { type: 'loop.stop' } });
  send({ type: 'send', id: 'odd#1', event: { type: 'loop.resume' } });
  await run.outcome;
  inspection.flush();
  // It may be sent nothing.
  createActor(createMachine({ id: 'own' }), { inspect: inspection })
    .start()
    .stop();
  inspection.flush();
  // It is told how much is held no more.
  inspection.connect(channel, 0);
  inspection.flush();
  page.close();
  inspection.close();
  return messages;
}

test('the keys of what a program says to a page', async () => {
  const messages = await told();
  const of = (type: string) => messages.filter((message) => message.type === type);
  expect(sorted(messages.map(({ type }) => type))).toEqual([
    'actor',
    'chart',
    'event',
    'forked',
    'hello',
    'lagged',
    'moments',
    'recording',
    'refused',
    'settings',
    'taken',
    'value',
  ]);
  // In `hello` are those of `settings` as well.
  expectDocumented(of('hello'), 'hello');
  expectDocumented(of('settings'), 'settings');
  expect(documented('hello')).toEqual(expect.arrayContaining(documented('settings').filter((key) => key !== 'type')));
  expectDocumented(
    of('hello').map(({ limits }) => limits),
    'limits',
  );
  expectDocumented(of('value'), 'value');
  expectDocumented(of('refused'), 'refused');
  expectDocumented(of('taken'), 'taken');
  expectDocumented(of('forked'), 'forked');
  expectDocumented(of('chart'), 'line chart');

  const more = ['recording', 'actor', 'event', 'lagged'].flatMap((type) =>
    of(type).flatMap((line) => Object.keys(line).filter((key) => !documented(`line ${type}`).includes(key))),
  );
  expect(sorted(more)).toEqual(documented('lines on the wire'));

  const hits = of('settings').flatMap((message) => message.hits);
  expect(sorted(hits.flatMap((hit) => Object.keys(hit)))).toEqual(['id', 'point', 'seq']);
});

test('the keys of the states of a chart', async () => {
  const charts = [...(await told()), ...(await writtenLines())].filter(({ type }) => type === 'chart') as any[];
  const statesOf = (state: any): any[] => [state, ...Object.values(state.states ?? {}).flatMap(statesOf)];
  const states = charts.flatMap(({ root }) => statesOf(root));
  expectDocumented(states, 'state');
  expect(sorted(states.flatMap(({ invoke = [] }) => invoke.flatMap(Object.keys)))).toEqual(['id', 'src']);
  const transitions = states.flatMap(({ on = {} }) => Object.values(on).flat()) as object[];
  expect(sorted(transitions.flatMap((one) => Object.keys(one)))).toEqual(['guard', 'target']);
});

test('the marks of values on the wire', async () => {
  const messages = await told();
  const marks = marksIn(messages.filter(({ type }) => type === 'event' || type === 'actor'));
  expect(sorted(marks.filter((mark) => mark !== '$n'))).toEqual(documented('wire marks'));
  expect(marks).toContain('$n');
  const cut = objectsIn(messages).flatMap((one: any) => one.$cut ?? []);
  const typed = objectsIn(messages).flatMap((one: any) => one.$typed ?? []);
  const cell = (mark: string) => rowsOf(document, 'keys: wire marks').find(([first]) => first === `\`${mark}\``)![1]!;
  const keysIn = (text: string) => sorted(text.match(/\w+/g)!);
  expect(keysIn(cell('$cut'))).toEqual(sorted(cut.flatMap(Object.keys)));
  expect(keysIn(cell('$typed'))).toEqual(sorted(typed.flatMap(Object.keys)));
});

/** What the program says that it expected of a command, which is a list of words. */
function expectedOf(command: object, words: RegExp): string[] {
  try {
    parseCommand(JSON.stringify(command));
  } catch (error) {
    return words.exec((error as Error).message)![1]!.split(', ');
  }
  throw new Error('It was taken.');
}

test('the keys of what a page may say', () => {
  const rows = rowsOf(document, 'commands').map(([type, keys]) => [codeIn(type!)[0]!, codeIn(keys!)] as const);
  expect(sorted(rows.map(([type]) => type))).toEqual(sorted(expectedOf({ type: 'none' }, /one of (.+), got/)));
  const nothingBut = /^Expected nothing but (.+), got/;
  for (const [type, keys] of rows) {
    expect(expectedOf({ type, unknown: 1 }, nothingBut), type).toEqual(['type', ...keys]);
  }
  const edits = expectedOf({ type: 'fork', checkpoint: 1, edits: [{ unknown: 1 }] }, nothingBut);
  expect(sorted(edits)).toEqual(documented('edit'));
  const points = expectedOf({ type: 'break', points: [{ unknown: 1 }] }, nothingBut);
  expect(sorted(points)).toEqual(documented('breakpoint'));

  const cell = rowsOf(document, 'commands').find(([type]) => type === '`send`')![2]!;
  const event = (type: string) => ({ type: 'send', id: '', event: { type, unknown: 1 } });
  const controls = expectedOf(event('none'), /among (.+), got/);
  expect(sorted(codeIn(cell))).toEqual(
    sorted(
      [...controls, ...controls.flatMap((type) => expectedOf(event(type), nothingBut))].filter((key) => key !== 'type'),
    ),
  );
});

test('the keys of what is said in a browser', async () => {
  const { port1, port2 } = new MessageChannel();
  const heard: any[] = [];
  port2.on('message', (message) => heard.push(message));
  const until = async (loopchart: string) => {
    while (heard.at(-1)?.loopchart !== loopchart) await turn();
  };
  const here = inspectHere({ port: port1 as any });
  await until('here');
  const { run } = heard[0];
  const rows = rowsOf(document, 'here').map(([word, keys, who]) => ({
    word: codeIn(word!)[0]!,
    keys: codeIn(keys!),
    who,
  }));
  const values = { page: 'a page', run, since: 0, rows: true, characters: 1, text: '{ "type": "none" }' };
  const say = (word: string, page = values.page) => {
    const { keys } = rows.find((row) => row.word === word)!;
    port2.postMessage({
      loopchart: word,
      ...Object.fromEntries(keys.map((key) => [key, { ...values, page }[key as 'run']])),
    });
  };
  say('ping', 'nobody');
  await until('gone');
  say('open');
  await until('frame');
  say('taken');
  say('ping');
  await until('alive');
  say('command');
  await until('frame');
  expect(heard.at(-1).text).toContain('"refused"');
  expect(here.pages).toBe(1);
  say('close');
  say('ping');
  await until('gone');
  expect(here.pages).toBe(0);
  here.close();
  await until('bye');
  port2.close();

  const said = rows.filter(({ who }) => who!.startsWith('the program'));
  expect(sorted(said.map(({ word }) => word))).toEqual(sorted(heard.map(({ loopchart }) => loopchart)));
  for (const { word, keys } of said) {
    const ofIt = heard.filter(({ loopchart }) => loopchart === word);
    expect(sorted(ofIt.flatMap(Object.keys)), word).toEqual(sorted(['loopchart', ...keys]));
  }
});
