import type { AnyActorRef, InspectionEvent } from 'xstate';
import { LoopError } from './errors.ts';
import { encodeJson } from './json-form.ts';
import { plainEvent, plainOutput, type Recording, type RecordingLine, toldError } from './lines.ts';
import { machineLoops } from './machines.ts';
import { recorder } from './options.ts';

/** An inspection observer that keeps a recording. */
export interface Recorder {
  readonly recording: Recording;
  next(event: InspectionEvent): void;
}

/**
 * Records the loops of a run: `loop.start({ inspect: record() })`. Other actors of the system are left out.
 * @param onLine called with each line as it is made, and the recording stays empty: for writing it elsewhere
 */
export function record(onLine?: (line: RecordingLine) => void): Recorder {
  const recording: Recording = [];
  const ids = new WeakMap<AnyActorRef, string>();
  const times = new Map<string, number>();
  const senders = new WeakMap<object, string>();
  const announced = new WeakSet<AnyActorRef>();
  const keep = onLine ?? ((line: RecordingLine) => void recording.push(line));
  let seq = 0;

  const observer = {
    recording,
    [recorder]: true,
    next(event: InspectionEvent): void {
      const actor = event.actorRef as AnyActorRef;
      switch (event.type) {
        case '@xstate.actor':
          announced.add(actor);
          break;
        case '@xstate.event': {
          // As it is before it handles what comes.
          if (isLoop(actor) && !ids.has(actor)) see(actor, event.event.type === 'xstate.init');
          const from = event.sourceRef === undefined ? undefined : nameOf(event.sourceRef as AnyActorRef);
          // Anyone may send the same object again.
          if (from === undefined) senders.delete(event.event);
          else senders.set(event.event, from);
          break;
        }
        case '@xstate.microstep':
          if (ids.has(actor)) handled(actor, event.event, event.snapshot, event._transitions);
          break;
        default:
      }
    },
  };
  keep({ type: 'recording', seq: 0, t: now(), format: 1 });
  return observer;

  function see(actor: AnyActorRef, begins: boolean): void {
    const { value, context, status, output } = actor.getSnapshot() as any;
    const above = context.name === null ? undefined : actor._parent;
    // A recorder that came late may hear of a child first.
    if (above !== undefined && !ids.has(above)) see(above, false);
    const parent = above && ids.get(above);
    const path = parent === undefined ? actor.id : `${parent.slice(0, parent.lastIndexOf('#'))}.${actor.id}`;
    const time = (times.get(path) ?? 0) + 1;
    times.set(path, time);
    const id = `${path}#${time}`;
    ids.set(actor, id);
    keep({
      type: 'actor',
      seq: ++seq,
      t: now(),
      id,
      path,
      loop: machineLoops.get(logicOf(actor))?.constructor.name ?? actor.id,
      ...(parent === undefined ? {} : { parent }),
      value,
      context: encodeJson(context),
      ...(status === 'active' ? {} : { status }),
      ...(output === undefined ? {} : { output: plainOutput(output) }),
      ...(begins || announced.has(actor) ? {} : { late: true }),
    });
  }

  function handled(actor: AnyActorRef, event: { type: string }, snapshot: any, transitions: any[]): void {
    const { value, status, output, error, context } = snapshot;
    const from = senders.get(event);
    keep({
      type: 'event',
      seq: ++seq,
      t: now(),
      id: ids.get(actor)!,
      ...(from === undefined ? {} : { from }),
      event: plainEvent(event),
      value,
      ...(status === 'active' ? {} : { status, context: encodeJson(context) }),
      ...(output === undefined ? {} : { output: plainOutput(output) }),
      ...(error === undefined ? {} : { error: toldError(error) }),
      ...(transitions.length === 0 ? {} : { tr: transitions.map(edge) }),
    });
  }

  function nameOf(actor: AnyActorRef): string | undefined {
    const own = ids.get(actor);
    if (own !== undefined) return own;
    const machine = actor._parent && ids.get(actor._parent);
    return machine === undefined ? undefined : `${machine}/${actor.id}`;
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function edge(transition: any): [string, string[] | null, string] {
  const id = (node: { id: string }) => node.id;
  return [id(transition.source), transition.target?.map(id) ?? null, transition.eventType];
}

function isLoop(actor: AnyActorRef): boolean {
  return logicOf(actor).config?.id === 'loop' && actor.getSnapshot() !== undefined;
}

function logicOf(actor: AnyActorRef): { config?: { id?: string } } {
  return (actor as unknown as { logic: { config?: { id?: string } } }).logic;
}

/** A recording as text, one line of JSON each. */
export function formatRecording(recording: Recording): string {
  return recording.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The inverse of `formatRecording`. @throws LoopError `REPLAY_MISMATCH`, naming the line that is no JSON object */
export function parseRecording(text: string): Recording {
  return text.split('\n').flatMap((line, i): Recording => {
    if (line.trim() === '') return [];
    let parsed: unknown;
    let cause: unknown;
    try {
      parsed = JSON.parse(line);
    } catch (error) {
      cause = error;
    }
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return [parsed as RecordingLine];
    throw new LoopError(
      'REPLAY_MISMATCH',
      `Expected line ${i + 1} of the recording to be a JSON object, got \`${line.slice(0, 60)}\`. The recording is damaged: go back to the original.`,
      '',
      { cause },
    );
  });
}
