import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop } from 'loopchart';
import { play } from 'loopchart/testing';

/** Asks every hour for the weather. */
class Weather extends Loop<number> {
  override state = { hour: 0, warmest: -Infinity };
  readonly ask: (hour: number) => number;

  constructor(ask: (hour: number) => number) {
    super();
    this.ask = ask;
  }

  get done(): boolean {
    return this.state.hour >= 24;
  }

  reset(): void {
    this.state.hour = 0;
  }

  async advance(): Promise<void> {
    await sleep(3_600_000);
    this.state.warmest = Math.max(this.state.warmest, this.ask(this.state.hour++));
  }

  override onRunEnd(): number {
    return this.state.warmest;
  }
}

const weather = new Weather((hour) => 20 - Math.abs(hour - 15));
const outcome = await play(
  weather,
  async (run) => {
    await run.toStep(3);
    assert.deepEqual(run.state, { hour: 3, warmest: 7 });
    console.log('after three steps it is', new Date().toISOString());

    run.clock.runsOn = false;
    run.resume();
    await run.clock.advance(90 * 60_000);
    console.log('90 minutes later it has taken', run.steps);
    run.clock.runsOn = true;

    await run.until(({ state }) => state!.warmest === 20);
    run.send({ type: 'loop.stop', reason: 'warm enough' });
  },
  { now: Date.UTC(2030, 0, 1) },
);
console.log(outcome);
