import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Loop } from 'loopchart';
import { type Inspector, inspector } from 'loopchart/node';
import { Part } from './many-loops.ts';

/** What a program is asked to do, and what it answers. */
interface Asked {
  /** Takes so many steps more, at most so many a second. */
  steps: { ask: { steps: number; perSecond?: number }; answer: { ms: number; cpu: number } };
  /** What it holds once all garbage is collected, in bytes. */
  memory: { ask: object; answer: { heap: number; all: number } };
  /** How many lines there have been. */
  lines: { ask: object; answer: { lines: number } };
}

/** A program with inspected runs that go on step by step, in a process of its own. */
export class Program {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /**
   * @param runs so many go on at once, and share the steps that are asked for
   * @param of how many loops each is made: 2, or 200 in each other
   */
  static async start(runs = 1, of: 2 | 200 = 2): Promise<Program> {
    const child = fork(fileURLToPath(import.meta.url), [], {
      execArgv: [...process.execArgv, '--expose-gc'],
      env: { ...process.env, LOOPCHART_BENCH_RUNS: `${runs}`, LOOPCHART_BENCH_LOOPS: `${of}` },
    });
    const url = await new Promise<string>((resolve, reject) => {
      child.once('message', (message) => resolve((message as { url: string }).url));
      child.once('exit', (code) => reject(new Error(`The program ended with ${code}.`)));
    });
    return new Program(url, child);
  }

  /** The page by itself, without the program's run. */
  get page(): string {
    return this.url.slice(0, this.url.indexOf('#'));
  }

  ask<What extends keyof Asked>(what: What, more: Asked[What]['ask']): Promise<Asked[What]['answer']> {
    return new Promise((resolve) => {
      this.#child.once('message', (answer) => resolve(answer as Asked[What]['answer']));
      this.#child.send({ what, ...more });
    });
  }

  stop(): void {
    this.#child.kill();
  }
}

/** Lets steps pass: so many, and no more in a second than wanted. */
class Gate {
  #passed = 0;
  #budget = 0;
  #perSecond = Number.POSITIVE_INFINITY;
  #began = 0;
  #reached: () => void = () => {};
  /** Those that wait for the next steps. */
  #waiting: (() => void)[] = [];
  /** How many runs take steps. */
  readonly #runs: number;

  constructor(runs: number) {
    this.#runs = runs;
  }

  /** Resolves when so many steps more have been taken, and all runs wait: what one still did would make lines that nobody was told of. */
  allow(steps: number, perSecond = Number.POSITIVE_INFINITY): Promise<void> {
    this.#passed = 0;
    this.#budget = steps;
    this.#perSecond = perSecond;
    this.#began = performance.now();
    for (const open of this.#waiting.splice(0)) open();
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  pass(): void | Promise<void> {
    if (++this.#passed >= this.#budget) {
      return new Promise((resolve) => {
        this.#waiting.push(resolve);
        if (this.#waiting.length === this.#runs) this.#reached();
      });
    }
    if (this.#perSecond === Number.POSITIVE_INFINITY) return;
    const due = this.#began + (this.#passed / this.#perSecond) * 1000;
    if (due - performance.now() > 2) return new Promise((resolve) => setTimeout(resolve, due - performance.now()));
  }
}

/** A thousand steps, with numbers in its state as a training has them. */
class Batches extends Loop {
  override state = { total: 1000, n: 0, loss: 2.3, accuracy: 0 };
  readonly #gate: Gate;

  constructor(gate: Gate) {
    super();
    this.#gate = gate;
  }

  get done(): boolean {
    return this.state.n >= this.state.total;
  }

  reset(): void {
    this.state.n = 0;
  }

  advance(): void | Promise<void> {
    const { state } = this;
    state.n++;
    state.loss = 2.3 * Math.exp(-state.n / 400) + Math.sin(state.n) * 0.05;
    state.accuracy = 1 - state.loss / 2.5;
    return this.#gate.pass();
  }
}

class Fit extends Loop {
  override state = { epoch: 0, loss: 0 };
  readonly batches: Batches;

  constructor(gate: Gate) {
    super();
    this.batches = new Batches(gate);
  }

  get done(): boolean {
    return false;
  }

  reset(): void {}

  async advance(): Promise<void> {
    await this.batches.run();
    this.state.epoch++;
    this.state.loss = this.batches.state.loss;
  }
}

const runs = Number(process.env.LOOPCHART_BENCH_RUNS ?? 0);
if (runs > 0 && process.send !== undefined) await serve();

async function serve(): Promise<void> {
  const inspect: Inspector = await inspector({ tell: () => {} });
  const gate = new Gate(runs);
  let lines = 2;
  // What the inspector makes a line of: each loop's actor, and each event that its machine handles.
  const count = (event: { type: string; actorRef: unknown; event?: { type: string } }) => {
    const { logic } = event.actorRef as { logic: { config?: { id?: string } } };
    if (logic.config?.id !== 'loop') return;
    if (event.type === '@xstate.microstep' || (event.type === '@xstate.event' && event.event?.type === 'xstate.init'))
      lines++;
  };
  for (let run = 0; run < runs; run++) {
    const fit = process.env.LOOPCHART_BENCH_LOOPS === '200' ? Part.tree(() => gate.pass()) : new Fit(gate);
    void (fit as Loop).start({ inspect: [inspect, count as any] });
  }
  process.on('message', async ({ what, steps, perSecond }: any) => {
    if (what === 'steps') {
      const [began, before] = [performance.now(), process.cpuUsage()];
      await gate.allow(steps, perSecond);
      const { user, system } = process.cpuUsage(before);
      process.send!({ ms: performance.now() - began, cpu: (user + system) / 1000 });
    } else if (what === 'memory') {
      (globalThis as any).gc();
      const { heapUsed, external, rss } = process.memoryUsage();
      process.send!({ heap: heapUsed + external, all: rss });
    } else {
      process.send!({ lines });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send!({ url: inspect.url });
}
