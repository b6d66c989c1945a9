import { readFileSync, writeFileSync } from 'node:fs';
import { type Checkpoint, formatRecording, Loop, parseRecording, record } from 'loopchart';
import { Inspection } from '../src/inspect/inspection.ts';

/*
 * Makes the examples of docs/format.md: `tsx --conditions=loopchart-source docs/format.ts` writes them into it.
 *
 * They are what runs of the loops below write. Only what differs from run to run is replaced: times and random names.
 */

const file = new URL('format.md', import.meta.url);

class Model {
  weights: Float32Array = Float32Array.of(0.5, 0.25);

  stateDict() {
    return { weights: this.weights };
  }

  loadStateDict(dict: { weights: Float32Array }) {
    this.weights = dict.weights;
  }
}

class Batches extends Loop<number, [rate: number]> {
  override state = { n: 0, loss: Number.NaN };

  get done() {
    return this.state.n >= 3;
  }

  reset() {
    this.state.n = 0;
  }

  advance(rate: number) {
    this.state.n++;
    this.state.loss = rate / this.state.n;
  }

  override onRunEnd() {
    return this.state.loss;
  }
}

class Fit extends Loop {
  override state = { epoch: 0 };
  readonly model: Model = new Model();
  readonly batches: Batches = new Batches();

  get done() {
    return this.state.epoch >= 2;
  }

  reset() {
    this.state.epoch = 0;
  }

  async advance() {
    await this.once('seed', () => 7);
    await this.batches.run(0.5);
    this.state.epoch++;
  }
}

/** In the middle of a step, with a child that runs. */
async function checkpoint(): Promise<Checkpoint> {
  const run = new Fit().start({ id: 'fit-1', paused: true });
  await run.step();
  const taken = await run.checkpoint();
  run.abort();
  await run.outcome;
  return taken;
}

/** All that a run says to one that watches it, and what it answers. */
async function wire(): Promise<object[]> {
  const inspection = new Inspection();
  const messages: any[] = [];
  const send = (text: string) => void messages.push(...JSON.parse(text));
  // The page takes nothing in until the run is over, so that what comes together does not depend on the time.
  const channel = { send, waiting: Number.POSITIVE_INFINITY };
  const { receive, close } = inspection.connect(channel, 0, 'rows');
  const run = new Batches().start({ args: [0.5], inspect: inspection });
  await run.outcome;
  channel.waiting = 0;
  inspection.flush();
  receive('{ "type": "get", "ref": "7/event/commit" }');
  receive('{ "type": "speed", "perSec": 0 }');
  close();
  inspection.close();
  return messages;
}

/** A value as JSON: in one line where it is short, else one part a line. */
function pretty(value: unknown, indent = '', room = 112): string {
  const flat = JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ').replaceAll('[ ', '[').replaceAll(' ]', ']');
  if (flat.length + indent.length <= room || typeof value !== 'object' || value === null) return flat;
  const inner = `${indent}  `;
  const list = Array.isArray(value);
  const parts = Object.entries(value).map(
    ([key, part]) => inner + (list ? '' : `${JSON.stringify(key)}: `) + pretty(part, inner, room - key.length - 4),
  );
  return `${list ? '[' : '{'}\n${parts.join(',\n')}\n${indent}${list ? ']' : '}'}`;
}

/** With a time that is the same in each run. */
function timed(line: any): object {
  const timeOf = (seq: number) => 1_800_000_000_000 + seq;
  if (Array.isArray(line)) return line.map((number, i) => (i === 2 ? timeOf(line[1]) : number));
  return 't' in line ? { ...line, t: timeOf(line.seq) } : line;
}

/** Without what is another in each run, or too long to be shown. */
function shortened(message: any): object {
  if (Array.isArray(message)) return message;
  const { runId, root, limits } = message;
  return { ...message, ...(runId && { runId: '7bd7…' }), ...(root && { root: {} }), ...(limits && { limits: {} }) };
}

/** The examples, by what they are of. */
export async function examples(): Promise<Record<string, string>> {
  const recorder = record();
  await new Batches().start({ args: [0.5], inspect: recorder }).outcome;
  const lines = parseRecording(formatRecording(recorder.recording));
  const shown = lines.filter(({ seq }) => [0, 1, 2, 5, 8].includes(seq));
  const messages = (await wire()).filter((one: any) => ![3, 4, 5, 6, 9, 10].includes(one.seq));
  return {
    checkpoint: pretty(JSON.parse(JSON.stringify(await checkpoint()))),
    recording: shown.map((line) => JSON.stringify(timed(line))).join('\n'),
    wire: messages.map((message) => pretty(timed(shortened(message)))).join('\n'),
  };
}

/** A document with the examples in their places: the block of code behind `<!-- example: NAME -->`. */
export function withExamples(document: string, made: Record<string, string>): string {
  return document.replaceAll(
    /(<!-- example: (\w+) -->\n\n```\w+\n)[\s\S]*?```/g,
    (_, before: string, name: string) => `${before}${made[name]}\n\`\`\``,
  );
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(file, withExamples(readFileSync(file, 'utf8'), await examples()));
}
