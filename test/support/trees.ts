import { Loop, Progress } from 'loopchart';

/** Random numbers from a seed: mulberry32. */
export function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One thing that a hook does. */
type Op =
  | { do: 'add'; by: number }
  | { do: 'run' | 'try' | 'look'; child: number }
  /** Changes the state of a child that does not run now, or of one of that. */
  | { do: 'write'; child: number; below: boolean }
  | { do: 'all'; children: number[] }
  | { do: 'once' | 'failingOnce'; key: string }
  /** A `once` whose function runs a child, after an await or not. */
  | { do: 'onceRuns'; key: string; child: number; late: boolean }
  /** A `once` that is over while a runner that it has begun goes on. */
  | { do: 'onceRace'; key: string }
  /** A child returns a part of its state, which is changed and looked at later. */
  | { do: 'part' }
  /** Runners side by side: who is first, in which order they end, who answers which task. */
  | { do: 'race' | 'order' | 'pool' | 'caught' }
  | { do: 'wait'; how: 'microtask' | 'macrotask' };

/** A loop in words: what both the library and the plain interpreter run. */
export interface Node {
  name: string;
  steps: number;
  skip: boolean;
  runStart: Op[];
  advanceStart: Op[];
  advance: Op[];
  advanceEnd: Op[];
  runEnd: Op[];
  /** After this step it ends itself, or the loop so many levels up. */
  endAt: number;
  endUp: number;
  /** In this step it throws. */
  failAt: number;
  /** Its children are made from its state, in `reset` and in `onLoadCheckpoint`. */
  grows: boolean;
  children: Node[];
}

export interface Chances {
  depth: number;
  parallel: boolean;
}

export function randomTree(
  next: () => number,
  { depth, parallel }: Chances,
  name = 'root',
  level = 0,
  safe = false,
): Node {
  const chance = (p: number) => next() < p;
  const pick = (n: number) => Math.floor(next() * n);
  const width = level + 1 >= depth ? 0 : pick(3) + (level === 0 ? 1 : 0);
  const all = parallel && width > 1 && chance(0.4);
  const children = Array.from({ length: width }, (_, i) =>
    randomTree(next, { depth, parallel }, `c${i}`, level + 1, safe || all),
  );
  let key = 0;
  const ops = (most: number, withChildren: boolean): Op[] =>
    Array.from({ length: pick(most + 1) }, (): Op => {
      const child = pick(Math.max(1, width));
      if (withChildren && width > 0 && chance(0.6)) {
        if (all && chance(0.5)) return { do: 'all', children: children.map((_, i) => i) };
        if (chance(0.25)) return { do: 'look', child };
        if (chance(0.2)) return { do: 'write', child, below: !children[child]!.grows && chance(0.3) };
        return { do: chance(0.3) ? 'try' : 'run', child };
      }
      if (withChildren && width > 0 && !all && chance(0.1)) {
        return { do: 'onceRuns', key: `k${key++}`, child, late: chance(0.5) };
      }
      if (withChildren && width > 0 && chance(0.08)) return { do: 'part' };
      if (withChildren && width > 0 && chance(0.2)) {
        return { do: (['race', 'order', 'pool', 'caught'] as const)[pick(4)]! };
      }
      if (chance(0.25)) return { do: chance(0.3) ? 'failingOnce' : 'once', key: `k${key++}` };
      if (chance(0.3)) return { do: 'wait', how: chance(0.2) ? 'macrotask' : 'microtask' };
      return { do: 'add', by: pick(9) };
    });
  const advance = ops(4, true);
  const [endAt, failAt] = [chance(0.15) ? 1 + pick(3) : 0, !safe && level > 0 && chance(0.12) ? 1 + pick(3) : 0];
  // How far a runner has come in a step that is left is a matter of turns.
  const comesToItsEnd = endAt === 0 && failAt === 0 && !children.some(mayBreakOff);
  if (width > 0 && comesToItsEnd && chance(0.3)) {
    const at = pick(advance.length + 1);
    // While the slow racer stands, the step goes on: what `once` logs would come after a checkpoint that has just been taken.
    const rest = advance.splice(at).filter((op) => !('key' in op));
    advance.push({ do: 'onceRace', key: `k${key++}` }, ...rest);
  }
  return {
    name,
    steps: pick(4),
    skip: level > 0 && chance(0.08),
    runStart: chance(0.3) ? ops(2, chance(0.3)) : [],
    advanceStart: chance(0.4) ? ops(2, chance(0.3)) : [],
    advance,
    advanceEnd: chance(0.4) ? ops(2, chance(0.3)) : [],
    // There is nothing left to end in onRunEnd: that is an error, with a test of its own.
    runEnd: (chance(0.3) ? ops(2, chance(0.3)) : []).filter(
      (op) => !('child' in op) || children[op.child]!.endUp === 0,
    ),
    grows: chance(0.2),
    endAt,
    // A loop that runs beside others must not end the one above them: who is cut off then is a matter of turns.
    endUp: !safe && level > 0 && chance(0.3) ? 1 : 0,
    failAt,
    children,
  };
}

/** Whether a step of it may be left in its middle, or may leave one further up. */
function mayBreakOff({ endAt, endUp, failAt, children }: Node): boolean {
  return endAt > 0 || endUp > 0 || failAt > 0 || children.some(mayBreakOff);
}

export function isParallel(node: Node): boolean {
  const hooks = [node.runStart, node.advanceStart, node.advance, node.advanceEnd, node.runEnd];
  const isBesides = (op: Op) => ['all', 'race', 'order', 'pool', 'onceRace'].includes(op.do);
  return hooks.some((ops) => ops.some(isBesides)) || node.children.some(isParallel);
}

export type Log = string[];

const mix = (acc: number, by: number) => (acc * 31 + by) % 1_000_003;

/** Something that a checkpoint captures. */
class Model {
  seen: Float64Array = new Float64Array(2);
  stateDict(): object {
    return { seen: this.seen.slice() };
  }
  loadStateDict(dict: { seen: Float64Array }): void {
    this.seen.set(dict.seen);
  }
}

/** An error with fields of its own. */
class Refused extends RangeError {
  override name = 'Refused';
  readonly status: number;
  constructor(status: number) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

/** What a step can tell of an error that it has caught. */
function heard(error: any): number {
  return error.message.length + error.name.length + (error instanceof RangeError ? 5 : 0) + error.status;
}

/** Changes what a child, or one below it, begins its next run with. */
function write(child: Tree | Plain, below: boolean, by: number): void {
  const { state } = (below && child.kids[0]) || child;
  state.acc = mix(state.acc, by);
}

/** A loop without children that takes so many turns of the event loop, and answers its task or fails with it. */
class Runner extends Loop<number, [number]> {
  override state = { i: 0 };
  readonly #turns: number;
  readonly #fails: boolean;
  readonly #cut: () => void;

  constructor(turns: number, cut: () => void, fails = false) {
    super();
    this.#turns = turns;
    this.#cut = cut;
    this.#fails = fails;
  }

  get done(): boolean {
    return this.state.i >= this.#turns;
  }

  reset(): void {
    this.state.i = 0;
  }

  async advance(task: number): Promise<void> {
    if (this.state.i % 8 === 0) this.#cut();
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#fails) throw new Refused(task % 1000);
    this.state.i++;
  }

  override onRunEnd(task: number): number {
    return task * 100 + this.#turns;
  }
}

/** Returns its rows as they stand in its state. */
class Lister extends Loop<number[], [number]> {
  override state: { rows: number[] } = { rows: [] };
  get done(): boolean {
    return this.state.rows.length >= 2;
  }
  reset(): void {
    this.state.rows = [];
  }
  advance(first: number): void {
    this.state.rows.push((first % 10) + this.state.rows.length);
  }
  override onRunEnd(): number[] {
    return this.state.rows;
  }
}

/** How long runners take. Far apart, so that it is clear who is first wherever a run is cut. */
const TURNS = [1, 8, 20] as const;

/** The loop that a node describes. Each hook logs when it has completed; `cut` is called in each. */
export class Tree extends Loop<number, [number]> {
  override state = { i: 0, acc: 1, runs: 0 };
  readonly progress: Progress = new Progress();
  kids: Tree[] = [];
  /** Where it has something to do beside its children. */
  readonly runners: Runner[] = [];
  failing: Runner | null = null;
  /** A quick one and a slow one. */
  racers: Runner[] = [];
  lister: Lister | null = null;
  readonly models: Model[] = [];
  readonly #node: Node;
  readonly #log: Log;
  readonly #cut: () => void;
  readonly #up: Tree | undefined;

  constructor(node: Node, log: Log, cut: () => void = () => {}, up?: Tree) {
    super();
    this.#node = node;
    this.#log = log;
    this.#cut = cut;
    this.#up = up;
    if (!node.grows) this.#grow();
    if (node.children.length === 0) this.models = [new Model(), new Model()];
    else {
      this.runners = TURNS.map((turns) => new Runner(turns, cut));
      this.failing = new Runner(1, cut, true);
      this.racers = [new Runner(1, cut), new Runner(24, cut)];
      this.lister = new Lister();
    }
    // Where there is nothing to do, the hook is the base class's: the library treats those apart.
    if (node.runStart.length > 0) this.onRunStart = () => this.#hook('runStart', node.runStart);
    if (node.advanceStart.length > 0) {
      this.onAdvanceStart = () => {
        this.progress.incrementReady();
        return this.#hook('advanceStart', node.advanceStart);
      };
    }
    if (node.advanceEnd.length > 0) this.onAdvanceEnd = () => this.#hook('advanceEnd', node.advanceEnd);
  }

  #grow(): void {
    const Class = this.constructor as typeof Tree;
    if (this.kids.length === 0)
      this.kids = this.#node.children.map((child) => new Class(child, this.#log, this.#cut, this));
  }

  override onLoadCheckpoint(state: any): void {
    this.state = state;
    if (state.runs > 0) this.#grow();
  }

  get done(): boolean {
    return this.state.i >= this.#node.steps;
  }

  override get skip(): boolean {
    this.#cut();
    return this.#node.skip;
  }

  override onSkip(): number {
    this.#log.push(`${this.path} skipped`);
    return 7;
  }

  reset(): void {
    this.#cut();
    this.#grow();
    this.state.i = 0;
    this.state.runs++;
    if (!this.restarting) this.progress.resetOnRun();
    this.#log.push(`${this.path} reset ${this.state.runs}`);
  }

  advance(arg: number): void | Promise<void> {
    const finish = () => {
      this.progress.incrementCompleted();
      this.state.acc = mix(this.state.acc, arg);
      for (const [i, model] of this.models.entries()) this.state.acc = mix(this.state.acc, ++model.seen[i]!);
      if (this.#node.failAt === this.state.i + 1) {
        this.#log.push(`${this.path} fails`);
        throw new Error(`${this.path} fails at ${this.state.i}`);
      }
      this.state.i++;
      this.#log.push(`${this.path} step ${this.state.runs}.${this.state.i}`);
      if (this.#node.endAt === this.state.i) throw (this.#node.endUp === 1 ? this.#up! : this).end(this.state.i);
    };
    this.#cut();
    const isRaced = this.#node.advance.some((op) => op.do === 'onceRace');
    const ops = this.#ops(this.#node.advance);
    // Of a step that is run again when all its code has been, the last line would be there twice.
    const result = isRaced ? ops!.then(() => this.#slowIsOver()) : ops;
    return result === undefined ? finish() : result.then(finish);
  }

  /** The slow racer comes to its end meanwhile, which nobody asks for. */
  async #slowIsOver(): Promise<void> {
    for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  override onRunEnd(): number | Promise<number> {
    const result = this.#hook('runEnd', this.#node.runEnd);
    return result === undefined ? this.state.acc : result.then(() => this.state.acc);
  }

  #hook(name: string, ops: Op[]): void | Promise<void> {
    this.#cut();
    const finish = () => void this.#log.push(`${this.path} ${name} ${this.state.runs}.${this.state.i}`);
    const result = this.#ops(ops);
    return result === undefined ? finish() : result.then(finish);
  }

  /** Synchronous as long as nothing has to be awaited. */
  #ops(ops: Op[]): Promise<void> | undefined {
    for (const [i, op] of ops.entries()) {
      if (op.do === 'add') this.state.acc = mix(this.state.acc, op.by);
      else if (op.do === 'look') this.state.acc = mix(this.state.acc, this.kids[op.child]!.state.acc);
      else if (op.do === 'write') write(this.kids[op.child]!, op.below, this.state.acc);
      else return this.#later(op, ops.slice(i + 1));
    }
    return undefined;
  }

  async #later(op: Op, rest: Op[]): Promise<void> {
    const { state } = this;
    switch (op.do) {
      case 'run':
        this.state.acc = mix(this.state.acc, await this.kids[op.child]!.run(state.acc));
        break;
      case 'try':
        this.state.acc = mix(this.state.acc, 3);
        try {
          this.state.acc = mix(this.state.acc, await this.kids[op.child]!.run(state.acc));
        } catch (error) {
          if ((error as Error).name === 'EndLoop') throw error;
          this.state.acc = mix(this.state.acc, (error as Error).message.length);
        }
        break;
      case 'all':
        for (const output of await Promise.all(op.children.map((child) => this.kids[child]!.run(state.acc)))) {
          this.state.acc = mix(this.state.acc, output);
        }
        break;
      case 'once': {
        const { runs, i } = state;
        const got = await this.once(op.key, () => {
          this.#log.push(`${this.path} once ${op.key} ${runs}.${i}`);
          return runs * 10 + i;
        });
        this.#cut();
        this.state.acc = mix(this.state.acc, got);
        break;
      }
      case 'failingOnce': {
        const { runs, i } = state;
        const error = await this.once(op.key, () => {
          this.#log.push(`${this.path} fails once ${op.key} ${runs}.${i}`);
          throw new Refused(runs * 10 + i);
        }).catch((error: unknown) => error);
        this.#cut();
        this.state.acc = mix(this.state.acc, heard(error));
        break;
      }
      case 'onceRuns': {
        const got = await this.once(op.key, async () => {
          if (op.late) await Promise.resolve();
          const first = await this.kids[op.child]!.run(state.acc);
          return [first, await this.runners[0]!.run(first)];
        });
        this.#cut();
        for (const one of got) this.state.acc = mix(this.state.acc, one);
        break;
      }
      case 'onceRace': {
        const { acc } = state;
        const first = await this.once(op.key, () => Promise.race([1, 0].map((i) => this.racers[i]!.run(acc))));
        this.#cut();
        this.state.acc = mix(this.state.acc, first);
        break;
      }
      case 'part': {
        const rows = await this.lister!.run(state.acc);
        rows.push(this.state.acc % 10);
        await this.runners[0]!.run(state.acc);
        for (const row of this.lister!.state.rows) this.state.acc = mix(this.state.acc, row);
        break;
      }
      case 'race': {
        const runs = [1, 0].map((i) => this.runners[i]!.run(state.acc));
        this.state.acc = mix(this.state.acc, await Promise.race(runs));
        this.#cut();
        await Promise.all(runs);
        break;
      }
      case 'order': {
        const { acc } = state;
        await Promise.all(
          [1, 2, 0].map(async (i) => {
            const answer = await this.runners[i]!.run(acc);
            this.state.acc = mix(this.state.acc, answer);
            this.#cut();
          }),
        );
        break;
      }
      case 'pool': {
        const tasks = [5, 6, 7, 8];
        let wrong = 0;
        const work = async (worker: number) => {
          for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
            const answer = await this.runners[worker]!.run(task);
            if (answer !== task * 100 + TURNS[worker]!) wrong++;
            this.#cut();
          }
        };
        await Promise.all([work(0), work(1)]);
        this.state.acc = mix(this.state.acc, wrong);
        break;
      }
      case 'caught': {
        const error = await this.failing!.run(state.acc).catch((error: unknown) => error);
        this.state.acc = mix(this.state.acc, heard(error));
        break;
      }
      case 'wait':
        await (op.how === 'microtask' ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve)));
        break;
    }
    await this.#ops(rest);
  }
}

class End {
  readonly of: object;
  constructor(of: object) {
    this.of = of;
  }
}

interface Plain {
  node: Node;
  path: string;
  state: { i: number; acc: number; runs: number };
  models: [number, number] | [];
  kids: Plain[];
  up: Plain | undefined;
}

/** The same tree without the library: a `while`, and calls. Children in `Promise.all` run one after another. */
export function interpret(
  root: Node,
  log: Log,
): { output?: number; error?: string; states: Record<string, object>; besides: number } {
  const make = (node: Node, path: string, up?: Plain): Plain => {
    const made: Plain = { node, path, state: { i: 0, acc: 1, runs: 0 }, models: [], kids: [], up };
    if (node.children.length === 0) made.models = [0, 0];
    made.kids = node.children.map((child, i) => make(child, `${path}.kids.${i}`, made));
    return made;
  };
  const tree = make(root, 'tree');
  const states: Record<string, object> = {};
  const collect = (loop: Plain): void => {
    states[loop.path] = loop.state;
    loop.kids.forEach(collect);
  };
  collect(tree);

  let besides = 0;
  function ops(loop: Plain, list: Op[], keys: Set<string>): void {
    const { state } = loop;
    for (const op of list) {
      switch (op.do) {
        case 'add':
          state.acc = mix(state.acc, op.by);
          break;
        case 'look':
          state.acc = mix(state.acc, loop.kids[op.child]!.state.acc);
          break;
        case 'write':
          write(loop.kids[op.child]!, op.below, state.acc);
          break;
        case 'run': {
          const before = state.acc;
          const output = run(loop.kids[op.child]!, before);
          state.acc = mix(before, output);
          break;
        }
        case 'try': {
          state.acc = mix(state.acc, 3);
          const before = state.acc;
          try {
            state.acc = mix(before, run(loop.kids[op.child]!, before));
          } catch (error) {
            if (error instanceof End) throw error;
            state.acc = mix(before, (error as Error).message.length);
          }
          break;
        }
        case 'all': {
          const before = state.acc;
          for (const output of op.children.map((child) => run(loop.kids[child]!, before)))
            state.acc = mix(state.acc, output);
          break;
        }
        case 'once':
          log.push(`${loop.path} once ${op.key} ${state.runs}.${state.i}`);
          keys.add(op.key);
          state.acc = mix(state.acc, state.runs * 10 + state.i);
          break;
        case 'failingOnce':
          log.push(`${loop.path} fails once ${op.key} ${state.runs}.${state.i}`);
          state.acc = mix(state.acc, heard(new Refused(state.runs * 10 + state.i)));
          break;
        case 'onceRuns': {
          const first = run(loop.kids[op.child]!, state.acc);
          state.acc = mix(mix(state.acc, first), first * 100 + TURNS[0]);
          break;
        }
        case 'onceRace':
          besides++;
          state.acc = mix(state.acc, state.acc * 100 + 1);
          break;
        case 'part': {
          const digit = state.acc % 10;
          for (const row of [digit, digit + 1, digit]) state.acc = mix(state.acc, row);
          break;
        }
        case 'race':
          besides++;
          state.acc = mix(state.acc, state.acc * 100 + TURNS[0]);
          break;
        case 'order': {
          const { acc } = state;
          besides++;
          for (const turns of TURNS) state.acc = mix(state.acc, acc * 100 + turns);
          break;
        }
        case 'pool':
          besides++;
          state.acc = mix(state.acc, 0);
          break;
        case 'caught':
          state.acc = mix(state.acc, heard(new Refused(state.acc % 1000)));
          break;
        default:
      }
    }
  }

  function hook(loop: Plain, name: string, list: Op[]): void {
    ops(loop, list, new Set());
    log.push(`${loop.path} ${name} ${loop.state.runs}.${loop.state.i}`);
  }

  function run(loop: Plain, arg: number): number {
    const { node, state, path } = loop;
    if (node.skip) {
      log.push(`${path} skipped`);
      return 7;
    }
    state.i = 0;
    state.runs++;
    log.push(`${path} reset ${state.runs}`);
    try {
      if (node.runStart.length > 0) hook(loop, 'runStart', node.runStart);
      while (state.i < node.steps) {
        if (node.advanceStart.length > 0) hook(loop, 'advanceStart', node.advanceStart);
        ops(loop, node.advance, new Set());
        state.acc = mix(state.acc, arg);
        for (const i of loop.models.keys()) state.acc = mix(state.acc, ++loop.models[i]!);
        if (node.failAt === state.i + 1) {
          log.push(`${path} fails`);
          throw new Error(`${path} fails at ${state.i}`);
        }
        state.i++;
        log.push(`${path} step ${state.runs}.${state.i}`);
        if (node.endAt === state.i) throw new End(node.endUp === 1 ? loop.up! : loop);
        if (node.advanceEnd.length > 0) hook(loop, 'advanceEnd', node.advanceEnd);
      }
    } catch (error) {
      if (!(error instanceof End) || error.of !== loop) throw error;
    }
    hook(loop, 'runEnd', node.runEnd);
    return state.acc;
  }

  try {
    return { output: run(tree, 5), states, besides };
  } catch (error) {
    return { error: error instanceof End ? 'end outside' : (error as Error).message, states, besides };
  }
}
