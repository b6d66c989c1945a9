import { formatRecording, Loop, record } from 'loopchart';
import { expect, test } from 'vitest';
import { completed, type Line } from '../inspector/lines/line.ts';
import { Row } from '../inspector/lines/row.ts';
import { Contexts } from '../inspector/run/contexts.ts';
import { numbersOf, Series } from '../inspector/run/series.ts';
import { Store } from '../inspector/run/store.ts';
import { chart } from '../inspector/run/transition.ts';
import { TransitionCounts } from '../inspector/run/transition-counts.ts';
import { Intake } from '../inspector/sources/frames.ts';
import { readLines } from '../inspector/sources/jsonl.ts';
import type { Source, Taken } from '../inspector/sources/source.ts';
import { Inspection } from '../src/inspect/inspection.ts';
import { Changing } from './support/changing.ts';

/** Two loops side by side: their lines lie between one another. */
class Both extends Loop {
  readonly left: Changing;
  readonly right: Changing;
  #done = false;

  constructor(seed: number) {
    super();
    this.left = new Changing(seed, 300);
    this.right = new Changing(seed + 1000, 200);
  }

  get done(): boolean {
    return this.#done;
  }

  reset(): void {}

  async advance(): Promise<void> {
    await Promise.all([this.left.run(), this.right.run()]);
    this.#done = true;
  }
}

/** What a page that connects now is sent. */
function sent(inspection: Inspection, told: 'lines' | 'rows'): string[] {
  const frames: string[] = [];
  const { close } = inspection.connect({ send: (text) => void frames.push(text), waiting: 0 }, 0, told);
  inspection.flush();
  close();
  return frames;
}

/** What the page makes of it, and how much of it was unreadable. */
function taken(frames: readonly string[]): { taken: Taken[]; bytes: number; unreadable: number } {
  const all: Taken[] = [];
  let bytes = 0;
  let unreadable = 0;
  const source: Source = { title: 'test', start: () => () => {}, onUnreadable: () => void unreadable++ };
  const intake = new Intake(
    source,
    (lines, weight) => {
      all.push(...lines);
      bytes += weight;
    },
    () => {},
    () => {},
  );
  for (const frame of frames) intake.take(frame);
  return { taken: all, bytes, unreadable };
}

const whole = (lines: readonly Taken[]): Line[] => lines.map((line) => (line instanceof Row ? line.line : line));

function storeOf(lines: readonly Taken[]) {
  const store = new Store({ events: 1_000_000, bytes: 1e9 });
  const contexts = new Contexts(store, chart);
  store.add(lines, 1);
  return { store, contexts };
}

async function inspected(loop: Loop): Promise<Inspection> {
  const inspection = new Inspection();
  await loop.start({ inspect: inspection }).output;
  return inspection;
}

test('rows come down to the lines that they stand for', async () => {
  let count = 0;
  for (let seed = 1; seed <= 10; seed++) {
    const inspection = await inspected(new Both(seed));
    const plain = taken(sent(inspection, 'lines'));
    const rows = taken(sent(inspection, 'rows'));
    expect(plain.taken.some((line) => line instanceof Row)).toBe(false);
    count += rows.taken.filter((line) => line instanceof Row).length;
    expect(rows.unreadable).toBe(0);
    expect(whole(rows.taken)).toEqual(plain.taken);
    // The order of keys as well, by which two states are compared.
    expect(JSON.stringify(whole(rows.taken))).toBe(JSON.stringify(plain.taken));
    inspection.close();
  }
  expect(count).toBeGreaterThan(100);
});

/** What a page makes of a file. */
async function readFrom(text: string): Promise<Taken[]> {
  const lines: Taken[] = [];
  const take = (some: readonly Taken[]) => void lines.push(...some);
  await readLines(new Blob([text]).stream(), take, new AbortController().signal);
  return lines;
}

test('steps of a file are kept as rows, and come down to the lines that stand there', async () => {
  let count = 0;
  for (let seed = 1; seed <= 10; seed++) {
    const recorder = record();
    await new Both(seed).start({ inspect: recorder }).output;
    const text = formatRecording(recorder.recording);
    const lines = await readFrom(text);
    count += lines.filter((line) => line instanceof Row).length;
    const plain = text
      .trimEnd()
      .split('\n')
      .map((line) => completed(JSON.parse(line)) as Line);
    expect(whole(lines)).toEqual(plain);
    expect(JSON.stringify(whole(lines))).toBe(JSON.stringify(plain));
  }
  expect(count).toBeGreaterThan(100);
});

test('of a file, what is told by marks, too large for a number or very deep is kept as it is', async () => {
  const step = (seq: number, state: string) =>
    `{"type":"event","seq":${seq},"t":${seq},"id":"a#1","event":{"type":"loop.advanced","steps":1,"commit":{"state":${state}}},"value":"advancing"}`;
  const deep = (n: number) => `${'['.repeat(100_000)}${n}${']'.repeat(100_000)}`;
  const shared = (n: number) => `{"$shared":[${n},{"n":${n}}]}`;
  for (const state of [deep, shared, (n: number) => (n < 3 ? `${n}` : '1e999')]) {
    const text = [1, 2, 3].map((seq) => step(seq, state(seq))).join('\n');
    const lines = await readFrom(`${text}\n`);
    expect(lines).toHaveLength(3);
    expect(lines[2]).not.toBeInstanceOf(Row);
  }
});

test('a state with a key that is a trap comes through as it was', async () => {
  class Trap extends Loop {
    override state = JSON.parse('{"__proto__":{"n":0},"constructor":1,"n":0}');
    get done(): boolean {
      return this.state.n >= 5;
    }
    reset(): void {}
    advance(): void {
      this.state = JSON.parse(`{"__proto__":{"n":${this.state.n}},"constructor":1,"n":${this.state.n + 1}}`);
    }
  }
  const inspection = await inspected(new Trap());
  const { taken: lines } = taken(sent(inspection, 'rows'));
  const last = lines.findLast((line) => line instanceof Row)!.line as any;
  expect(JSON.stringify(last.event.commit.state)).toBe('{"__proto__":{"n":3},"constructor":1,"n":4}');
  expect(Object.getPrototypeOf(last.event.commit.state)).toBe(Object.prototype);
});

test('what the page knows of a run is the same, whether it was told lines or rows', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const inspection = await inspected(new Both(seed));
    const [one, other] = (['lines', 'rows'] as const).map((told) => storeOf(taken(sent(inspection, told)).taken));
    const [a, b] = [one!.store, other!.store];
    expect(b.end).toBe(a.end);
    const [runA, runB] = [a.runs[0]!, b.runs[0]!];
    for (const path of runA.paths.keys()) {
      const picks = numbersOf(a, runA.paths.get(path)!);
      expect(numbersOf(b, runB.paths.get(path)!)).toEqual(picks);
      for (const pick of picks) {
        const first = new Series(a, runA.paths.get(path)!, pick.keys);
        const second = new Series(b, runB.paths.get(path)!, pick.keys);
        first.grow();
        second.grow();
        const told = ({ rows, steps, values }: Series) => [rows, steps, values].map((list) => list.toArray());
        expect(told(second)).toEqual(told(first));
        expect(second.time(0)).toBe(first.time(0));
        expect(first.rows.length).toBeGreaterThan(0);
      }
    }
    for (const [id, actor] of a.actors) {
      const same = b.actors.get(id)!;
      expect([same.steps, same.rows.length, same.end]).toEqual([actor.steps, actor.rows.length, actor.end]);
      const [first, second] = [new TransitionCounts(a, actor), new TransitionCounts(b, same)];
      first.moveTo(a.last);
      second.moveTo(b.last);
      expect(second.of('loop.advancing', '', 'loop.advanced')).toBe(first.of('loop.advancing', '', 'loop.advanced'));
    }
    // To and fro: what is kept on the way must not show.
    for (let row = 0, at = 0; at < 400; at++, row = (row * 7 + 131) % a.end) {
      const actor = a.actor(row);
      if (actor === undefined) continue;
      expect(other!.contexts.at(b.actors.get(actor.id)!, row)).toEqual(one!.contexts.at(actor, row));
      expect([b.seq(row), b.t(row), b.phase(row)]).toEqual([a.seq(row), a.t(row), a.phase(row)]);
    }
    inspection.close();
  }
});

test('a row that fits no line is counted, and takes nothing else with it', () => {
  const event = { type: 'loop.advanced', steps: 1, commit: { state: { n: 1 } } };
  const line = { type: 'event', seq: 3, t: 1, id: 'fit#1', event, value: 'advancing' };
  const frame = [
    line,
    [3, 4, 2, 1, 7],
    // Of no line, of too few numbers and too many, and of what are none.
    [9, 5, 3, 1, 7],
    [3, 5, 3, 1],
    [3, 5, 3, 1, 7, 8],
    [3, 5, 3, 1, '7'],
    [3, 5, 3, 1, null],
    [],
    [[3], 5, 3, 1, 7],
    { ...line, seq: 6, status: 'done', context: { steps: 1 } },
    // Like one that says more than numbers tell.
    [6, 7, 3, 1, 7, 1],
    [3, 8, 4, 1, 9],
  ];
  const { taken: lines, unreadable } = taken([JSON.stringify(frame), '[[3,9,5,1,1]]', '[[1e999,9]]']);
  expect(lines.map(({ seq }) => seq)).toEqual([3, 4, 6, 8]);
  expect(unreadable).toBe(10);
  expect((whole(lines)[3] as any).event.commit.state).toEqual({ n: 9 });
});

test('a page that has seen a line of a frame takes in only the rest', () => {
  const event = { type: 'loop.advanced', steps: 1, commit: { state: { n: 1 } } };
  const line = { type: 'event', seq: 3, t: 1, id: 'fit#1', event, value: 'advancing' };
  const frame = JSON.stringify([line, [3, 4, 2, 1, 7], [3, 5, 2, 1, 8]]);
  const { taken: lines } = taken([JSON.stringify([line, [3, 4, 2, 1, 7]]), frame]);
  expect(lines.map(({ seq }) => seq)).toEqual([3, 4, 5]);
});
