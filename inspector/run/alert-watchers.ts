import { looksTold } from '../../src/inspect/looking.ts';
import { parseCondition } from '../../src/inspect/when.ts';
import type { Line } from '../lines/line.ts';
import { figure } from '../text/number.ts';
import { isEnd, thrownIn, thrownWords } from '../text/thrown.ts';
import { duration } from '../text/time.ts';
import type { Actor, Path } from './actor.ts';
import type { AlertRule } from './alert-rules.ts';
import type { Contexts } from './contexts.ts';
import { keysText } from './held.ts';
import { type OddNumber, oddNumbers } from './odd-numbers.ts';
import type { Store } from './store.ts';

/** A row of a loop, as those see it who watch for alerts. */
export interface Seen {
  row: number;
  line: Line;
  actor: Actor;
  t: number;
  /** How many steps it ends. */
  steps: number;
}

/** Something that is to be told. */
export interface Raised {
  actor: Actor;
  row: number;
  t: number;
  says: string;
}

/** Sees the rows in order, and tells what its rule asks for. What it remembers is bounded by the loops that there are. */
export interface Watcher {
  see(seen: Seen): readonly Raised[];
}

export function watcherOf(rule: AlertRule, store: Store, contexts: Contexts): Watcher {
  switch (rule.kind) {
    case 'when':
      return whenWatcher(rule.when, rule.loop, contexts);
    case 'stall':
      return new StallWatcher(rule.seconds * 1000);
    case 'slower':
      return slowerWatcher(rule.times);
    case 'odd':
      return oddWatcher();
    case 'failed':
      return failedWatcher(store);
  }
}

const NOTHING: readonly Raised[] = [];
const at = ({ actor, row, t }: Seen, says: string): readonly Raised[] => [{ actor, row, t, says }];

/** Told when it becomes true, as a breakpoint pauses. */
function whenWatcher(when: string, loop: string | undefined, contexts: Contexts): Watcher {
  const condition = parseCondition(when, looksTold);
  const was = new WeakMap<Actor, boolean | undefined>();
  return {
    see(seen) {
      const { actor, row } = seen;
      if (loop !== undefined && actor.path.name !== loop) return NOTHING;
      const context = contexts.at(actor, row);
      const is = context && condition(context);
      const before = was.get(actor);
      was.set(actor, is);
      return is === true && before !== true ? at(seen, when) : NOTHING;
    },
  };
}

function oddWatcher(): Watcher {
  const odd = new WeakMap<Path, ReadonlySet<string>>();
  return {
    see(seen) {
      const { actor } = seen;
      const now = oddNumbers(seen.line);
      if (!now) return NOTHING;
      const before = odd.get(actor.path);
      if (!now.length) {
        if (before) odd.delete(actor.path);
        return NOTHING;
      }
      odd.set(actor.path, new Set(now.map(({ keys }) => keysText(keys))));
      const fresh = now.filter(({ keys }) => !before?.has(keysText(keys)));
      return fresh.length ? at(seen, fresh.slice(0, 3).map(oddWords).join(', ')) : NOTHING;
    },
  };
}

/** "loss is NaN". */
export const oddWords = ({ keys, value }: OddNumber): string => `${keysText(keys)} is ${value}`;

function failedWatcher(store: Store): Watcher {
  return {
    see(seen) {
      const { line, row } = seen;
      if (line.type !== 'event' || line.event.type !== 'loop.failed' || line.value !== 'failed') return NOTHING;
      const thrown = thrownIn(line);
      return store.failures.all.has(row) && !isEnd(thrown) ? at(seen, thrownWords(thrown)) : NOTHING;
    },
  };
}

/** So many steps are the latest, and at least as many have to lie before them. */
const LATEST = 8;
const BEFORE = 16;
/** Shorter steps vary by as much as a machine has other things to do. */
const SHORTEST = 5;

interface Pace {
  /** Milliseconds, of the latest steps. */
  latest: number[];
  /** Of those before. */
  sum: number;
  count: number;
  slow: boolean;
}

/** The mean of the latest steps against that of all before. Told once, until it is fast again. */
function slowerWatcher(times: number): Watcher {
  const paces = new WeakMap<Path, Pace>();
  const clocks = new WeakMap<Actor, { since: number; excused: boolean }>();
  return {
    see(seen) {
      const { actor, t, steps, line } = seen;
      const { since, excused } = clocks.get(actor) ?? { since: t, excused: false };
      const begins = line.type === 'event' && line.event.type === 'xstate.done.actor.onRunStart';
      const excuse = excuses(line) || (steps < 1 && !begins && excused);
      clocks.set(actor, { since: steps > 0 || begins ? t : since, excused: excuse });
      if (steps < 1 || excused) return NOTHING;
      const pace = paces.get(actor.path) ?? { latest: [], sum: 0, count: 0, slow: false };
      paces.set(actor.path, pace);
      return paced(pace, (t - since) / steps, times) ? at(seen, paceWords(pace)) : NOTHING;
    },
  };
}

/** Takes in how long a step took, and tells whether it has become slow by that. */
function paced(pace: Pace, ms: number, times: number): boolean {
  const { latest, slow } = pace;
  latest.push(ms);
  if (latest.length > LATEST) {
    pace.sum += latest.shift()!;
    pace.count++;
  }
  if (pace.count < BEFORE) return false;
  pace.slow = meanOf(pace) > (pace.sum / pace.count) * times && meanOf(pace) > SHORTEST;
  return pace.slow && !slow;
}

const meanOf = ({ latest }: Pace) => latest.reduce((sum, ms) => sum + ms, 0) / latest.length;

const paceWords = (pace: Pace) =>
  `a step takes ${duration(meanOf(pace))}, before it took ${duration(pace.sum / pace.count)}`;

/** No step for too long, in a run that neither was paused nor waited for anybody. */
export class StallWatcher implements Watcher {
  readonly #ms: number;
  readonly #runs = new WeakMap<Actor, Raised & { excused: boolean; told: boolean }>();

  constructor(ms: number) {
    this.#ms = ms;
  }

  see({ actor, row, t, steps, line }: Seen): readonly Raised[] {
    const { root } = actor;
    const last = this.#runs.get(root);
    const late = last && this.#due(last, t);
    if (!last || steps > 0) this.#runs.set(root, { actor, row, t, says: '', excused: excuses(line), told: false });
    else if (excuses(line)) last.excused = true;
    return late ?? NOTHING;
  }

  /** Asked while nothing comes: whether a run has stood for too long at a time. */
  ask(root: Actor, t: number): readonly Raised[] {
    const last = this.#runs.get(root);
    return (!root.ended && last && this.#due(last, t)) || NOTHING;
  }

  #due(last: Raised & { excused: boolean; told: boolean }, t: number): readonly Raised[] | undefined {
    if (last.excused || last.told || t - last.t <= this.#ms) return undefined;
    last.told = true;
    const { actor, row } = last;
    return [
      { actor, row, t: last.t + this.#ms, says: `no step for more than ${figure(this.#ms / 1000)} s after this` },
    ];
  }
}

/** Whether a line says that it may take as long as it likes until the next step. */
const excuses = (line: Line): boolean =>
  line.type === 'event' && (line.value === 'paused' || line.event.type === 'loop.asked');
