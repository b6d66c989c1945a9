import { Loop } from 'loopchart';
import { expect, test } from 'vitest';
import { random } from './support/trees.ts';

/*
 * Steps of one hook are taken in a shorter way than steps with all three. A loop whose other hooks do nothing goes the
 * longer one, and must come to the same, step by step.
 */

type Step = 'plain' | 'value' | 'promise' | 'turn' | 'look' | 'pause' | 'stop' | 'abort' | 'once' | 'end' | 'throw';

class Scripted extends Loop<string> {
  override state: { n: number; seen: unknown[] } = { n: 0, seen: [] };
  readonly script: Step[];
  see: () => number = () => 0;
  pause: () => void = () => {};
  stop: () => void = () => {};
  abort: () => void = () => {};
  /** How often it was asked whether it is done. */
  asked = 0;

  constructor(init: { script: Step[] }) {
    super(init);
    this.script = init.script;
  }

  get done() {
    this.asked++;
    return this.state.n >= this.script.length;
  }

  reset() {}

  /** What it returns is awaited, or of no use. */
  advance(): any {
    const { state } = this;
    const step = this.script[state.n++]!;
    if (step === 'value') return state.n;
    if (step === 'promise') return Promise.resolve().then(() => state.seen.push('later'));
    if (step === 'turn') return new Promise((resolve) => setImmediate(resolve));
    // How far the machine has been told depends on the clock; it knows of no step that is not over.
    if (step === 'look') state.seen.push(this.see() < state.n);
    if (step === 'pause') this.pause();
    if (step === 'stop') this.stop();
    if (step === 'abort') this.abort();
    if (step === 'once') return this.once('key', () => state.n).then((n) => state.seen.push(n));
    if (step === 'end') throw this.end('enough');
    if (step === 'throw') throw new Error(`step ${state.n}`);
  }

  override onRunEnd() {
    return `after ${this.state.n}`;
  }
}

class WithHooks extends Scripted {
  override onAdvanceStart() {}
  override onAdvanceEnd() {}
}

async function whatBecomes(loop: Scripted) {
  const run = loop.start();
  loop.see = () => run.actor.getSnapshot().context.steps;
  loop.pause = () => {
    void run.pause();
    setImmediate(() => run.resume());
  };
  loop.stop = () => void run.stop();
  loop.abort = () => void run.abort('enough');
  const outcome = await run.outcome;
  const { status, error } = outcome as { status: string; error?: Error };
  // A run that is aborted stays where its machine was told last, which depends on the clock.
  const steps = status === 'aborted' ? undefined : run.actor.getSnapshot().context.steps;
  return { status, error: String(error?.message), steps, state: loop.state, asked: loop.asked };
}

test.each(Array.from({ length: 40 }, (_, seed) => seed + 1))('seed %i', async (seed) => {
  const next = random(seed);
  const usual: Step[] = ['plain', 'plain', 'plain', 'value', 'look', 'promise', 'turn', 'once', 'pause'];
  const last: Step[] = ['plain', 'stop', 'abort', 'end', 'throw'];
  // Some begin with more steps than go by between two looks at the clock.
  const script: Step[] = Array.from({ length: next() < 0.5 ? 0 : 700 }, () => 'plain');
  for (let left = next() * 30; left > 0; left--) script.push(usual[Math.floor(next() * usual.length)]!);
  script.push(last[Math.floor(next() * last.length)]!, 'plain', 'plain', 'plain');
  expect(await whatBecomes(new Scripted({ script }))).toEqual(await whatBecomes(new WithHooks({ script })));
});
