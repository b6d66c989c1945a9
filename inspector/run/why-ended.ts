import type { LoopContext } from '../lines/line.ts';
import { figure } from '../text/number.ts';
import { isThrown, thrownWords } from '../text/thrown.ts';
import { brief } from '../text/value.ts';
import type { Actor } from './actor.ts';
import type { Contexts } from './contexts.ts';
import { enteredAt } from './entry-reason.ts';
import { hookIn } from './hooks.ts';
import { standing } from './standing.ts';
import type { Store } from './store.ts';

/** A run that is over: how, why, and where that came from. */
export interface Ending {
  how: 'finished' | 'skipped' | 'ended' | 'stopped' | 'failed' | 'aborted' | 'cut' | 'unknown';
  /** Milliseconds from its beginning to its end, as far as it was seen. */
  for: number;
  /** What it returned, its reason, or what was thrown: empty where there is none. */
  why: string;
  /** The loop that decided it, and the row at which it did; nothing where that is not held any more. */
  at: { actor: Actor; row: number } | undefined;
  /** What this loop did then, as "at step 3" or "in `reset`"; empty where it was asked from outside. */
  during: string;
  /** What this loop was run with, in words; empty where nothing. */
  args: string;
}

/** What is over does not change any more: found once for each run. */
const known = new WeakMap<Actor, { row: number; ending: Ending }>();

/** How a run came to its end, after the last line that came. */
export function endingOf(store: Store, contexts: Contexts, root: Actor): Ending {
  const here = standing(store, root, store.last);
  const row = here?.row ?? store.last;
  if (!here || here.phase === 'unknown')
    return plain('unknown', (root.ended ? root.end : store.t(store.last)) - root.from);
  const before = known.get(root);
  if (before?.row === row) return before.ending;
  const ending = { ...found(store, contexts, root, row), for: (root.ended ? root.end : store.t(row)) - root.from };
  known.set(root, { row, ending });
  return ending;
}

const plain = (how: Ending['how'], time = 0): Ending => ({
  how,
  for: time,
  why: '',
  at: undefined,
  during: '',
  args: '',
});

function found(store: Store, contexts: Contexts, root: Actor, row: number): Ending {
  const context = contexts.at(root, row) ?? {};
  const last = { actor: root, row };
  switch (store.values.list[store.value(row)]) {
    case 'failed':
      return thrown(store, contexts, root, row, 'failed');
    case 'aborted':
      return {
        ...plain('aborted'),
        why: thrownWords(context.error),
        at: { actor: root, row: enteredAt(root, row) ?? row },
      };
    case 'finished': {
      if (context.skipped === true) return { ...plain('skipped'), at: last };
      if (context.ended) return { ...thrown(store, contexts, root, row, 'ended'), why: reasonOf(context.ended) };
      if (context.stop) return { ...plain('stopped'), why: reasonOf(context.stop), at: stopAsked(store, root) ?? last };
      const line = store.line(row);
      const output = line.type === 'event' ? line.output : undefined;
      return { ...plain('finished'), why: output === undefined || output === null ? '' : brief(output, 200), at: last };
    }
    default:
      // Its machine was stopped in the middle: the run was suspended, or its actor stopped.
      return { ...plain('cut'), at: last };
  }
}

/** The loop in which something was thrown that went up through all above it, and the step it was in. */
function thrown(store: Store, contexts: Contexts, root: Actor, row: number, how: 'failed' | 'ended'): Ending {
  const entered = enteredAt(root, how === 'ended' ? endingBegan(store, root) : row) ?? row;
  let origin = { actor: root, row: entered };
  const what = how === 'failed' ? contexts.at(root, row)?.error : undefined;
  for (let inner = cause(store, contexts, origin, what); inner; inner = cause(store, contexts, origin, what))
    origin = inner;
  const { actor } = origin;
  return {
    ...plain(how),
    why: messageAt(store, contexts, origin),
    at: origin,
    during: duringWhat(store, origin),
    args: argsOf(contexts.at(actor, origin.row)),
  };
}

function duringWhat(store: Store, { actor: { rows }, row }: { actor: Actor; row: number }): string {
  const at = rows.upTo(row) - 1;
  if (at < 0) return '';
  const hook = hookIn(store.values.list[store.value(rows.row(at))]!);
  if (hook === 'advance') return `at step ${figure(rows.count(at) + 1)}`;
  return hook ? `in \`${hook}\`` : '';
}

/** The child from which came what ended a loop: of those that threw the same in its last step, the one that did first. */
function cause(
  store: Store,
  contexts: Contexts,
  { actor, row }: { actor: Actor; row: number },
  error: unknown,
): { actor: Actor; row: number } | undefined {
  let first: { actor: Actor; row: number } | undefined;
  const began = stepBegan(actor, row);
  for (const runs of actor.children.values()) {
    for (let at = runs.length - 1; at >= 0; at--) {
      const child = runs[at]!;
      if (child.first > row) continue;
      const state = standing(store, child, row);
      const entered = state && enteredAt(child, state.row);
      // The runs before it ended before it began.
      if (!state || entered === undefined || entered < began) break;
      const threw = contexts.at(child, state.row)?.error;
      if (!isSame(threw, error, actor)) continue;
      if (!first || entered < first.row) first = { actor: child, row: entered };
    }
  }
  return first;
}

/** Whether what a child threw is what its parent failed with or, with none, the end of that parent's run. */
function isSame(threw: unknown, error: unknown, above: Actor): boolean {
  if (!isThrown(threw)) return false;
  if (error === undefined) return threw.name === 'EndLoop' && above.root.path.name === threw.path;
  for (let one: unknown = error; isThrown(one); one = one.cause)
    if (one.name === threw.name && one.message === threw.message) return true;
  return false;
}

/** The row at which the step began that a loop was in. */
function stepBegan({ rows, first }: Actor, row: number): number {
  const last = rows.upTo(row) - 1;
  if (last < 0) return first;
  let at = last;
  while (at > 0 && rows.count(at - 1) === rows.count(last)) at--;
  return rows.row(at);
}

/** The row of the last state but one of a run that finished: there it was decided that it ends. */
function endingBegan(store: Store, { entries }: Actor): number {
  for (let at = entries.length - 1; at >= 0; at--)
    if (store.values.list[store.value(entries.row(at))] === 'ending') return entries.row(at);
  return store.last;
}

/** Where a run was asked to stop. */
function stopAsked(store: Store, actor: Actor): { actor: Actor; row: number } | undefined {
  const { rows } = actor;
  for (let at = rows.upTo(endingBegan(store, actor)); at >= 0; at--)
    if (store.types.list[store.type(rows.row(at))] === 'loop.stop') return { actor, row: rows.row(at) };
  return undefined;
}

/** What was thrown, as the line says it where it does. */
function messageAt(store: Store, contexts: Contexts, { actor, row }: { actor: Actor; row: number }): string {
  const line = store.line(row);
  return thrownWords((line.type === 'event' ? line.error : undefined) ?? contexts.at(actor, row)?.error);
}

function argsOf(context: LoopContext | undefined): string {
  const args = context?.args;
  return Array.isArray(args) ? args.map((arg) => brief(arg, 60)).join(', ') : '';
}

/** The reason in `stop` and `ended` of a loop; empty where none was given. */
export function reasonOf(given: unknown): string {
  const reason = isThrown(given) ? given.reason : undefined;
  if (reason === undefined || reason === null) return '';
  return typeof reason === 'string' ? reason : brief(reason, 200);
}
