import type { Json } from '../data/json.ts';
import { edgeJson } from './edges.ts';
import type { ActorLine, ChartLine, EventLine } from './lines.ts';
import type { Edge, Sighting, Standing, Subject } from './sighting.ts';

/** What a line about an actor of the app is made of. All of it was copied when it was seen. */
export type AppSighting = Pick<
  Sighting,
  'chart' | 'event' | 't' | 'from' | 'value' | 'status' | 'output' | 'error' | 'context' | 'hasNewContext'
> & { readonly transitions: readonly Edge[] };

/** A line about an actor of the app. */
export function appLine(subject: Subject, seen: AppSighting, seq: number): ChartLine | ActorLine | EventLine {
  const { chart, event, t, from, value, status, output, error, transitions, context, hasNewContext } = seen;
  if (chart !== undefined) return { type: 'chart', seq, t, key: chart.key, root: chart.root };
  const gave = output === undefined ? {} : { output: output as Json };
  if (event === undefined) return { ...appActorLine(subject, { seq, value, status, context }), ...gave };
  return {
    type: 'event',
    seq,
    t,
    id: subject.id,
    ...(from === undefined ? {} : { from }),
    value,
    ...(status === 'active' ? {} : { status }),
    ...(transitions.length === 0 ? {} : { tr: transitions.map(edgeJson) }),
    ...(error === undefined ? {} : { error: errorOf(error as Json) }),
    event: event as EventLine['event'],
    ...gave,
    ...(hasNewContext ? { context: context as unknown as Json } : {}),
  };
}

/** Which actor of the app this is, and how it stands. */
export function appActorLine(subject: Subject, { seq, value, status, context }: Standing): ActorLine {
  const { id, path, loop, under, late, t, ofApp } = subject;
  return {
    type: 'actor',
    seq,
    t,
    id,
    path,
    loop,
    kind: ofApp!.kind,
    ...(ofApp!.chart && { chart: ofApp!.chart.key }),
    ...(under && { under: under.id }),
    value,
    context: context as unknown as Json,
    ...(status === 'active' ? {} : { status }),
    ...(late ? { late } : {}),
  };
}

/** What an actor failed with may be anything; a line has an error there. */
function errorOf(error: Json): NonNullable<EventLine['error']> {
  const told = typeof error === 'object' && error !== null && !Array.isArray(error) ? error.$error : undefined;
  return (told ?? { name: 'Error', message: typeof error === 'string' ? error : JSON.stringify(error) }) as never;
}
