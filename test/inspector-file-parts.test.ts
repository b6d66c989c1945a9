import { gzipSync } from 'node:zlib';
import { formatRecording, Loop, record } from 'loopchart';
import { expect, test, vi } from 'vitest';
import { recordingText } from '../inspector/dev/synthetic.ts';
import { filePart, goToLine } from '../inspector/page/file-part.ts';
import { Recording } from '../inspector/page/recording.ts';
import { session } from '../inspector/page/session.ts';
import { fileSource } from '../inspector/sources/file.ts';
import { FileParts } from '../inspector/sources/file-parts.ts';
import type { Source } from '../inspector/sources/source.ts';

/** Reads all that a source gives, as the page does. */
async function read(source: Source): Promise<Recording> {
  const recording = new Recording(source, 1, () => {});
  await new Promise<void>((resolve, reject) => {
    source.start(
      (lines, bytes, upTo) => recording.add({ lines, bytes, upTo }),
      (status) => {
        recording.status.value = status;
        if (status.kind === 'whole') resolve();
        else if (status.kind === 'failed') reject(new Error(status.text));
      },
    );
  });
  return recording;
}

/** How each loop that goes on stands after the line of a number. */
function standing({ store, contexts }: Recording, seq: number) {
  const row = store.rowOfSeq(seq);
  expect(store.seq(row)).toBe(seq);
  return [...store.actors.values()]
    .filter(({ first, endRow }) => first <= row && !(endRow <= row))
    .map((actor) => [actor.id, actor.parent?.id, actor.path.run.name, contexts.at(actor, row)])
    .sort(([a], [b]) => String(a).localeCompare(String(b)));
}

/** Its words take more bytes than characters. */
class Ünïcode extends Loop {
  override state = { words: '', n: 0 };
  get done(): boolean {
    return this.state.n >= 200;
  }
  reset(): void {}
  advance(): void {
    this.state.n++;
    this.state.words = '😀 ß…'.repeat(this.state.n % 7);
  }
}

const texts: [what: string, text: () => Promise<string>][] = [
  ['a training', async () => recordingText({ epochs: 4, batches: 60, validation: 5 })],
  [
    'one with words that take more bytes than characters',
    async () => {
      const recorder = record();
      await new Ünïcode().start({ inspect: recorder, id: 'größer' }).output;
      return formatRecording(recorder.recording);
    },
  ],
];

test.for(texts)('each part of a file tells what the whole tells: %s', async ([, text]) => {
  const lines = await text();
  for (const bytes of [Buffer.from(lines), gzipSync(lines)]) {
    // Some dozen marks.
    const every = Math.ceil(lines.split('\n').length / 14);
    const parts = new FileParts(every);
    const source = fileSource(new File([bytes as BlobPart], 'run.jsonl'), parts);
    const whole = await read(source);
    expect(parts.isWhole).toBe(true);
    expect(parts.lines).toBe(whole.store.end);
    expect(parts.marks.length).toBeGreaterThan(3);
    for (const [at, mark] of parts.marks.entries()) {
      // Behind the last line there is nothing to be read.
      if (mark.line === parts.lines) continue;
      const part = await read(source.partFrom!(at));
      expect(part.store.lagged.size, `mark ${at}`).toBe(0);
      expect(part.store.unreadable).toBe(0);
      const next = parts.marks[at + 4];
      expect(part.upTo).toBe(next?.line ?? whole.store.end);
      const last = part.store.seq(part.store.last);
      expect(last).toBe(whole.store.seq((next?.line ?? whole.store.end) - 1));
      const first = whole.store.seq(mark.line);
      for (const seq of [first, Math.floor((first + last) / 2), last]) {
        expect(standing(part, seq), `mark ${at}, line ${seq}`).toEqual(standing(whole, seq));
      }
    }
  }
});

test('parts touch: from each one all lines can be come to, forwards and back', () => {
  const parts = new FileParts(10);
  const stand = (line: number) => ({ t: 1000 + line ** 2, text: () => '' });
  for (let line = 1; line <= 95; line++) parts.note({ line, offset: line * 7 }, stand(line));
  parts.isWhole = true;
  const last = parts.marks.at(-1)!.line;
  for (const direction of [1, -1] as const) {
    const seen = new Set<number>();
    let at: number | undefined = direction > 0 ? 0 : parts.marks.length - 1;
    for (let steps = 0; at !== undefined && steps < 20; steps++) {
      const first = parts.marks[at]!.line;
      const end = Math.min(parts.lines, first + parts.linesOf(at));
      for (let line = first; line < end; line++) seen.add(line);
      at = parts.beside(first, end, direction);
    }
    expect(seen.size, `${direction}`).toBe(direction > 0 ? 95 : 95);
  }
  expect(last).toBe(90);
  // A line is come to soonest from the mark before it, and about when it was is known between two.
  expect([0, 9, 10, 94, 1e9].map((line) => parts.partOf(line))).toEqual([0, 0, 1, 9, 9]);
  expect([10, 15, 20].map((line) => parts.timeOf(line))).toEqual([1100, 1250, 1400]);
  expect(parts.beside(0, 40, -1)).toBeUndefined();
  expect(parts.beside(60, 95, 1)).toBeUndefined();
});

test('a line of the file is gone to by its number: where it is held at once, else once its part has come in', async () => {
  vi.stubGlobal('requestAnimationFrame', (then: () => void) => setTimeout(then));
  const text = recordingText({ epochs: 4, batches: 60, validation: 5 });
  const numbers = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).seq as number);
  const parts = new FileParts(40);
  session.open(fileSource(new File([text], 'run.jsonl'), parts));
  await vi.waitUntil(() => session.status.value?.kind === 'whole', { timeout: 20_000 });
  // All of it is held: there is no other part to go to.
  expect(filePart()).toBeUndefined();
  session.openAll([session.source.value!.partFrom!(5)]);
  session.close(session.recordings.value[0]!);
  await vi.waitUntil(() => session.status.value?.kind === 'whole', { timeout: 20_000 });
  const shownSeq = () => session.store.seq(session.now.value);
  const { first, last, shown } = filePart()!;
  expect([first, shown]).toEqual([parts.marks[5]!.line + 1, last]);
  const held = session.recording.value;
  goToLine(first + 30);
  expect([shownSeq(), filePart()!.shown, session.recording.value]).toEqual([numbers[first + 29], first + 30, held]);
  for (const line of [17, last, 1, numbers.length, first]) {
    goToLine(line);
    await vi.waitUntil(() => session.store.end && session.cursor.value !== null, { timeout: 20_000 });
    expect(shownSeq()).toBe(numbers[line - 1]);
    expect(filePart()!.shown).toBe(line);
    expect(session.recordings.value).toHaveLength(1);
    await vi.waitUntil(() => session.status.value?.kind === 'whole', { timeout: 20_000 });
    // More of the part comes in: what is shown stays.
    expect(shownSeq()).toBe(numbers[line - 1]);
  }
  vi.unstubAllGlobals();
});
