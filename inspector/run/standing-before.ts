import { marked } from '../../src/data/shared.ts';
import type { ActorLine, Line, LoopContext } from '../lines/line.ts';
import type { Actor } from './actor.ts';
import type { Contexts } from './contexts.ts';
import type { Store } from './store.ts';

interface Rows {
  first: number;
  end: number;
}

/**
 * The lines that a recording begins with which has only some rows: each loop that still matters as it stood then, marked
 * late, so that what follows can be read by itself.
 *
 * @param rows those that follow; the first may be one that is still to come
 */
export function* standingBefore(store: Store, contexts: Contexts, rows: Rows): Generator<Line, void> {
  const { first } = rows;
  const isHeld = first < store.end;
  const seq = isHeld ? store.seq(first) : store.seq(store.last) + 1;
  const t = store.t(isHeld ? first : store.last);
  yield {
    type: 'recording',
    seq: seq - 1,
    t,
    format: 1,
    runId: store.runId,
    ...(store.recorded && { recorded: true }),
  };
  for (const chart of store.charts.values()) if (chart.seq < seq) yield chart;
  for (const actor of store.actors.values()) {
    const late = lateLine(store, contexts, actor, rows, seq);
    if (late) yield late;
  }
}

/** As lines have it. */
const contextOf = (actor: Actor, context: LoopContext): LoopContext =>
  (actor.kind === '' ? marked(context) : context.context) as LoopContext;

/** How a loop stood before the first of some rows; nothing where these begin with it, or it has no part in them. */
function lateLine(
  store: Store,
  contexts: Contexts,
  actor: Actor,
  { first, end }: Rows,
  seq: number,
): ActorLine | undefined {
  const before = actor.rows.upTo(first - 1);
  const next = actor.rows.length > before + 1 ? actor.rows.row(before + 1) : undefined;
  // With no row before, its beginning was let go, or it begins later: among the rows it says so itself.
  if (before < 0 && next !== undefined) {
    const wasThere = actor.baseValue !== '';
    if (store.line(next).type === 'actor' || (next >= end && !wasThere)) return undefined;
  }
  if (actor.ended && actor.endRow < first) return undefined;
  const value = before < 0 ? actor.baseValue : store.values.list[store.value(actor.rows.row(before))];
  return {
    type: 'actor',
    seq: seq - 1,
    t: actor.from,
    id: actor.id,
    path: actor.kind === '' ? actor.path.name : actor.name,
    name: actor.name,
    loop: actor.loop,
    ...(actor.parent && { parent: actor.parent.id }),
    ...(actor.runId && { run: actor.runId }),
    ...(actor.forkOf && { forkOf: actor.forkOf }),
    ...(actor.kind && { kind: actor.kind }),
    ...(actor.under && { under: actor.under }),
    chart: actor.chart,
    value: value || (actor.kind === '' ? 'advancing' : 'active'),
    context: contextOf(actor, contexts.at(actor, first - 1) ?? {}),
    status: 'active',
    late: true,
  };
}
