import type { WebSocket } from 'ws';
import type { Inspection } from '../inspect/inspection.ts';
import type { Sighting, Subject } from '../sighting.ts';
import { legacyChart } from './legacy.ts';

const cuts = { depth: 20, items: 5000, text: 100_000, values: 50_000, characters: 4_000_000 };
/** A receiver that does not take what it is sent is told later, from how the loops stand then. */
const mostWaiting = 4_000_000;
const mostRefused = 20;

/**
 * Speaks the wire protocol of `@xstate/inspect` 0.8.0 with a receiver made by its `createWebSocketReceiver`:
 * `service.register`, `service.event`, `service.state`, `service.stop`, and `xstate.event` from it.
 */
export function connectReceiver(inspection: Inspection, ws: WebSocket): void {
  const known = new Set<string>();
  let live = false;
  let behind = false;
  let faults = 0;

  const send = (message: object) => {
    if (ws.readyState === ws.OPEN) ws.send(JSON.stringify(message));
  };
  const register = (subject: Subject) => {
    const { id, name, parent, loop, t, now } = subject;
    const state = stateOf(inspection, subject, { type: 'xstate.init' }, now);
    if (state === undefined) return;
    known.add(id);
    send({
      type: 'service.register',
      machine: legacyChart(name),
      state,
      id: name,
      sessionId: id,
      ...(parent && { parent: parent.id }),
      source: loop,
      ts: t,
    });
  };
  const registerAll = () => {
    for (const subject of inspection.subjects) if (subject.now.status === 'active') register(subject);
  };

  const untap = inspection.tap((sighting) => {
    if (!live) return;
    const { subject, event, t, status } = sighting;
    if (ws.bufferedAmount > mostWaiting) {
      behind = true;
      return;
    }
    if (behind) {
      behind = false;
      for (const id of known) send({ type: 'service.stop', sessionId: id });
      known.clear();
      registerAll();
    }
    if (!known.has(subject.id)) {
      register(subject);
      if (event === undefined) return;
    }
    const { seq } = subject.now;
    const state = stateOf(inspection, subject, event ?? { type: 'xstate.init' }, sighting);
    if (state !== undefined) {
      const told = eventOf(inspection, sighting);
      send({ type: 'service.event', event: JSON.stringify(told), sessionId: subject.id, seq, ts: t });
      send({ type: 'service.state', state, sessionId: subject.id, seq, ts: t });
    }
    if (status !== 'active') {
      known.delete(subject.id);
      send({ type: 'service.stop', sessionId: subject.id, seq, ts: t });
    }
  });

  ws.on('message', (data, isBinary) => {
    try {
      if (isBinary) throw new Error('Text only.');
      const message = JSON.parse(String(data));
      if (message?.type === 'xstate.inspecting') {
        live = true;
        known.clear();
        registerAll();
      } else if (message?.type === 'xstate.event') {
        const { data: event } = JSON.parse(message.event);
        inspection.control(String(message.service), event);
      } else {
        throw new Error('Expected xstate.inspecting or xstate.event.');
      }
    } catch {
      if (++faults > mostRefused) ws.close(1008, 'These are no commands.');
    }
  });
  ws.on('close', untap);
}

type Stand = Pick<Sighting, 'value' | 'status' | 'context'>;

/** An event in the SCXML shape of XState 4. */
function scxml(event: unknown, type: string, from: string | undefined): object {
  const external = from === undefined && type !== 'xstate.init';
  return {
    name: type,
    data: event,
    $$type: 'scxml',
    type: external ? 'external' : 'platform',
    ...(from === undefined ? {} : { origin: from }),
  };
}

function eventOf(inspection: Inspection, { subject, event, from, t }: Sighting): object {
  const type = event?.type ?? 'xstate.init';
  const { seq } = subject.now;
  const line = inspection.json({ type: 'event', seq, t, id: subject.id, event: event ?? { type } }, cuts);
  const data = line?.event ?? { type };
  return scxml(data, type, from);
}

/** A state in the shape that XState 4 writes; `undefined` where the redactor keeps it back. */
function stateOf(inspection: Inspection, subject: Subject, event: { type: string }, stand: Stand): string | undefined {
  const { value, status, context } = stand;
  const { id, t, now } = subject;
  const line = inspection.json(
    { type: 'actor', seq: now.seq, t, id, path: subject.path, value, status, context },
    cuts,
  );
  if (line === undefined) return undefined;
  const told = { type: event.type };
  return JSON.stringify({
    value: line.value,
    context: line.context,
    event: told,
    _event: scxml(told, event.type, undefined),
    _sessionid: id,
    actions: [],
    activities: {},
    meta: {},
    events: [],
    children: {},
    done: status === 'done',
    changed: true,
    tags: [],
  });
}
