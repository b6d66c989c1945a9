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
import type { ForkCommand, From } from './command.ts';
import { checkOwn, type ForkFactories, type ForkFactory, type ForkPlan, planOf } from './factory.ts';
import { Kept } from './kept.ts';
import { type Moments, momentsOf, TakenAt } from './moments.ts';
import type { Start } from './start.ts';

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
  takenAt: TakenAt;
  /** Not kept for the sake of forks once the run is over. */
  loop: WeakRef<AnyLoop>;
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
  readonly #kept = new Kept();
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
    const takenAt = new TakenAt();
    this.#origins.set(subject, { runId: run.id, store: run.store, takenAt, loop: new WeakRef(run.loop) });
    // A run that goes on when nobody looks any more keeps nothing of this.
    const forks = new WeakRef(this);
    run.heard.add((checkpoint) => {
      const seq = forks.deref()?.host.last();
      if (seq !== undefined) takenAt.add(checkpoint, seq);
    });
  }

  /** The checkpoints of a run that forks can be begun from. @throws Error that says why there can be none */
  async moments(root: Subject | undefined): Promise<Moments> {
    const { subject, origin } = this.#found(root);
    const { store, runId, takenAt } = origin;
    return momentsOf(store, runId, takenAt, this.#kept.of(subject), this.#kept.goneOf(subject));
  }

  /** @throws Error that says why there is none to begin from */
  async take(root: Subject | undefined, from: From): Promise<Start> {
    const { subject, origin, found } = this.#found(root);
    const { kind, number } = from;
    if (kind === 'taken') {
      const kept = this.#kept.of(subject).find((one) => one.number === number);
      if (kept === undefined)
        throw new Error(`Expected a checkpoint of ${subject.id} that is kept, got number ${number}. Take another one.`);
      return kept.start;
    }
    const { checkpoint, seq } = await (kind === 'now' ? this.#now(subject) : saved(origin, subject, number));
    if (checkpoint.phase?.value === 'finished')
      throw new Error(`Expected a checkpoint of a run that goes on, got one of ${subject.id} at its end.`);
    const of = { id: subject.id, ...(seq === undefined ? {} : { seq }), steps: checkpoint.position.steps };
    const [name, factory] = found;
    const called = (subject.runId ?? subject.name).replace(/-fork-[0-9a-f]{6}$/, '');
    const start = { name, factory, called, loop: origin.loop, of, checkpoint };
    if (kind === 'now') this.#kept.add(subject, start);
    return start;
  }

  /** Nothing is kept any more. */
  close(): void {
    this.#kept.clear();
  }

  #found(root: Subject | undefined): { subject: Subject; origin: Origin; found: [string, ForkFactory] } {
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
    return { subject: root, origin, found };
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

/** @param number which save it is; without one, the newest */
async function saved(
  { store, runId, takenAt }: Origin,
  root: Subject,
  number: number | undefined,
): Promise<{ checkpoint: Checkpoint; seq?: number }> {
  if (store === undefined) throw new Error(`Expected a run with a store, got ${root.id}, which is saved nowhere.`);
  if (number !== undefined && store.loadAt === undefined)
    throw new Error(
      `Expected a store that gives any checkpoint that it keeps, got one without \`loadAt\`. Take the newest.`,
    );
  const checkpoint = await (number === undefined ? store.load(runId) : store.loadAt!(runId, number));
  if (checkpoint === undefined) {
    throw new Error(
      number === undefined
        ? `Expected a checkpoint of ${root.id} in its store, which has none yet.`
        : `Expected checkpoint ${number} of ${root.id} in its store, which keeps it no more. Take another one.`,
    );
  }
  const info = number === undefined ? undefined : (await store.list(runId)).find(({ seq }) => seq === number);
  const seq = info && takenAt.seqOf(info);
  return { checkpoint, ...(seq === undefined ? {} : { seq }) };
}
