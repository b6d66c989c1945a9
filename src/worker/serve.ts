import type { Checkpoint } from '../checkpoint/contents.ts';
import { hold } from '../checkpoint/held-run.ts';
import { checkSameArgs } from '../checkpoint/same-args.ts';
import type { CheckpointStore, RunSaving } from '../checkpoint/store.ts';
import { LoopError, MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';
import type { Loop } from '../loop.ts';
import type { Inspect, StartOptions } from '../run/options.ts';
import { isLoop, pathOf } from '../tree/tree.ts';
import { told, unpacked } from './crossing.ts';
import { isSaid, type Said, type SaidOptions, type Told, version } from './messages.ts';
import { checkPort, hear, isNodePort, mark, portOfWorker, type WorkerPort } from './port.ts';
import { type Begun, ServedRun, type Surroundings, type Watcher } from './served-run.ts';
import { liveSign } from './sign-of-life.ts';

/** What `serve` may be told. */
export interface ServeOptions {
  /** The way to whoever holds the runs, which others must not be able to write to. Default: from this worker to its maker. */
  port?: WorkerPort | null | undefined;
  /** Tells it from other loops that are served over the same way. Default: the only one. */
  name?: string | undefined;
  /** Where checkpoints are saved: see `start`. Default: nowhere. */
  store?: CheckpointStore | undefined;
  /** Brings older checkpoints forward: see `start`. */
  migrate?: ((checkpoint: Checkpoint) => Checkpoint) | undefined;
  /** Who watches every run, in here. */
  inspect?: Inspect | Inspect[] | undefined;
  /** Makes an inspector, once the outside wants to see a run: `inspectHere`, or in Node `inspector`. It is made once. */
  inspector?: (() => Watcher | Promise<Watcher>) | undefined;
}

/** A loop that is served. */
export interface Served {
  /** Aborts the runs that go on, and takes no more. Resolves when no code of them is in flight. */
  close(): Promise<void>;
}

const known = ['port', 'name', 'store', 'migrate', 'inspect', 'inspector'];

/** So many runs that have ended can still be asked for a checkpoint. */
const keptRuns = 8;

/** Which names are taken on a port. */
const taken = new WeakMap<WorkerPort, Set<string>>();

/**
 * Serves a loop from a worker: whoever has made the worker starts and holds its runs with `remote`. For Web Workers and for
 * worker threads of Node.
 *
 * @param loop the loop, of which one run goes on at a time, as always; or a function that makes one for each run
 * @throws MisconfigurationError for a bad option, and outside of a worker if no `port` is given
 *
 * @example
 * // train.ts, in the worker
 * serve(new Train(), { store: indexedDBStore('runs') });
 */
export function serve<L extends Loop<any, any>>(loop: L | (() => L), options: ServeOptions = {}): Served {
  const port = checkOptions(loop, options);
  const serving = new Serving(loop, port, options);
  return { close: () => serving.close() };
}

class Serving {
  readonly #loop: Loop<any, any> | (() => Loop<any, any>);
  readonly #port: WorkerPort;
  readonly #options: ServeOptions;
  readonly #name: string;
  /** Which one it is of those that have been served over this way. */
  readonly #key = globalThis.crypto.randomUUID();
  readonly #runs = new Map<string, ServedRun>();
  /** Those that have ended, oldest first. */
  readonly #ended: string[] = [];
  readonly #leave: () => void;
  #watcher: Promise<Watcher> | undefined;
  #lock: { name: string; release(): void } | undefined;
  /** The newest run of the loop itself, where that is served and not made. */
  #last: Begun['run'] | undefined;
  #isOpen = false;
  #isClosed = false;

  constructor(loop: Loop<any, any> | (() => Loop<any, any>), port: WorkerPort, options: ServeOptions) {
    this.#loop = loop;
    this.#port = port;
    this.#options = options;
    this.#name = options.name ?? '';
    const names = taken.get(port) ?? new Set();
    if (names.has(this.#name)) {
      const called = this.#name === '' ? 'A loop' : `A loop called \`${this.#name}\``;
      throw new MisconfigurationError(`${called} is served over this way already. Give each a \`name\` of its own.`);
    }
    taken.set(port, names.add(this.#name));
    this.#leave = hear(port, (data) => {
      if (isSaid(data, this.#name)) this.#hear(data);
    });
    void this.#open();
  }

  async #open(): Promise<void> {
    // Of Node, the port itself tells when a worker has ended.
    if (!isNodePort(this.#port)) this.#lock = await liveSign(`loopchart ${this.#key}`);
    this.#isOpen = true;
    if (this.#isClosed) this.#lock?.release();
    else this.#sayHere();
  }

  /** With the lock, or not at all: until it is held, the worker might die unnoticed. */
  #sayHere(): void {
    if (!this.#isOpen) return;
    const { name: lock } = this.#lock ?? {};
    const path = typeof this.#loop === 'function' ? '' : pathOf(this.#loop);
    this.#post({ tell: 'here', version, serving: this.#key, path, ...(lock === undefined ? {} : { lock }) });
  }

  #post(message: DistributiveOmit<Told, 'loopchart' | 'from'>): void {
    const bytes =
      message.tell === 'answer' ? message.value?.bytes : message.tell === 'ended' ? message.outcome.output?.bytes : [];
    this.#port.postMessage({ loopchart: mark, from: this.#name, ...message }, bytes ?? []);
  }

  #hear(said: Said): void {
    if (said.say === 'hello') {
      this.#sayHere();
      return;
    }
    const { run: key } = said;
    if (said.say === 'start') {
      if (!this.#runs.has(key)) this.#start(key, said.options);
      return;
    }
    const run = this.#runs.get(key);
    if (said.say === 'look') void run?.look(said.wait === true);
    else if (run !== undefined) run.take(said.call, said.of);
    else {
      const gone = new LoopError('RUN_ENDED', 'The worker no longer holds this run, which had ended. See its outcome.');
      this.#post({ tell: 'answer', run: key, call: said.call, standing: undefined, error: told(gone) });
    }
  }

  #start(key: string, options: SaidOptions): void {
    const around: Surroundings = {
      begin: (said, isOver, observers) => this.#begin(said, isOver, observers),
      watcher: this.#options.inspector && (() => this.#inspector()),
      post: (message) => this.#post({ ...message, run: key } as DistributiveOmit<Told, 'loopchart' | 'from'>),
    };
    const run = new ServedRun(options, around);
    this.#runs.set(key, run);
    void run.settled.then(() => {
      this.#ended.push(key);
      while (this.#ended.length > keptRuns) this.#runs.delete(this.#ended.shift()!);
    });
  }

  #inspector(): Promise<Watcher> {
    this.#watcher ??= Promise.resolve(this.#options.inspector!());
    // One that could not be made may be made later.
    this.#watcher.catch(() => {
      this.#watcher = undefined;
    });
    return this.#watcher;
  }

  async #begin(said: SaidOptions, isOver: () => boolean, observers: Inspect[]): Promise<Begun | undefined> {
    const loop = typeof this.#loop === 'function' ? this.#loop() : this.#loop;
    if (!isLoop(loop)) {
      throw new MisconfigurationError(`serve expected a function that makes a loop, got \`${shown(loop)}\` from it.`);
    }
    // What is left of a run that was aborted is waited for. One that goes on is told of by `start`.
    if (loop === this.#loop && this.#last !== undefined && !loop.running) await this.#last.settled;
    if (isOver()) return undefined;
    const { store, migrate, inspect = [] } = this.#options;
    const { args, from } = unpacked(said.data) as Pick<StartOptions<any>, 'args' | 'from'>;
    const { id, every, durability, paused } = said;
    const options: StartOptions<any> = {
      ...{ id, args, from, every, durability, paused, store, migrate },
      inspect: [inspect, observers].flat(),
    };
    const start = (more: StartOptions<any> = {}) => loop.start({ ...options, ...more });
    const run = said.newest ? await this.#goOn(id, args, durability ?? 'async', isOver, start) : start();
    if (run === undefined) return undefined;
    if (loop === this.#loop) this.#last = run;
    return { run, loop };
  }

  /** From the newest checkpoint. The run is taken from the store first, so that nobody else goes on with it meanwhile. */
  async #goOn(
    id: string,
    args: unknown[] | undefined,
    durability: RunSaving['durability'],
    isOver: () => boolean,
    start: (options: StartOptions<any>) => Begun['run'],
  ): Promise<Begun['run'] | undefined> {
    const { store, migrate = (checkpoint: Checkpoint) => checkpoint } = this.#options;
    if (store === undefined) {
      throw new MisconfigurationError(
        "start({ from: 'newest' }) expected the worker to have a store. Give it one: serve(loop, { store }).",
      );
    }
    const held = await hold(store, id, { durability });
    try {
      const from = await store.load(id);
      if (!isOver()) {
        const checked = (checkpoint: Checkpoint) => {
          const moved = migrate(checkpoint);
          if (args !== undefined) checkSameArgs(id, moved, args);
          return moved;
        };
        const run = start({ from, store: held.store, migrate: checked });
        // One that never began has not taken it.
        void run.outcome.then(() => held.release()).catch(() => {});
        return run;
      }
    } catch (error) {
      await held.release();
      throw error;
    }
    await held.release();
    return undefined;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const runs = [...this.#runs.values()];
    for (const run of runs) run.abort(new LoopError('STOPPED', 'The worker has closed what served the run.'));
    await Promise.all(runs.map((run) => run.settled));
    this.#leave();
    taken.get(this.#port)?.delete(this.#name);
    this.#post({ tell: 'bye', serving: this.#key });
    this.#lock?.release();
  }
}

type DistributiveOmit<Message, Key extends PropertyKey> = Message extends unknown ? Omit<Message, Key> : never;

function checkOptions(loop: unknown, options: ServeOptions): WorkerPort {
  const wrong = (expected: string, got: unknown) =>
    new MisconfigurationError(`serve expected ${expected}, got \`${shown(got)}\`.`);
  const isClass = typeof loop === 'function' && isLoop(loop.prototype);
  if (isClass || (!isLoop(loop) && typeof loop !== 'function')) {
    throw wrong('a loop, or a function that makes one', isClass ? 'its class' : loop);
  }
  if (typeof options !== 'object' || options === null) throw wrong('options to be an object', options);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw wrong(`options among ${known.join(', ')}`, name);
  }
  const { name, inspector } = options;
  if (name !== undefined && typeof name !== 'string') throw wrong('`name` to be a string', name);
  if (inspector !== undefined && typeof inspector !== 'function') {
    throw wrong('`inspector` to be a function that makes one', inspector);
  }
  const port = options.port ?? portOfWorker();
  checkPort(port, 'serve', 'In a worker it finds its own; elsewhere, and in a shared worker, give it a `port`.');
  return port;
}
