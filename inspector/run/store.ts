import { type Signal, signal } from '@preact/signals';
import { textAsWritten } from '../../src/inspect/as-told.ts';
import { chartKey, chartLine } from '../../src/inspect/wire.ts';
import type { ActorLine, ChartLine, EventLine, LaggedLine, Line, LoopContext } from '../lines/line.ts';
import { Row } from '../lines/row.ts';
import { wholeLine } from '../lines/whole-line.ts';
import type { Taken } from '../sources/source.ts';
import { isEnd, thrownIn } from '../text/thrown.ts';
import { type Actor, isOver, type Path, type Phase, phaseAfter, type Run } from './actor.ts';
import { Actors } from './actors.ts';
import { Failures } from './failures.ts';
import type { Lanes } from './lanes.ts';
import { RowIndex } from './row-index.ts';
import { Rows } from './rows.ts';

export interface Bounds {
  events: number;
  bytes: number;
}

/** What the page knows of a run: its lines, and what was made of them. */
export class Store extends Rows {
  /** The actors of the app that are no loops, by their names. */
  get apps(): ReadonlyMap<string, Path> {
    return this.#actors.apps;
  }

  /** By key. All loops have the library's own, unless a recording says otherwise. */
  readonly charts: Map<string, ChartLine> = new Map([[chartKey, chartLine(0, 0) as unknown as ChartLine]]);
  readonly #actors = new Actors((actor) => this.#gapSince(actor));
  readonly actors: ReadonlyMap<string, Actor> = this.#actors.byId;
  /** In the order in which they began. */
  readonly runs: readonly Run[] = this.#actors.runs;
  readonly roots: readonly Actor[] = this.#actors.roots;
  /** The rows of the timeline: also what was let go of is in them. */
  readonly lanes: Lanes = this.#actors.lanes;
  /** The same of the whole of a file, where this holds a part of it. */
  around: Lanes | undefined;
  runId = '';
  /** `record()` has made it: what is saved of it is written as it does. */
  recorded = false;
  /** Lines the program did not send, by why. */
  readonly lagged: Map<string, number> = new Map();
  /** The rows before which something is missing that the loops did. */
  readonly gaps: RowIndex = new RowIndex();
  /** What was thrown, and which rows tell of it. */
  readonly failures: Failures = new Failures();
  /** What came and could not be read. */
  unreadable = 0;
  /** Lines that are missing before the first one: it was attached late, or the ring had let them go. */
  unseen = 0;
  /** Whether more may come. Where not, how what had not ended stands is not known from the last row on. */
  readonly goesOn: Signal<boolean> = signal(true);
  /** The context after the rows of an actor up to one, needed before they are dropped. */
  contextAt: (actor: Actor, row: number) => LoopContext | undefined = () => undefined;

  readonly #bounds: Bounds;

  constructor(bounds: Bounds) {
    super();
    this.#bounds = bounds;
  }

  /** A line as files have it. */
  textOf(line: Line): string {
    return this.recorded ? textAsWritten(line) : JSON.stringify(line);
  }

  actor(row: number): Actor | undefined {
    const index = this.actorIndex(row);
    return index < 0 ? undefined : this.#actors.at(index);
  }

  /** The actor of a number, where some of its rows are still here. */
  actorOf(index: number): Actor | undefined {
    return this.#actors.at(index);
  }

  /** When that began which the timeline can show, in milliseconds since 1970: also what was let go of, or lies in another part of the file. */
  get begin(): number {
    const first = this.t(this.first);
    const own = this.dropped ? this.lanes.from : first;
    return Math.min(first, own || first, this.around?.from || first);
  }

  /** When the last of it was. */
  get until(): number {
    const last = this.t(this.last);
    return Math.max(last, this.around?.until || last);
  }

  phase(row: number): Phase {
    const line = this.likeOf(row);
    if (line.type !== 'actor' && line.type !== 'event') return 'running';
    const actor = this.actor(row);
    const phase = phaseAfter(line, actor?.kind);
    return phase === 'aborted' && actor?.endsAnother ? 'ended' : phase;
  }

  /** Takes lines in, and lets go of the oldest where those are too many. */
  add(lines: readonly Taken[], bytes: number): void {
    this.take(lines, bytes);
    this.trim();
  }

  /** Takes lines in, and keeps all that are there. */
  take(lines: readonly Taken[], bytes: number): void {
    const each = bytes / Math.max(1, lines.length);
    for (const line of lines) {
      try {
        this.#take(line, each);
      } catch {
        // Of a kind that nobody has thought of: it must not take the rest with it.
        this.unreadable++;
      }
    }
  }

  /** Lets go of the oldest lines where there are too many. */
  trim(): void {
    while (this.end - this.first > this.#bounds.events || this.bytes > this.#bounds.bytes) if (!this.letGo()) return;
  }

  /** Lets go of its oldest lines. Tells whether it could: some stay, however many others need room. */
  letGo(): boolean {
    const { oldest } = this;
    if (!oldest) return false;
    this.#forget(oldest);
    this.dropOldest();
    return true;
  }

  #take(taken: Taken, bytes: number): void {
    const row = this.end;
    const { seq, t } = taken;
    const line = taken instanceof Row ? taken.like.line : wholeLine(taken);
    const before = row > this.first ? this.t(row - 1) : t;
    // Of a recording, the first line has the number 0 or 1, unless it was saved without its beginning.
    if (row === 0) this.unseen = Math.max(0, seq - 1);

    let actor: Actor | undefined;
    let type: string = line.type;
    let value = '';
    switch (line.type) {
      case 'recording':
        this.runId = line.runId;
        this.recorded = line.recorded === true;
        break;
      case 'chart':
        this.charts.set(line.key, line);
        break;
      case 'lagged':
        this.#lack(line, row);
        break;
      case 'actor':
        actor = this.#open(line, row);
        value = line.value;
        break;
      case 'event':
        actor = this.actors.get(line.id) ?? this.#open(this.#actors.stranger({ ...line, seq, t }), row);
        type = line.event.type;
        value = line.value;
        if (tellsEnd(type)) this.#endOf(line.from, actor, t);
        break;
    }

    // Time is searched by halving, so a clock that was set back stands still here. That something is missing is often
    // told long after it happened, of what happened before the next line.
    const time = line.type === 'lagged' ? before : Math.max(t, before);
    this.lanes.until = time;
    this.push(taken instanceof Row ? taken : line, { seq, t: time, actor: actor?.index ?? -1, type, value, bytes });
    if (!actor || (line.type !== 'event' && line.type !== 'actor')) return;
    // Whatever the events of an app are called, they are no steps and no failures of a loop.
    const isOfLoop = actor.kind === '';
    const steps = !isOfLoop ? 0 : taken instanceof Row ? taken.steps : stepsOf(line);
    this.#mark(actor, line, row, t, steps);
    if (line.type === 'event' && isOfLoop) this.failures.take(line, row, actor, (id) => this.actors.get(id));
  }

  /** Lines are missing before a row. */
  #lack({ why = '', count }: LaggedLine, row: number): void {
    this.lagged.set(why, (this.lagged.get(why) ?? 0) + count);
    // What was kept back on purpose may be of no account, and there may be much of it.
    if (why === 'redacted' || why === 'fault') return;
    this.gaps.push(row, count);
  }

  /** Where the first lines are missing since an actor was last seen. */
  #gapSince({ rows, first }: Actor): { row: number; t: number } | undefined {
    const at = this.gaps.upTo(rows.length ? rows.row(rows.length - 1) : first) + 1;
    if (at >= this.gaps.length) return undefined;
    const row = this.gaps.row(at);
    return { row, t: this.t(row) };
  }

  /** Whether an actor may have taken more steps by a row than were seen: lines are missing in which it may have. */
  isVague({ first, countedAt, endRow }: Actor, row: number): boolean {
    const last = Math.min(row, endRow);
    return this.gaps.upTo(last) > this.gaps.upTo(last >= countedAt ? Math.max(first, countedAt) : first);
  }

  #mark(actor: Actor, line: ActorLine | EventLine, row: number, t: number, steps: number): void {
    if (actor.kind === '' && typeof line.context?.steps === 'number') {
      actor.steps = line.context.steps;
      actor.countedAt = row;
    } else actor.steps += steps;
    // With none, it tells what a checkpoint has committed.
    if (steps > 0) {
      actor.path.taken += steps;
      actor.path.steps.push(row, actor.path.taken);
    }
    const before = actor.rows.length ? actor.rows.row(actor.rows.length - 1) : undefined;
    if (before === undefined ? actor.first === row : this.value(before) !== this.value(row)) actor.entries.push(row, 0);
    actor.rows.push(row, actor.steps);
    const phase = phaseAfter(line, actor.kind);
    if (phase === 'failed') {
      if (actor.failedAt === Number.POSITIVE_INFINITY) this.#actors.fail(actor);
      actor.failedAt = row;
    }
    if (phase === 'aborted') actor.endsAnother ||= isEnd(thrownIn(line) ?? line.context?.error);
    // `skipped` is a state on the way: its hook still runs. The status says when it is over.
    if (phase === 'skipped' ? line.status && line.status !== 'active' : isOver(phase))
      this.#actors.close(actor, t, row);
    else if (actor.ended) this.#actors.reopen(actor);
  }

  /** A loop is told of the end of one that it ran: of a line that was not seen, this is all that is left. */
  #endOf(id: string | undefined, above: Actor, t: number): void {
    const actor = id === undefined ? undefined : this.actors.get(id);
    if (!actor) return;
    // Of one whose own beginning was not seen, this says who ran it.
    if (actor.late && actor.parent !== above && actor.path.name.startsWith(`${above.path.name}.`))
      this.#actors.adopt(actor, above);
    if (actor.parent === above) this.#actors.close(actor, t, this.end);
  }

  #open(line: ActorLine, row: number): Actor {
    // The run begins with its first loop. What stands before it, the recording's own lines, may be from long before that,
    // from when the recorder was made: it has no length of its own.
    // Of a part of a recording, which tells first how loops stood, it has.
    if (!this.first && !this.actors.size && row > 0) this.setTime(line.late ? Math.max(line.t, this.t(0)) : line.t);
    return this.#actors.open(line, row);
  }

  /** Keeps of some rows what those behind them need, before they are let go of. */
  #forget({ end: from, actors }: NonNullable<Rows['oldest']>): void {
    const gone: Actor[] = [];
    for (const index of actors) {
      const actor = this.#actors.at(index);
      if (!actor) continue;
      // Of what has ended, nothing is needed where all of it goes.
      const { rows } = actor;
      if (actor.ended && (!rows.length || rows.row(rows.length - 1) < from)) {
        actor.path.steps.dropBefore(from);
        gone.push(actor);
        continue;
      }
      const base = this.contextAt(actor, from - 1);
      if (base) actor.base = base;
      const last = actor.rows.upTo(from - 1);
      if (last >= 0) actor.baseValue = this.values.list[this.value(actor.rows.row(last))]!;
      actor.rows.dropBefore(from);
      actor.entries.dropBefore(from);
      actor.first = Math.max(actor.first, from);
      actor.path.steps.dropBefore(from);
    }
    this.#actors.forget(gone);
    this.gaps.dropBefore(from);
    this.failures.dropBefore(from);
  }
}

/** Whether an event tells a loop that one which it ran has ended. */
const tellsEnd = (type: string): boolean =>
  type === 'loop.ended' || type === 'loop.left' || type.startsWith('xstate.done.') || type.startsWith('xstate.error.');

/** How many steps a line ends. */
function stepsOf(line: ActorLine | EventLine): number {
  return line.type === 'event' && line.event.type === 'loop.advanced' ? Number(line.event.steps ?? 1) || 0 : 0;
}
