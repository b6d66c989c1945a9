import type { WebSocket } from 'ws';
import type { Channel } from '../inspect/backlog.ts';
import type { Inspection } from '../inspect/inspection.ts';
import type { Sighting, Subject } from '../recording/sighting.ts';
import { notCommands } from './answer.ts';
import { legacyChart } from './legacy.ts';

const cuts = { depth: 20, items: 5000, text: 100_000, values: 50_000, characters: 4_000_000 };
const mostRefused = 20;

/**
 * Speaks the wire protocol of `@xstate/inspect` 0.8.0 with a receiver made by its `createWebSocketReceiver`:
 * `service.register`, `service.event`, `service.state`, `service.stop`, and `xstate.event` from it.
 */
export function connectReceiver(inspection: Inspection, ws: WebSocket): void {
  const receiver = new Receiver(inspection, ws);
  const untap = inspection.tap((sighting) => receiver.tell(sighting));
  const leave = inspection.backlog.add(receiver);
  let faults = 0;
  ws.on('message', (data, isBinary) => {
    try {
      if (isBinary) throw new Error('Expected text, got bytes.');
      receiver.hear(JSON.parse(String(data)));
    } catch {
      // The protocol has no word for a refusal.
      if (++faults > mostRefused) ws.close(1008, notCommands);
    }
  });
  ws.on('close', () => {
    untap();
    leave();
  });
}

class Receiver implements Channel {
  readonly #inspection: Inspection;
  readonly #ws: WebSocket;
  /** The loops that it has been told of, and not that they have ended. */
  readonly #known = new Set<string>();
  /** It has said that it listens. */
  #live = false;
  /** It did not take in what it was sent: when it has, it is told from how the loops stand then. */
  #behind = false;

  constructor(inspection: Inspection, ws: WebSocket) {
    this.#inspection = inspection;
    this.#ws = ws;
  }

  get waiting(): number {
    return this.#ws.bufferedAmount;
  }

  send(text: string): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(text);
  }

  /** @throws Error for a message that is none of the protocol, or asks for what is not allowed */
  hear(message: any): void {
    if (message?.type === 'xstate.inspecting') {
      this.#live = true;
      this.#known.clear();
      this.#registerAll();
    } else if (message?.type === 'xstate.event') {
      const { data: event } = JSON.parse(message.event);
      this.#inspection.control(String(message.service), event);
    } else {
      throw new Error('Expected xstate.inspecting or xstate.event, got another message.');
    }
  }

  tell(sighting: Sighting): void {
    if (!this.#live) return;
    const { subject, event, t, status } = sighting;
    // It is told of loops, which have all one chart.
    if (subject.ofApp !== undefined) return;
    if (!this.#inspection.backlog.hasRoom(this)) {
      this.#behind = true;
      return;
    }
    if (this.#behind) this.#catchUp();
    if (!this.#known.has(subject.id)) {
      this.#register(subject);
      if (event === undefined) return;
    }
    const { seq } = subject.now;
    const state = stateOf(this.#inspection, subject, event ?? { type: 'xstate.init' }, sighting);
    if (state !== undefined) {
      const told = eventOf(this.#inspection, sighting);
      this.#say({ type: 'service.event', event: JSON.stringify(told), sessionId: subject.id, seq, ts: t });
      this.#say({ type: 'service.state', state, sessionId: subject.id, seq, ts: t });
    }
    if (status !== 'active') {
      this.#known.delete(subject.id);
      this.#say({ type: 'service.stop', sessionId: subject.id, seq, ts: t });
    }
  }

  #catchUp(): void {
    for (const id of this.#known) this.#say({ type: 'service.stop', sessionId: id });
    this.#known.clear();
    this.#registerAll();
  }

  #registerAll(): void {
    this.#behind = false;
    for (const subject of this.#inspection.subjects) {
      if (subject.ofApp !== undefined || subject.now.status !== 'active') continue;
      if (!this.#inspection.backlog.hasRoom(this)) {
        this.#behind = true;
        return;
      }
      this.#register(subject);
    }
  }

  #register(subject: Subject): void {
    const { id, name, parent, loop, t, now } = subject;
    const state = stateOf(this.#inspection, subject, { type: 'xstate.init' }, now);
    if (state === undefined) return;
    this.#known.add(id);
    this.#say({
      type: 'service.register',
      machine: legacyChart(name),
      state,
      id: name,
      sessionId: id,
      ...(parent && { parent: parent.id }),
      source: loop,
      ts: t,
    });
  }

  #say(message: object): void {
    this.send(JSON.stringify(message));
  }
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
