import { formatRecording, LoopError, parseRecording, type RecordingLine, record, replay } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { Taking } from './support/replay-loops.ts';
import { recorded, replayed } from './support/replayed.ts';

describe('where a recording and the chart disagree, replay says where', () => {
  let recording: RecordingLine[];

  async function good(): Promise<any[]> {
    recording ??= (await recorded(new Taking(1), {})).recording;
    // Not a clone: that keeps what is the same object in several lines the same.
    return parseRecording(formatRecording(recording));
  }

  function mismatch(act: () => unknown): LoopError {
    try {
      act();
    } catch (error) {
      expect(error).toBeInstanceOf(LoopError);
      expect((error as LoopError).code).toBe('REPLAY_MISMATCH');
      return error as LoopError;
    }
    throw new Error('It replayed.');
  }

  const wrong = (lines: any[]): LoopError => mismatch(() => replayed(formatRecording(lines)));

  test('a changed value', async () => {
    const lines = await good();
    const line = lines.find(({ event }) => event?.type === 'loop.advanced');
    line.value = 'paused';
    expect(wrong(lines).message).toBe(
      `taking.child: At ${line.seq} the recording and the chart disagree: expected loop.advanced to lead to paused (active), got ending (active).`,
    );
  });

  test('a changed status, context, output or error at the end', async () => {
    const lines = await good();
    const end = lines.at(-1);
    end.status = 'error';
    expect(wrong(lines).message).toContain('to lead to finished (error), got finished (done)');
    end.status = 'done';
    end.context.state.n = 2;
    expect(wrong(lines).message).toMatch(/^taking: At \d+ .* expected the context {.*"state":{"n":2}.*, got {.*"n":1}/);
    end.context.state.n = 1;
    end.output = 2;
    expect(wrong(lines).message).toContain('expected the output 2, got 1');
    delete end.output;
    expect(wrong(lines).message).toContain('expected the output undefined, got 1');
    end.output = 1;
    end.error = { name: 'Error', message: 'none' };
    expect(wrong(lines).message).toContain('expected the error {');
  });

  test('what a step has left behind changed: at the end of the actor', async () => {
    const lines = await good();
    const line = lines.findLast(({ event }) => event?.type === 'loop.advanced');
    line.event.done = false;
    expect(wrong(lines).message).toContain('expected loop.advanced to lead to ending (active), got advancing (active)');
    line.event.done = true;
    line.event.steps = 2;
    expect(wrong(lines).message).toContain('expected the context');
  });

  test('any line dropped, doubled or in another place', async () => {
    const lines = await good();
    for (let i = 0; i < lines.length - 1; i++) {
      expect(wrong(lines.toSpliced(i, 1)).message, `line ${i} dropped`).toMatch(/^(\S+: )?At \d+ /);
      expect(wrong(lines.toSpliced(i, 0, lines[i])).message, `line ${i} doubled`).toMatch(/^(\S+: )?At \d+ /);
      expect(wrong(lines.toSpliced(i, 2, lines[i + 1], lines[i])).message).toMatch(/^(\S+: )?At \d+ /);
    }
    // A recording of a run that goes on.
    expect(replayed(formatRecording(lines.slice(0, -1))).length).toBe(lines.length - 2);
  });

  test('an unknown actor, format or kind of line, and no recording at all', async () => {
    const lines = await good();
    lines.at(-1).id = 'other#1';
    expect(wrong(lines).message).toContain('expected an actor that the recording has introduced, got other#1');
    const [header, ...rest] = await good();
    expect(wrong([{ ...header, format: 2 }, ...rest]).message).toContain(
      'expected a recording of format 1, got format 2',
    );
    expect(wrong(rest).message).toContain('expected a recording, which begins with its format');
    expect(wrong([header, { type: 'other', seq: 1 }]).message).toContain('got {"type":"other","seq":1}');
    expect(replayed('')).toEqual([]);
  });

  test('a loop that stands nowhere in the chart, or with no context', async () => {
    for (const value of ['standing', 'constructor', '', null, 7, { advancing: {} }, undefined]) {
      const lines = await good();
      lines[1].value = value;
      expect(wrong(lines).message).toMatch(/^taking: At 1 .* expected a state of the chart, got /);
    }
    for (const context of [null, 7, 'text', [], undefined]) {
      const lines = await good();
      lines[1].context = context;
      expect(wrong(lines).message).toMatch(/^taking: At 1 .* expected a context, got /);
    }
  });

  test('a line that is no JSON object', async () => {
    const text = formatRecording(await good());
    for (const line of ['{"type":', 'null', '42', '[]', '"event"']) {
      const error = mismatch(() => parseRecording(text.replace('\n', `\n${line}\n`)));
      expect(error.message).toContain(`Expected line 2 of the recording to be a JSON object, got \`${line}\``);
      expect(error.cause instanceof SyntaxError).toBe(line === '{"type":');
    }
    expect(parseRecording(text.replaceAll('\n', '\r\n\r\n'))).toEqual(recording);
    // Where the disk was full, or the process was killed.
    const wholeLines = text.slice(0, -1).lastIndexOf('\n') + 1;
    for (let length = wholeLines + 1; length < text.length - 1; length++)
      expect(mismatch(() => parseRecording(text.slice(0, length))).message).toContain('Expected line');
  });

  test('any part of a line lost or replaced: it replays, or it is a mismatch, and nothing else', async () => {
    let mismatches = 0;
    const tryOut = (lines: any[]) => {
      try {
        replayed(formatRecording(lines));
      } catch (error) {
        expect((error as LoopError).code, (error as Error).stack).toBe('REPLAY_MISMATCH');
        mismatches++;
      }
    };
    const spoil = (lines: any[], part: any) => {
      if (typeof part !== 'object' || part === null) return;
      for (const key of Object.keys(part)) {
        const before = part[key];
        for (const other of [undefined, null, 42, 'text', {}, []]) {
          part[key] = other;
          tryOut(lines);
        }
        part[key] = before;
      }
    };
    const lines = await good();
    for (const line of lines) {
      spoil(lines, line);
      spoil(lines, line.event);
      spoil(lines, line.event?.commit);
      spoil(lines, line.event?.output);
    }
    replayed(formatRecording(lines));
    expect(mismatches).toBeGreaterThan(lines.length * 6);
  });
});

test('what is no recording is refused, with where to find one', async () => {
  const recorder = record();
  await new Taking(1).start({ inspect: recorder }).output;
  const refused = (given: unknown, said: string) => {
    for (const act of [(it: any) => [...replay(it)], formatRecording]) {
      expect(() => act(given as any)).toThrow(expect.objectContaining({ code: 'MISCONFIGURATION' }));
      expect(() => act(given as any)).toThrow(said);
    }
  };
  refused(recorder, 'got Object. A recorder has them as `recorder.recording`.');
  refused(formatRecording(recorder.recording), 'got text. `parseRecording(text)` makes the lines of it.');
  refused(undefined, 'got undefined.');
  refused(5, 'got Number.');
});
