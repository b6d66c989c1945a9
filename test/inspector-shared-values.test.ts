import { expect, test } from 'vitest';
import { synthetic } from '../inspector/dev/synthetic.ts';
import type { ActorLine, EventLine, Line } from '../inspector/lines/line.ts';
import { SharedValues } from '../inspector/sources/shared-values.ts';

test('what lines of a kind have in common lies in memory once, and each says what it said', () => {
  const texts = [...synthetic({ epochs: 4, batches: 10, validation: 3, failAt: 4 })].map((line) =>
    JSON.stringify(line),
  );
  const values = new SharedValues();
  const lines = texts.map((text) => JSON.parse(text) as Line);
  for (const line of lines) values.share(line);
  expect(lines.map((line) => JSON.stringify(line))).toEqual(texts);
  const batches = lines.filter((line): line is ActorLine => line.type === 'actor' && line.path === 'fit.epoch.batches');
  expect(batches).toHaveLength(4);
  expect(new Set(batches.map(({ context }) => context)).size).toBe(1);
  const skips = lines.filter(
    (line): line is EventLine =>
      line.type === 'event' && line.event.type === 'xstate.done.actor.skip' && line.id.startsWith('fit.epoch.batches'),
  );
  expect(new Set(skips.map(({ event }) => event)).size).toBe(1);
});

test('values that are not the same are not taken for it: -0, the order of keys, lists, keys that are special', () => {
  const values = new SharedValues();
  const outputs = [
    '{"a":0,"b":1}',
    '{"a":-0,"b":1}',
    '{"b":1,"a":-0}',
    '[0,1]',
    '{"0":0,"1":1}',
    '{"__proto__":{"x":1}}',
  ];
  const all = [...outputs, ...outputs.toReversed()];
  const lines = all.map((output, seq) => {
    const text = `{"type":"event","seq":${seq},"t":1,"id":"a#1","event":{"type":"e","output":${output}},"value":"v"}`;
    return JSON.parse(text) as EventLine;
  });
  for (const line of lines) values.share(line);
  const said = (value: unknown) => JSON.stringify(value, (_, one) => (Object.is(one, -0) ? '-0' : one));
  expect(lines.map(({ event }) => said(event.output))).toEqual(all.map((output) => said(JSON.parse(output))));
  expect(Object.getPrototypeOf(lines[5]!.event.output)).toBe(Object.prototype);
});
