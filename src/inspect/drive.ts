import type { LoopControlEvent } from '../chart/context.ts';
import { leaves } from '../chart/tree-state.ts';
import { rootOf, type Sighting, type Subject } from '../recording/sighting.ts';
import { type Breakpoint, matches } from './breakpoint.ts';
import { type Condition, parseCondition } from './when.ts';

interface Point extends Breakpoint {
  condition: Condition | undefined;
  /** By loop, whether the condition held at its last event: it is met when it becomes true. */
  held: WeakMap<Subject, boolean>;
}

/** How a run is driven from here. */
interface Driven {
  /** Steps are doled out, rather than waited for by hand. */
  going: boolean;
  /** The breakpoint that it waits at. */
  hit: Hit | undefined;
  /** Steps that are due, and when that was reckoned. */
  owed: number;
  at: number;
}

/** A breakpoint that was met, by which loop, and the number of the line at which it was. */
export interface Hit {
  id: string;
  seq: number;
  point: Breakpoint;
}

/** How runs are driven: what every page shows, whoever set it. */
export interface Settings {
  /** Steps a second; null: as fast as they come. */
  perSec: number | null;
  points: Breakpoint[];
  /** The runs that go on, by the ids of their roots: at so many steps a second they are paused between two of them. */
  going: string[];
  /** Where runs wait that have met a breakpoint. */
  hits: Hit[];
}

/** Steps are doled out this often at most, and at least, in milliseconds: a timer that is to wait longer fires at once. */
const shortest = 16;
const longest = 2 ** 30;

/** Speed and breakpoints, by nothing but the events that anyone may send: pause, step and resume. */
export class Drive {
  readonly #runs = new Map<Subject, Driven>();
  /** Runs that wait because of what was sent from here. */
  readonly #waiting = new Set<Subject>();
  readonly #hold: (hold: boolean) => void;
  readonly #changed: () => void;
  readonly #fault: (error: unknown) => void;
  /** Events that were sent from here. */
  readonly #own = new WeakSet<object>();
  #points: Point[] = [];
  #perSec: number | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param hold called with whether some run waits for what is sent from here, so that the process must not end
   * @param changed called when the settings have changed
   * @param fault called with what is thrown while nobody waits for it: where a timer lets a run take its next steps
   */
  constructor(hold: (hold: boolean) => void, changed: () => void, fault: (error: unknown) => void) {
    this.#hold = hold;
    this.#changed = changed;
    this.#fault = fault;
  }

  get settings(): Settings {
    const runs = [...this.#runs];
    return {
      perSec: this.#perSec,
      points: this.#points.map(told),
      going: runs.filter(([, { going }]) => going).map(([{ id }]) => id),
      hits: runs.flatMap(([, { hit }]) => hit ?? []),
    };
  }

  send(subject: Subject, event: LoopControlEvent): void {
    if (subject.actor === undefined) return;
    const root = rootOf(subject);
    const run = this.#runs.get(root);
    if (run !== undefined) {
      this.#set(run, event);
      // The steps come one by one.
      if (run.going && this.#perSec !== null) return;
    }
    this.#tell(subject, event);
  }

  /** To all runs at once. One that cannot take it does not keep the others from it. */
  sendAll(event: LoopControlEvent): void {
    for (const root of [...this.#runs.keys()]) this.#guarded(() => this.send(root, { ...event }));
  }

  /** Steps per second; null: as fast as they come. */
  speed(perSec: number | null): void {
    this.#perSec = perSec;
    this.#changed();
    clearInterval(this.#timer);
    for (const [root, run] of this.#runs) {
      if (!run.going) continue;
      if (perSec === null) this.#tell(root, { type: 'loop.resume' });
      else this.#slow(root, run);
    }
    if (perSec === null) return;
    this.#timer = setInterval(() => this.#tick(), Math.min(longest, Math.max(shortest, 1000 / perSec)));
    // What waits holds the process, not the clock.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  break(points: readonly Breakpoint[]): void {
    this.#points = points.map((point) => ({
      ...point,
      condition: point.when === undefined ? undefined : parseCondition(point.when),
      held: new WeakMap(),
    }));
    this.#changed();
  }

  /** Called with all that is seen, at once: a run pauses before the next step. */
  seen(sighting: Sighting): void {
    // Breakpoints and speed are for loops.
    if (sighting.subject.ofApp !== undefined) return;
    if (sighting.subject.parent === undefined) this.#seenRun(sighting);
    const type = sighting.event?.type ?? '';
    // Pausing is seen as well.
    if (this.#points.length === 0 || type === 'loop.pause') return;
    // All of them, so that each knows whether its condition holds.
    const [met] = this.#points.filter((point) => isMet(point, sighting, type));
    if (met === undefined) return;
    const { subject } = sighting;
    const root = rootOf(subject);
    this.send(root, { type: 'loop.pause' });
    const run = this.#runs.get(root);
    if (run === undefined) return;
    run.hit = { id: subject.id, seq: subject.now.seq, point: told(met) };
    this.#changed();
  }

  #set(run: Driven, { type }: { type: string }): void {
    const going = type === 'loop.resume';
    // One that is paused once more still waits where it did.
    const hit = type === 'loop.pause' ? run.hit : undefined;
    if (run.going === going && run.hit === hit) return;
    run.going = going;
    run.hit = hit;
    this.#changed();
  }

  #seenRun({ subject, event, status, context }: Sighting): void {
    if (event === undefined) {
      // One that came out of a snapshot may have ended.
      if (status === 'active') this.#begun(subject);
    } else if (status !== 'active') {
      this.#runs.delete(subject);
      this.#wait(subject, false);
      this.#changed();
    } else if ((event.type === 'loop.pause' || event.type === 'loop.resume') && !this.#own.has(event)) {
      // By the program itself.
      const run = this.#runs.get(subject);
      const goes = event.type === 'loop.resume';
      if (run !== undefined) this.#set(run, event);
      if (goes && this.#perSec !== null && run !== undefined) this.#slow(subject, run);
      // Paused from its start: whoever asked for that wants to go on from here.
      else this.#wait(subject, !goes && context.done === null);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#points = [];
    this.#runs.clear();
    this.#waiting.clear();
    this.#hold(false);
  }

  #begun(root: Subject): void {
    const paused = isPaused(root);
    const run: Driven = { going: !paused, hit: undefined, owed: 0, at: 0 };
    this.#runs.set(root, run);
    this.#changed();
    if (paused) this.#wait(root, true);
    // Not before it has been started.
    if (this.#perSec !== null) queueMicrotask(() => this.#guarded(() => run.going && this.#slow(root, run)));
  }

  #slow(root: Subject, run: Driven): void {
    run.owed = 0;
    run.at = performance.now();
    this.#tell(root, { type: 'loop.pause' });
  }

  #tick(): void {
    const now = performance.now();
    const perSec = this.#perSec ?? 0;
    for (const [root, run] of this.#runs) {
      if (!run.going) continue;
      // What a slow step kept from being taken is not caught up with in a rush.
      run.owed = Math.min(run.owed + ((now - run.at) * perSec) / 1000, Math.max(1, perSec / 20));
      run.at = now;
      const n = Math.floor(run.owed + 1e-6);
      if (n < 1 || !isPaused(root)) continue;
      run.owed -= n;
      this.#guarded(() => this.#tell(root, { type: 'loop.step', n }));
    }
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fault(error);
    }
  }

  #tell(subject: Subject, event: LoopControlEvent): void {
    const root = rootOf(subject);
    this.#wait(root, event.type === 'loop.pause' || event.type === 'loop.step');
    this.#own.add(event);
    subject.actor?.send(event);
  }

  #wait(root: Subject, waits: boolean): void {
    const before = this.#waiting.size;
    if (waits && root.actor !== undefined) this.#waiting.add(root);
    else this.#waiting.delete(root);
    if (before === 0 || this.#waiting.size === 0) this.#hold(this.#waiting.size > 0);
  }
}

function told({ condition, held, ...point }: Point): Breakpoint {
  return point;
}

function isPaused(root: Subject): boolean {
  return root.actor !== undefined && leaves(root.actor).every((leaf) => leaf.getSnapshot().value === 'paused');
}

function isMet(point: Point, { subject, before }: Sighting, type: string): boolean {
  const { id, path, now } = subject;
  if (!matches(point, { id, path, before, value: now.value, type })) return false;
  if (point.condition === undefined) return true;
  const was = point.held.get(subject) ?? false;
  const is = point.condition(now.context) === true;
  point.held.set(subject, is);
  return is && !was;
}
