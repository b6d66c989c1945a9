// What can be done to a run from outside, one after the other.
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop, memoryStore } from 'loopchart';

class Walk extends Loop<string> {
  override state = { step: 0 };

  get done(): boolean {
    return this.state.step >= 1000;
  }

  reset(): void {
    this.state.step = 0;
  }

  async advance(): Promise<void> {
    await sleep(1);
    this.state.step++;
  }

  override onRunEnd(): string {
    return `walked ${this.state.step}`;
  }
}

const store = memoryStore();
const run = new Walk().start({ store, id: 'walk', paused: true });

await run.step(3); // three steps, then it waits again
console.log(run.progress.steps, run.progress.loops[0].value);

run.resume(); // no longer paused: it runs by itself
await run.pause(); // waits until the step in flight is done, then everything stands still
run.resume();

const checkpoint = await run.suspend('the laptop is closed'); // pauses, saves, ends the actors
const suspended = await run.outcome; // never rejects
console.log(suspended.status, suspended.reason, checkpoint.runId);

const second = new Walk().start({ from: checkpoint, store });
const stopped = await second.stop('far enough'); // ends as usual, only earlier: `onRunEnd` runs
console.log(stopped.status, stopped.reason, typeof stopped.output);

const third = new Walk().start();
third.abort(new Error('no')); // nothing more runs, and there is no output
const { status, error, steps } = await third.outcome;
console.log(status, String(error), steps);
