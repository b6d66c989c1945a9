import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Checkpoint,
  type CheckpointStore,
  formatRecording,
  Loop,
  memoryStore,
  parseRecording,
  record,
  replay,
} from 'loopchart';
import { fileStore } from 'loopchart/node';
import { everyCut } from 'loopchart/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { editCheckpoint } from '../src/checkpoint/edit.ts';
import { decodeGraph, encodeGraph } from '../src/checkpoint/json-graph.ts';
import { plainFrom } from '../src/inspect/fork/value.ts';

/* A key that holds `undefined` is there: a program that counts keys counts it, and goes on as it would have. */

/** Returns nothing. */
class Task extends Loop<void, [{ name: string; limit: number | undefined }]> {
  override state = { over: false };
  get done() {
    return this.state.over;
  }
  reset() {
    this.state = { over: false };
  }
  advance() {
    this.state.over = true;
  }
}

/** Goes on until there is a result of each task, whatever that is. */
class Tasks extends Loop<string> {
  override state: { results: Record<string, unknown>; asked: string[] } = { results: {}, asked: [] };
  readonly task = new Task();

  get done() {
    return Object.keys(this.state.results).length >= 4;
  }
  reset() {
    this.state = { results: {}, asked: [] };
  }
  async advance() {
    const name = `task ${Object.keys(this.state.results).length}`;
    const options = await this.once('options', () => ({ name, limit: undefined }));
    this.state.asked.push(Object.keys(options).join());
    this.state.results[name] = await this.task.run(options);
  }
  override onRunEnd() {
    return `${Object.keys(this.state.results)} ${this.state.asked}`;
  }
}

const whole = 'task 0,task 1,task 2,task 3 name,limit,name,limit,name,limit,name,limit';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loopchart-undefined-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a run that is cut anywhere goes on as it would have', async () => {
  expect(await new Tasks().run()).toBe(whole);
  expect((await everyCut(() => new Tasks())).cuts).toBeGreaterThan(10);
});

const through: [string, (checkpoint: Checkpoint) => Checkpoint | Promise<Checkpoint>][] = [
  ['as it is', (checkpoint) => checkpoint],
  ['JSON', (checkpoint) => JSON.parse(JSON.stringify(checkpoint))],
  ['a structured clone', (checkpoint) => structuredClone(checkpoint)],
  ['the bytes that a browser keeps', graph],
  ['memory', (checkpoint) => saved(memoryStore(), checkpoint)],
  ['a file', (checkpoint) => saved(fileStore(folder), checkpoint)],
];

function graph(checkpoint: Checkpoint): Checkpoint {
  const { payload, graphLength } = encodeGraph(checkpoint);
  return decodeGraph(payload, graphLength);
}

async function saved(store: CheckpointStore, checkpoint: Checkpoint): Promise<Checkpoint> {
  await store.save('run', checkpoint);
  return (await store.load('run'))!;
}

test.each(through)('a checkpoint has it: %s', async (_, way) => {
  const run = new Tasks().start({ paused: true });
  await run.step(2);
  const from = await way(await run.checkpoint());
  expect(Object.keys((from.stateDict as any).state_dict.results)).toEqual(['task 0', 'task 1']);
  await run.stop();
  expect(await new Tasks().start({ from }).output).toBe(whole);
});

test('a persisted snapshot has it, through JSON', async () => {
  const run = new Tasks().start({ paused: true });
  await run.step(2);
  const snapshot = JSON.parse(JSON.stringify(run.actor.getPersistedSnapshot()));
  await run.stop();
  const actor = createActor(new Tasks().machine, { snapshot });
  const output = toPromise(actor);
  actor.start();
  actor.send({ type: 'loop.resume' });
  expect(await output).toBe(whole);
});

test('a recording has it, and is replayed', async () => {
  const recorder = record();
  expect(await new Tasks().start({ inspect: recorder }).output).toBe(whole);
  const frames = [...replay(parseRecording(formatRecording(recorder.recording)))];
  const { context, output } = frames.findLast(({ path }) => path === 'tasks')!;
  expect(Object.keys((context.state as any).results).length).toBe(4);
  expect(output).toBe(whole);
});

test('a page that forks a run may leave it as it is, put it there and take it out', async () => {
  const run = new Tasks().start({ paused: true });
  await run.step(2);
  const checkpoint = await run.checkpoint();
  await run.stop();
  const results = { kept: { $undefined: true }, again: 1 };
  const edit = { loop: '', at: '/results', value: plainFrom(results) };
  const edited = editCheckpoint(checkpoint, [
    edit,
    { loop: '', at: '/results/new', value: plainFrom({ $undefined: true }) },
    { loop: '', at: '/results/again' },
  ]);
  expect((edited.stateDict as any).state_dict.results).toStrictEqual({ kept: undefined, new: undefined });
  expect(() => plainFrom([{ $undefined: true }])).toThrow('undefined in a list');
});
