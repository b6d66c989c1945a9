import type { AnyActorRef, InspectionEvent } from 'xstate';
import { checkKind } from '../../checkpoint/checkpoint-check.ts';
import type { Checkpoint } from '../../checkpoint/contents.ts';
import { argsOf, editCheckpoint } from '../../checkpoint/edit.ts';
import type { CheckpointStore } from '../../checkpoint/store.ts';
import type { Json } from '../../data/json.ts';
import type { ForkOf, Subject } from '../../recording/sighting.ts';
import { knownRuns } from '../../run/known-runs.ts';
import { start } from '../../run/start.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { assetsOf } from '../../tree/assets.ts';
import type { ForkCommand } from './command.ts';
import { type ForkFactories, type ForkFactory, type ForkPlan, planOf } from './factory.ts';

/** So many forks go on at a time: pages could ask for any number. */
const mostGoing = 16;

/** What forks need of the inspection that they belong to. */
export interface ForkHost {
  subjects(): Iterable<Subject>;
  /** The number of the newest line. */
  last(): number;
  /** Watches the forks as it does the runs. */
  next(event: InspectionEvent): void;
  /** A line as pages are told it. */
  told(line: Record<string, unknown>): { [key: string]: Json } | undefined;
  isRedacted: boolean;
}

/** A run that forks can be begun from. */
interface Origin {
  /** Of the run, in stores. */
  runId: string;
  store: CheckpointStore | undefined;
  /** Not kept for the sake of forks once the run is over. */
  loop: WeakRef<AnyLoop>;
}

/** A checkpoint that a fork can be begun from. */
export interface Start {
  name: string;
  factory: ForkFactory;
  /** What the run is called: by the id that it was given, or by its outermost loop. */
  called: string;
  loop: WeakRef<AnyLoop>;
  of: ForkOf;
  checkpoint: Checkpoint;
}

/** The forks of the runs of an inspection: runs that begin where others stood, in loops of their own. The others go on as if nothing were. */
export class Forks {
  readonly host: ForkHost;
  /** The names of the loops that forks can be made of. */
  readonly names: readonly string[];
  readonly #factories: ForkFactories;
  readonly #origins = new WeakMap<Subject, Origin>();
  /** Forks that have been made and were not seen yet. */
  readonly #coming = new WeakMap<AnyActorRef, { of: ForkOf; met: (id: string) => void }>();
  /** Checkpoints that were asked for and are not taken yet, by the roots of their runs. */
  readonly #asked = new Map<Subject, Promise<{ checkpoint: Checkpoint; seq: number }>>();
  #going = 0;

  constructor(factories: ForkFactories, host: ForkHost) {
    this.#factories = factories;
    this.names = Object.keys(factories);
    this.host = host;
  }

  /** A loop is seen for the first time. */
  met(subject: Subject): void {
    const { actor, parent } = subject;
    if (this.names.length === 0 || parent !== undefined || actor === undefined) return;
    const coming = this.#coming.get(actor);
    subject.forkOf = coming?.of;
    coming?.met(subject.id);
    const run = knownRuns.get(actor);
    if (run === undefined || this.#factoryOf(subject) === undefined) return;
    this.#origins.set(subject, { runId: run.id, store: run.store, loop: new WeakRef(run.loop) });
  }

  /** @throws Error that says why there is none to begin from */
  async take(root: Subject | undefined, from: 'now' | 'saved'): Promise<Start> {
    if (root === undefined || root.parent !== undefined)
      throw new Error('Expected the outermost loop of a run, got none.');
    const found = this.#factoryOf(root);
    if (found === undefined) {
      throw new Error(
        `Expected a run of which the program can make forks, got ${root.id}. It says how: inspector({ fork: { ${root.path}: () => … } }).`,
      );
    }
    const origin = this.#origins.get(root);
    if (origin === undefined)
      throw new Error(
        `Expected a run that was begun by \`start\` in this thread, so that it has checkpoints here; got ${root.id}.`,
      );
    const { checkpoint, seq } = await (from === 'now' ? this.#now(root) : saved(origin, root));
    if (checkpoint.phase?.value === 'finished')
      throw new Error(`Expected a checkpoint of a run that goes on, got one of ${root.id} at its end.`);
    const of = { id: root.id, ...(seq === undefined ? {} : { seq }), steps: checkpoint.position.steps };
    const [name, factory] = found;
    const called = (root.runId ?? root.name).replace(/-fork-[0-9a-f]{6}$/, '');
    return { name, factory, called, loop: origin.loop, of, checkpoint };
  }

  /** @returns the id of the fork's root. @throws Error that says why it could not be begun; then nothing was */
  async begin(from: Start, command: Pick<ForkCommand, 'edits' | 'args' | 'paused'>): Promise<string> {
    if (this.#going >= mostGoing)
      throw new Error(`Expected at most ${mostGoing} forks to go on at a time, got one more. Stop one, or let it end.`);
    this.#going++;
    let ended: Promise<unknown> | undefined;
    try {
      const { edits, args, paused } = command;
      const change = (checkpoint: Checkpoint) => editCheckpoint(checkpoint, edits, args);
      // What does not fit is refused before anything is made.
      change(from.checkpoint);
      const plan = await this.#planned(from, args ?? argsOf(from.checkpoint));
      const { run, met } = this.#started(from, plan, change, paused);
      const outcome = run.outcome;
      ended = outcome;
      // Else its store would not have it.
      const unseen = outcome.then((one) => {
        throw 'error' in one ? one.error : new Error('The fork had ended before anything of it was seen.');
      });
      return await Promise.race([met, unseen]);
    } finally {
      const over = () => {
        this.#going--;
      };
      if (ended === undefined) over();
      else void ended.then(over);
    }
  }

  #factoryOf({ path, loop }: Subject): [string, ForkFactory] | undefined {
    const name = [path, loop].find((one) => Object.hasOwn(this.#factories, one));
    return name === undefined ? undefined : [name, this.#factories[name]!];
  }

  /** The run as it stands at its next boundary. However often it is asked for until then, it is taken once. */
  #now(root: Subject): Promise<{ checkpoint: Checkpoint; seq: number }> {
    const asked = this.#asked.get(root);
    if (asked !== undefined) return asked;
    const forget = () => this.#asked.delete(root);
    const taken = this.#captured(root);
    this.#asked.set(root, taken);
    taken.then(forget, forget);
    return taken;
  }

  async #captured(root: Subject): Promise<{ checkpoint: Checkpoint; seq: number }> {
    const run = root.actor && knownRuns.get(root.actor);
    if (run === undefined)
      throw new Error(
        `Expected a run that goes on, got ${root.id}, which is over. Take what its store has kept, if it has one.`,
      );
    return new Promise((resolve, reject) => {
      // At once, while the loops stand: a line later it is another moment.
      run.capture((checkpoint) => resolve({ checkpoint, seq: this.host.last() }), reject);
    });
  }

  async #planned({ name, factory, loop, of, checkpoint }: Start, args: Json[] | undefined): Promise<ForkPlan> {
    const plan = planOf(await factory(...structuredClone(args ?? [])), name);
    if (plan.args === undefined && argsOf(checkpoint) === undefined) {
      throw new Error(
        `Expected the arguments of ${of.id}, which are no plain data, from \`fork.${name}\`: let it return { loop, args }.`,
      );
    }
    checkOwn(plan.loop, loop.deref(), name);
    return plan;
  }

  #started(
    { checkpoint, called, of }: Start,
    { loop, ...options }: ForkPlan,
    migrate: (checkpoint: Checkpoint) => Checkpoint,
    paused: boolean,
  ) {
    let said!: (id: string) => void;
    const met = new Promise<string>((resolve) => {
      said = resolve;
    });
    let isFirst = true;
    const next = (event: InspectionEvent) => {
      // The first that is told of a system is its root.
      if (isFirst) this.#coming.set(event.actorRef as AnyActorRef, { of, met: said });
      isFirst = false;
      this.host.next(event);
    };
    // Never under the id of the run: it would save over that.
    const id = `${called}-fork-${globalThis.crypto.randomUUID().slice(0, 6)}`;
    const checked = (given: Checkpoint) => {
      checkKind(loop, given);
      return migrate(given);
    };
    const run = start(loop, { id, ...options, from: checkpoint, migrate: checked, inspect: { next }, paused });
    return { run, met };
  }
}

async function saved({ store, runId }: Origin, root: Subject): Promise<{ checkpoint: Checkpoint; seq?: number }> {
  if (store === undefined) throw new Error(`Expected a run with a store, got ${root.id}, which is saved nowhere.`);
  const checkpoint = await store.load(runId);
  if (checkpoint === undefined)
    throw new Error(`Expected a checkpoint of ${root.id} in its store, which has none yet.`);
  return { checkpoint };
}

/** @throws Error where a fork would change what the run has that it is a fork of */
function checkOwn(loop: AnyLoop, before: AnyLoop | undefined, name: string): void {
  if (before === undefined) return;
  if (loop === before) throw new Error(`Expected \`fork.${name}\` to make a new loop, got that of the run itself.`);
  const theirs = new Set<object>(assetsOf(before).map(([, field]) => field));
  const shared = assetsOf(loop).find(([, field]) => theirs.has(field));
  if (shared !== undefined) {
    throw new Error(
      `Expected \`fork.${name}\` to make a new \`${shared[0]}\`, got that of the run itself, which the fork would change.`,
    );
  }
}
