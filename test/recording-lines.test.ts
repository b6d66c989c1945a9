import { formatRecording, parseRecording, type RecordingLine, record, replay } from 'loopchart';
import { expect, test } from 'vitest';
import { turn } from './support/loops.ts';
import { input, Leaf, Root, Taking } from './support/replay-loops.ts';
import { recorded } from './support/replayed.ts';

test('the lines of a recording', async () => {
  const { recording } = await recorded(new Taking(Number.NaN), {});
  const shown = recording.map((line) => {
    const context = 'context' in line ? { context: Object.keys(line.context as object).length > 9 } : {};
    return JSON.stringify({ ...line, t: undefined, ...context });
  });
  expect(shown.filter((_, i) => i < 3 || i >= recording.length - 3)).toMatchInlineSnapshot(`
    [
      "{"type":"recording","seq":0,"format":1}",
      "{"type":"actor","seq":1,"id":"taking#1","path":"taking","loop":"Taking","value":"entering","context":true}",
      "{"type":"event","seq":2,"id":"taking#1","from":"taking#1/skip","event":{"type":"xstate.done.actor.skip","output":{"hook":"skip","commit":{"state":{"n":0},"progress":{},"children":{"child":{"state":{"n":0},"progress":{},"children":{}}},"restarting":false},"value":false},"actorId":"skip"},"value":"resetting","tr":[["loop.entering",["loop.resetting"],"xstate.done.actor.skip"]]}",
      "{"type":"event","seq":12,"id":"taking#1","from":"taking.child#1","event":{"type":"xstate.done.actor.child","output":{"dict":{"state":{"n":1},"progress":{},"children":{}},"pace":null,"output":{"$n":"NaN"}},"actorId":"child"},"value":"advancing","tr":[["loop",null,"xstate.done.actor.*"]]}",
      "{"type":"event","seq":13,"id":"taking#1","from":"taking#1/advance","event":{"type":"loop.advanced","steps":1,"commit":{"state":{"n":1},"progress":{},"children":{"child":{"state":{"n":1},"progress":{},"children":{}}},"restarting":false},"done":true},"value":"ending","tr":[["loop.advancing",["loop.ending"],"loop.advanced"]]}",
      "{"type":"event","seq":14,"id":"taking#1","from":"taking#1/onRunEnd","event":{"type":"xstate.done.actor.onRunEnd","output":{"hook":"onRunEnd","commit":{"state":{"n":1},"progress":{},"children":{"child":{"state":{"n":1},"progress":{},"children":{}}},"restarting":false},"value":{"$n":"NaN"}},"actorId":"onRunEnd"},"value":"finished","status":"done","context":true,"output":{"$n":"NaN"},"tr":[["loop.ending",["loop.finished"],"xstate.done.actor.onRunEnd"]]}",
    ]
  `);
  const numbered = recording.filter((line) => line.type !== 'recording');
  expect(numbered.map(({ seq }) => seq)).toEqual(numbered.map((_, i) => i + 1));
  const times = numbered.map(({ t }) => t);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(parseRecording(formatRecording(recording))).toEqual(recording);
});

test('a line says who sent the event: nobody where it came from outside, also when the same object is sent again', async () => {
  const pause = { type: 'loop.pause' };
  const { recording } = await recorded(new Root(), { args: input }, async (run) => {
    for (let i = 0; i < 2; i++) {
      await turn();
      run.actor.send(pause as any);
      await run.pause();
      run.resume();
    }
  });
  const events = recording.filter((line) => line.type === 'event');
  const pauses = events.filter(({ event }) => event.type === 'loop.pause');
  for (const { id, from } of pauses) expect(from === undefined, id).toBe(id === 'root#1');
  expect(new Set(pauses.map(({ from }) => from))).toEqual(new Set([undefined, 'root#1', 'root.middle#1']));
  expect(events.find(({ event }) => event.type === 'loop.advanced')?.from).toBe('root.middle.slow#1/advance');
});

test('a recorder that is given a function passes each line on and keeps none', async () => {
  const lines: RecordingLine[] = [];
  const recorder = record((line) => lines.push(line));
  const output = await new Leaf(2).start({ args: [1], inspect: recorder }).output;
  expect(recorder.recording).toEqual([]);
  expect([...replay(lines)].at(-1)!.output).toBe(output);
});
