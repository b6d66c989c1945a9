import { type ForkOf, forkOfIn } from '../lines/fork.ts';
import type { ActorLine, EventLine, LoopContext } from '../lines/line.ts';
import { RowIndex } from './row-index.ts';

const HUES = 8;
/** Most loops run no others. */
const NONE: ReadonlyMap<string, Actor[]> = new Map();

/** How a loop stands, in one word that has a colour. */
export type Phase = 'running' | 'paused' | 'done' | 'skipped' | 'ended' | 'failed' | 'aborted' | 'stopped' | 'unknown';

/** One running of a loop, or an actor of the app. */
export class Actor {
  /** Its rows, each with the steps taken by then. */
  readonly rows: RowIndex = new RowIndex();
  /** The rows at which it came into another state. */
  readonly entries: RowIndex = new RowIndex();
  /** The loops that it ran, by their names. */
  children: ReadonlyMap<string, Actor[]> = NONE;
  readonly from: number;
  first: number;
  end = Number.NaN;
  /** The row from which it is known to have ended. */
  endRow: number = Number.POSITIVE_INFINITY;
  /** The row at which it failed. */
  failedAt: number = Number.POSITIVE_INFINITY;
  /** Whether it threw the end of a loop above it, or passed it on: that is no failure. */
  endsAnother = false;
  /** The row of the flame chart it lies on. */
  lane = 0;
  /** Its place there. */
  place = -1;
  steps = 0;
  /** The last row that says itself how many. */
  countedAt: number = Number.NEGATIVE_INFINITY;
  /** What it held before the first row that is still here. */
  base: LoopContext | undefined;
  /** The state of its machine then. */
  baseValue = '';

  readonly index: number;
  readonly id: string;
  /** Its place, set as soon as its run is known. */
  path!: Path;
  readonly name: string;
  readonly loop: string;
  parent: Actor | undefined;
  readonly chart: string;
  /** What came before was not seen. */
  readonly late: boolean;
  /** Of an outermost loop, the id that its run was started with; empty where it was given none. */
  readonly runId: string;
  /** Of the outermost loop of a fork, from which run that was begun. */
  readonly forkOf: ForkOf | undefined;
  /** What runs it, of an actor of the app; empty for a loop. */
  readonly kind: string;
  /** The id of the actor of the app that has invoked or spawned it; empty where there is none. */
  readonly under: string;

  /** The program lets pages send it no event. */
  readonly isClosed: boolean;

  constructor(line: ActorLine, index: number, parent: Actor | undefined, row: number) {
    this.index = index;
    this.id = line.id;
    this.name = line.name || line.path;
    this.loop = line.loop;
    this.parent = parent;
    this.chart = line.chart;
    this.late = line.late === true;
    this.runId = typeof line.run === 'string' ? line.run : '';
    this.forkOf = forkOfIn(line.forkOf);
    this.kind = kindOf(line);
    this.under = typeof line.under === 'string' ? line.under : '';
    this.isClosed = line.send === false;
    this.first = row;
    this.from = line.t;
  }

  /** The loop at the top of its run. */
  get root(): Actor {
    let root: Actor = this;
    while (root.parent) root = root.parent;
    return root;
  }

  /** Whether it is known to have ended: it was seen to, or something was that means it. */
  get ended(): boolean {
    return !Number.isNaN(this.end);
  }

  /** Which running of its path it is, counted from 1. */
  get occurrence(): string {
    const at = Math.max(this.id.lastIndexOf('#'), this.kind === '' ? -1 : this.id.lastIndexOf('@'));
    return at < 0 ? '' : this.id.slice(at + 1);
  }

  /** Its name and which running it is, for where its id does not fit: ids of deep loops are longer than any header. */
  get short(): string {
    return this.occurrence && this.kind === '' ? `${this.name}#${this.occurrence}` : this.name;
  }
}

/** One place in the tree of loops of a run; every time it runs there is another actor. */
export class Path {
  /** The rows at which a step of this loop ended, numbered over all its runs. */
  steps: RowIndex = new RowIndex();
  readonly actors: Actor[] = [];
  taken = 0;

  readonly name: string;
  /** Which of the palette's colours it has: the same loop has the same in every run. */
  readonly hue: number;
  readonly run: Run;

  constructor(name: string, hue: number, run: Run) {
    this.name = name;
    this.hue = hue;
    this.run = run;
  }

  /** Takes in all that is known of another: they have turned out to be one. */
  join({ actors, steps }: Path): void {
    for (const actor of actors) actor.path = this;
    this.actors.push(...actors);
    this.actors.sort((a, b) => a.index - b.index);
    const [before, both] = [this.steps, new RowIndex()];
    const each = (index: RowIndex) => Array.from({ length: index.length }, (_, at) => step(index, at));
    // By how many steps the count goes up at a row; what was dropped before the first is in that one's.
    const step = (index: RowIndex, at: number) => ({
      row: index.row(at),
      more: index.count(at) - (at > 0 ? index.count(at - 1) : 0),
    });
    let count = 0;
    for (const { row, more } of [...each(before), ...each(steps)].sort((a, b) => a.row - b.row)) {
      count += more;
      both.push(row, count);
    }
    this.steps = both;
    this.taken = count;
  }
}

/** One run: an outermost loop with all the loops that it ran. What another run did under the same names is not in it. */
export class Run {
  /** The outermost loop. */
  readonly root: Actor;
  /** Counted from 1, in the order in which the runs began. */
  readonly number: number;
  /** Which of the palette's colours it has. */
  readonly hue: number;
  /** The loops of it, by their paths, in the order in which they first ran. */
  readonly paths: Map<string, Path> = new Map();

  constructor(root: Actor, number: number) {
    this.root = root;
    this.number = number;
    this.hue = (number - 1) % HUES;
  }

  /** The id that it was started with; where it was given none, its loop and which run of that it is. */
  get name(): string {
    return this.root.runId || this.root.id;
  }

  /** The loop of this path: a new one, unless it is known. */
  path(name: string): Path {
    const known = this.paths.get(name);
    if (known) return known;
    const path = new Path(name, this.paths.size % HUES, this);
    this.paths.set(name, path);
    return path;
  }
}

/** What runs the actor that a line is about; empty for a loop. */
function kindOf({ id, kind }: ActorLine): string {
  if (typeof kind === 'string') return kind;
  return /@\d+$/.test(id) ? 'actor' : '';
}

/** How an actor of the app stands: whatever its states are called, they are its own. */
export function phaseOfApp(status: string): Phase {
  return status === 'error' ? 'failed' : status === 'done' ? 'done' : status === 'stopped' ? 'stopped' : 'running';
}

/** How an actor of this kind stands after a line about it. */
export function phaseAfter({ value, status = 'active' }: ActorLine | EventLine, kind = ''): Phase {
  return kind === '' ? phaseOf(value, status) : phaseOfApp(status);
}

/** Tells how a loop stands from its machine's state and status. */
export function phaseOf(value: string, status: string): Phase {
  if (value === 'aborted') return 'aborted';
  if (status === 'error' || value === 'failed') return 'failed';
  if (value === 'skipped') return 'skipped';
  if (status === 'done' || value === 'finished') return 'done';
  if (status === 'stopped') return 'stopped';
  return value === 'paused' ? 'paused' : 'running';
}

export const isOver = (phase: Phase): boolean => phase !== 'running' && phase !== 'paused' && phase !== 'unknown';

/** How many of some actors, in the order they began, had begun by a row. */
export function begun(actors: readonly Actor[], row: number): number {
  let low = 0;
  let high = actors.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (actors[middle]!.first <= row) low = middle + 1;
    else high = middle;
  }
  return low;
}
