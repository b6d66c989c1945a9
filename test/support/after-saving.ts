import { Loop, type Stateful } from 'loopchart';
import { turn } from './loops.ts';

/** So many that loops beside this one have come to the middle of their steps. */
export async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await turn();
}

export async function loggedIn(): Promise<string> {
  await turns();
  return 'key';
}

/** A promise that somebody resolves later. */
export class Gate {
  open!: () => void;
  readonly opened: Promise<void> = new Promise((resolve) => {
    this.open = resolve;
  });
}

export class Weights implements Stateful {
  w = 0;
  stateDict() {
    return { w: this.w };
  }
  loadStateDict(dict: { w: number }) {
    this.w = dict.w;
  }
}

/** Takes three steps, each of them `work`. */
export class Three extends Loop<number> {
  override state = { n: 0 };
  model: Weights | undefined;
  readonly work: (this: Three) => Promise<unknown>;

  constructor(work: (this: Three) => Promise<unknown>, model?: Weights) {
    super();
    this.work = work;
    if (model !== undefined) this.model = model;
  }

  get done() {
    return this.state.n >= 3;
  }

  reset() {
    this.state.n = 0;
  }

  async advance() {
    if (this.model !== undefined) this.model.w++;
    await this.work();
    this.state.n++;
  }

  override onRunEnd() {
    return this.state.n;
  }
}

/** Runs two loops side by side, once. */
export class Two extends Loop<string> {
  override state: { got: string | null } = { got: null };
  readonly first: Three;
  readonly second: Three;

  constructor(first: Three, second: Three) {
    super();
    this.first = first;
    this.second = second;
  }

  get done() {
    return this.state.got !== null;
  }

  reset(): void | Promise<void> {
    this.state.got = null;
  }

  async advance() {
    this.state.got = (await Promise.all([this.first.run(), this.second.run()])).join();
  }

  override onRunEnd() {
    return this.state.got!;
  }
}

/** Runs a worker beside its own code, in a hook, and lets it go on after it has called `once`. */
export class Team extends Loop<string> {
  override state: { got: string | null } = { got: null };
  readonly worker: Three;
  readonly hook: string;
  /** What is to be saved before the worker goes on. */
  readonly logsIn: (this: Team) => Promise<unknown>;
  readonly gate: Gate = new Gate();

  constructor(hook = 'advance', logsIn = defaultLogin, model?: Weights) {
    super();
    this.hook = hook;
    this.logsIn = logsIn;
    const { gate } = this;
    this.worker = new Three(() => gate.opened, model);
  }

  get done() {
    return this.state.got !== null;
  }

  async #work(hook: string): Promise<void> {
    if (hook !== this.hook) return;
    const working = this.worker.run();
    const key = await this.logsIn();
    this.gate.open();
    this.state.got = `${key} ${await working}`;
  }

  async reset() {
    this.state.got = null;
    await this.#work('reset');
  }

  override async onRunStart() {
    await this.#work('onRunStart');
  }

  override async onAdvanceStart() {
    await this.#work('onAdvanceStart');
  }

  async advance() {
    await this.#work('advance');
  }

  override async onAdvanceEnd() {
    await this.#work('onAdvanceEnd');
  }

  override onRunEnd() {
    return this.state.got!;
  }
}

function defaultLogin(this: Team): Promise<unknown> {
  return this.once('log in', loggedIn);
}

/** One at a time. */
export class Lock {
  #tail: Promise<unknown> = Promise.resolve();

  do<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => {});
    return done;
  }
}
