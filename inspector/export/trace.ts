import type { Store } from '../run/store.ts';

/** The timeline as a Chrome trace, which Perfetto and chrome://tracing open: a span for each run, state and step. */
export function chromeTrace(store: Store): string {
  const events: object[] = [];
  const start = store.end ? store.t(store.first) : 0;
  const us = (t: number) => Math.round((t - start) * 1000);
  for (const actor of store.actors.values()) {
    // Spans on a lane lie in each other; those of actors that are no loops may not.
    if (actor.kind !== '') continue;
    const end = Number.isNaN(actor.end) ? store.t(store.last) : actor.end;
    const common = { ph: 'X', pid: 1, tid: actor.lane };
    events.push({
      ...common,
      cat: 'loop',
      name: actor.id,
      ts: us(actor.from),
      dur: us(end) - us(actor.from),
      args: { loop: actor.loop, steps: actor.steps },
    });
    for (let at = 0; at < actor.rows.length; at++) {
      const row = actor.rows.row(at);
      const value = store.values.list[store.value(row)]!;
      const from = us(store.t(row));
      const until = at + 1 < actor.rows.length ? us(store.t(actor.rows.row(at + 1))) : us(end);
      if (until <= from) continue;
      const name = value === 'advancing' ? `${actor.name} step ${actor.rows.count(at) + 1}` : value;
      events.push({ ...common, cat: 'state', name, ts: from, dur: until - from, args: { seq: store.seq(row) } });
    }
  }
  return JSON.stringify({ displayTimeUnit: 'ms', otherData: { runId: store.runId }, traceEvents: events });
}
