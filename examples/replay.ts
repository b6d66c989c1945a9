// A recorded run as a test would use it: the chart runs again, the loop's own code does not.
import assert from 'node:assert/strict';
import { formatRecording, Loop, parseRecording, record, replay } from 'loopchart';

class Halve extends Loop<number, [from: number]> {
  override state = { x: 0, steps: 0 };

  get done(): boolean {
    return this.state.x < 1;
  }

  reset(from: number): void {
    this.state = { x: from, steps: 0 };
  }

  advance(): void {
    this.state = { x: this.state.x / 2, steps: this.state.steps + 1 };
  }

  override onRunEnd(): number {
    return this.state.steps;
  }
}

const recorder = record();
const output = await new Halve().start({ args: [5], inspect: recorder }).output;
const text = formatRecording(recorder.recording);

for (const { seq, path, event, value, context } of replay(parseRecording(text))) {
  console.log(`${seq} ${path} ${event.type} -> ${value}`, context.state);
}

const frames = [...replay(recorder.recording)];
assert.equal(frames.at(-1)?.output, output);
assert.deepEqual(
  frames.filter(({ event }) => event.type === 'loop.advanced').map(({ context }) => context.state),
  [
    { x: 2.5, steps: 1 },
    { x: 1.25, steps: 2 },
    { x: 0.625, steps: 3 },
  ],
);
console.log('steps taken:', output);
