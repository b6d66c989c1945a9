import { contextAfter, formatRecording, parseRecording, record } from 'loopchart';
import { expect, test } from 'vitest';
import type { EventLine } from '../inspector/lines/line.ts';
import { chart } from '../inspector/run/transition.ts';
import { decodeJson } from '../src/data/json-form.ts';
import { Form } from '../src/inspect/form.ts';
import { Inspection } from '../src/inspect/inspection.ts';
import { Tape } from '../src/inspect/tape.ts';
import { Changing, dice } from './support/changing.ts';

test('a step that is held by its form is told as it was', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const inspection = new Inspection({ limits: { events: 1500 } });
    const seen: unknown[] = [];
    inspection.tap(({ event }) => seen.push(event && structuredClone(event)));
    await new Changing(seed, 2000).start({ inspect: inspection }).output;
    const lines: any[] = [];
    inspection.connect({ send: (text) => void lines.push(...JSON.parse(text)), waiting: 0 }, 0);
    inspection.flush();
    const told = lines.filter(({ type }) => type === 'event');
    expect(told.length).toBe(1500);
    expect(told.map(({ event }) => decodeJson(event))).toEqual(seen.slice(-1500));
    const steps = told.filter(({ event }) => event.type === 'loop.advanced');
    // How it stood before the oldest of them.
    const { context } = lines.find(({ late }) => late)!;
    expect(decodeJson(context.state)).toEqual((seen.at(-1501) as any).commit.state);
    expect(context.steps).toBe(2000 - steps.length);
    inspection.close();
  }
});

test('a form takes what differs in numbers alone', () => {
  const form = Form.of({ a: 1, b: ['x', 2.5, { c: null }], d: true })!;
  const tape = new Float64Array(4);
  expect(form.count).toBe(2);
  expect(form.take({ a: 7, b: ['x', -3, { c: null }], d: true }, tape, 1)).toBe(true);
  expect(form.text(tape, 1)).toBe('{"a":7,"b":["x",-3,{"c":null}],"d":true}');
  for (const other of [
    { a: 7, b: ['y', -3, { c: null }], d: true },
    { a: 7, b: ['x', -3, { c: null }], d: false },
    { a: 7, b: ['x', -3, { c: null }] },
    { a: 7, b: ['x', -3, { c: null }], d: true, e: 1 },
    { b: ['x', -3, { c: null }], a: 7, d: true },
    { a: -0, b: ['x', -3, { c: null }], d: true },
    { a: Number.NaN, b: ['x', -3, { c: null }], d: true },
    { a: '7', b: ['x', -3, { c: null }], d: true },
    { a: 7, b: ['x', -3], d: true },
    { a: 7, b: { 0: 'x', 1: -3, 2: { c: null }, length: 3 }, d: true },
    null,
  ]) {
    expect(form.take(other, tape, 1)).toBe(false);
  }
  for (const formless of [
    undefined,
    { a: undefined },
    new Map(),
    { f() {} },
    'x'.repeat(1000),
    new Array(200).fill(1),
  ]) {
    expect(Form.of(formless)).toBeUndefined();
  }
});

test('a tape keeps what is on it while it grows and goes round', () => {
  const roll = dice(3);
  const tape = new Tape();
  const held: { place: number; values: number[] }[] = [];
  let next = 0;
  for (let i = 0; i < 5000; i++) {
    const values = Array.from({ length: 1 + roll(60) }, () => next++);
    const place = tape.place(values.length);
    tape.numbers.set(values, tape.index(place));
    tape.wrote(place, values.length);
    held.push({ place, values });
    while (held.length > 400 || (held.length > 1 && roll(3) === 0)) {
      const [first] = held.splice(0, 1);
      tape.drop(first!.place + first!.values.length);
    }
    for (const one of [held[0]!, held.at(-1)!, held[roll(held.length)]!]) {
      const at = tape.index(one.place);
      expect([...tape.numbers.subarray(at, at + one.values.length)]).toEqual(one.values);
    }
  }
  expect(tape.numbers.length).toBeLessThanOrEqual(65_536);
});

test('the page says of a step what the chart says', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const recorder = record();
    const run = new Changing(seed, 60).start({ inspect: recorder });
    await run.step(7);
    run.resume();
    await run.output;
    const lines = parseRecording(formatRecording(recorder.recording));
    let before: any;
    let steps = 0;
    for (const line of lines) {
      if (line.type === 'actor') before = line.context;
      if (line.type !== 'event') continue;
      const after = contextAfter(line, before);
      expect(chart.after(line as unknown as EventLine, before)).toEqual(after);
      before = after;
      if (line.event.type === 'loop.advanced') steps++;
    }
    expect(steps).toBe(60);
  }
});
