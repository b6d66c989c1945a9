import type { ActorLine, EventLine, Line, LoopContext, StateNodeJson, Transition } from '../lines/line.ts';

export interface Synthetic {
  epochs: number;
  batches: number;
  /** Batches of the validation that each epoch ends with; 0 for none. */
  validation?: number;
  /** The epoch, counted from 1, in whose middle a batch throws. */
  failAt?: number;
  /** The epoch in whose middle the loss becomes NaN for some batches. */
  nanAt?: number;
  /** The epoch in whose middle somebody pauses and resumes. */
  pauseAt?: number;
  /** Put into the state of every batch, for tests of how text and odd values are shown. */
  extra?: Record<string, unknown>;
  seed?: number;
}

const TERMINAL = ['finished', 'aborted', 'failed'];

/** The chart that every loop compiles to, as far as a picture of it goes. */
export const LOOP_CHART: StateNodeJson = {
  id: 'loop',
  key: 'loop',
  initial: 'entering',
  states: {
    entering: {
      invoke: { src: 'skip' },
      on: { 'xstate.done.actor.skip': [{ target: 'skipped', guard: 'skip' }, { target: 'resetting' }] },
    },
    skipped: { invoke: { src: 'onSkip' }, on: { 'xstate.done.actor.onSkip': { target: 'finished' } } },
    resetting: { invoke: { src: 'reset' }, on: { 'xstate.done.actor.reset': { target: 'starting' } } },
    starting: {
      invoke: { src: 'onRunStart' },
      on: { 'xstate.done.actor.onRunStart': [{ target: 'ending', guard: 'done' }, { target: 'advancing' }] },
    },
    advancing: {
      invoke: { src: 'advance' },
      on: {
        'loop.advanced': [{ target: 'ending', guard: 'done' }, { target: 'paused', guard: 'held' }, {}],
        'loop.run': {},
        'loop.ended': {},
        'loop.stop': {},
      },
    },
    paused: {
      on: {
        'loop.resume': { target: 'advancing' },
        'loop.step': { target: 'advancing' },
        'loop.stop': { target: 'ending' },
      },
    },
    ending: { invoke: { src: 'onRunEnd' }, on: { 'xstate.done.actor.onRunEnd': { target: 'finished' } } },
    finished: { type: 'final' },
    aborted: { type: 'final' },
    failed: { type: 'final' },
  },
  on: { 'loop.abort': { target: '.aborted' }, 'loop.failed': { target: '.failed' } },
};

/** Numbers that look random and are the same every time (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Running {
  id: string;
  value: string;
}

/** A recording of a training that never was: fit › epoch › batches and validate. Lines come one by one. */
export function* synthetic(options: Synthetic): Generator<Line> {
  const { epochs, batches, validation = 0, failAt = 0, nanAt = 0, pauseAt = 0, extra = {}, seed = 7 } = options;
  const random = dice(seed);
  const times = new Map<string, number>();
  let seq = 0;
  let t = 1_795_000_000_000;
  const number = () => {
    t = Math.round((t + 0.02 + random() * 0.05) * 1000) / 1000;
    return { seq: ++seq, t };
  };
  const wait = (ms: number) => {
    t += ms;
  };
  const figure = (value: number): unknown => (Number.isNaN(value) ? { $n: 'NaN' } : Number(value.toPrecision(6)));

  const context = (state: object): LoopContext => ({
    args: [],
    state,
    progress: { progress: { total: { ready: 0, completed: 0 }, current: { ready: 0, completed: 0 } } },
    children: {},
    steps: 0,
    done: false,
    restarting: false,
    inFlight: null,
    pace: null,
    stop: null,
    ended: null,
    nested: true,
    error: null,
  });

  function* open(path: string, loop: string, state: object, parent?: Running): Generator<Line, Running> {
    const occurrence = (times.get(path) ?? 0) + 1;
    times.set(path, occurrence);
    const id = `${path}#${occurrence}`;
    const name = path.slice(path.lastIndexOf('.') + 1);
    if (parent) yield event(parent, { type: 'loop.run', child: name, input: [] }, parent.value, `${parent.id}/advance`);
    const line: ActorLine = {
      type: 'actor',
      ...number(),
      id,
      path,
      name,
      loop,
      ...(parent && { parent: parent.id }),
      chart: 'loop',
      value: 'entering',
      context: context(state),
      status: 'active',
    };
    yield line;
    const running = { id, value: 'entering' };
    yield event(running, { type: 'xstate.init' }, 'entering');
    yield event(running, { type: 'xstate.done.actor.skip', output: false }, 'resetting', `${id}/skip`);
    wait(random() * 0.4);
    yield event(running, { type: 'xstate.done.actor.reset' }, 'starting', `${id}/reset`);
    wait(random() * 0.2);
    yield event(running, { type: 'xstate.done.actor.onRunStart', output: false }, 'advancing', `${id}/onRunStart`);
    return running;
  }

  function event(running: Running, body: EventLine['event'], value: string, from?: string, more = {}): EventLine {
    const source = running.value;
    running.value = value;
    const moved = source !== value;
    const tr: Transition[] =
      body.type === 'xstate.init' ? [] : [[`loop.${source}`, moved ? [`loop.${value}`] : null, body.type]];
    return {
      type: 'event',
      ...number(),
      id: running.id,
      ...(from && { from }),
      event: body,
      value,
      ...(TERMINAL.includes(value) && {
        status: value === 'failed' ? 'error' : value === 'aborted' ? 'aborted' : 'done',
      }),
      ...(tr.length && { tr }),
      ...more,
    } as EventLine;
  }

  const progress = (steps: number) => ({
    progress: { total: { ready: steps, completed: steps }, current: { ready: steps, completed: steps } },
  });

  const advanced = (
    running: Running,
    steps: number,
    state: object,
    done: boolean,
    value = done ? 'ending' : 'advancing',
  ) =>
    event(
      running,
      { type: 'loop.advanced', steps: 1, commit: { state, progress: progress(steps), children: {} }, done },
      value,
      `${running.id}/advance`,
    );

  function* close(running: Running, output: unknown, parent?: Running): Generator<Line> {
    wait(random() * 0.2);
    yield event(running, { type: 'xstate.done.actor.onRunEnd', output }, 'finished', `${running.id}/onRunEnd`, {
      output,
    });
    if (!parent) return;
    const child = running.id.slice(running.id.lastIndexOf('.') + 1).replace(/#.*/, '');
    yield event(parent, { type: 'loop.ended', child, output, dict: {} }, parent.value, running.id);
  }

  yield { type: 'recording', ...number(), format: 1, runId: `synthetic-${seed}` };
  yield { type: 'chart', ...number(), key: 'loop', root: LOOP_CHART };
  const fit = yield* open('fit', 'Fit', { epochs, best: null });
  let best = Number.POSITIVE_INFINITY;
  let taken = 0;
  for (let e = 1; e <= epochs; e++) {
    const epoch = yield* open('fit.epoch', 'Epoch', { epoch: e, lr: 0.1 }, fit);
    const middle = Math.ceil(batches / 2);
    const inner = yield* open('fit.epoch.batches', 'Batches', { total: batches, loss: null, accuracy: 0 }, epoch);
    let loss = 0;
    for (let b = 1; b <= batches; b++) {
      taken++;
      wait(0.6 + random() * 0.8);
      const far = taken / (epochs * batches);
      loss = 2.3 * Math.exp(-4 * far) + 0.08 + (random() - 0.5) * 0.25 * Math.exp(-2 * far);
      if (e === nanAt && b > middle && b < middle + 4) loss = Number.NaN;
      const state = {
        total: batches,
        loss: figure(loss),
        accuracy: figure(1 - Math.exp(-5 * far) * 0.9 - random() * 0.02),
        gradient: { norm: figure(3 * Math.exp(-far * 3) + random() * 0.3), clipped: random() < 0.1 },
        ...extra,
      };
      if (e === failAt && b === middle) {
        const error = {
          name: 'RangeError',
          message: 'Expected labels from 0 to 9, got 10',
          stack: 'RangeError: …\n    at Batches.advance',
        };
        for (const running of [inner, epoch, fit]) {
          yield event(running, { type: 'loop.failed', error }, 'failed', `${running.id}/advance`, { error });
        }
        return;
      }
      const held = e === pauseAt && b === middle;
      yield advanced(inner, b, state, b === batches, held ? 'paused' : undefined);
      if (held) {
        wait(batches * 2);
        yield event(inner, { type: 'loop.step', n: 1 }, 'advancing');
        wait(1);
        yield advanced(inner, b, { ...state, stepped: true }, false, 'paused');
        wait(batches);
        yield event(inner, { type: 'loop.resume' }, 'advancing');
      }
    }
    yield* close(inner, { loss: figure(loss) }, epoch);
    if (validation) {
      const check = yield* open('fit.epoch.validate', 'Validate', { total: validation, loss: null }, epoch);
      let sum = 0;
      for (let b = 1; b <= validation; b++) {
        wait(0.3 + random() * 0.3);
        sum += 2.2 * Math.exp(-3.6 * (e / epochs)) + 0.12 + random() * 0.05;
        yield advanced(check, b, { total: validation, loss: figure(sum / b) }, b === validation);
      }
      yield* close(check, { loss: figure(sum / validation) }, epoch);
      best = Math.min(best, sum / validation);
    }
    yield advanced(epoch, 1, { epoch: e, lr: figure(0.1 * 0.9 ** e) }, true);
    yield* close(epoch, null, fit);
    yield advanced(fit, e, { epochs, best: Number.isFinite(best) ? figure(best) : null }, e === epochs);
  }
  yield* close(fit, { best: Number.isFinite(best) ? figure(best) : null });
}

/** The same as a file's text. */
export function recordingText(options: Synthetic): string {
  let text = '';
  for (const line of synthetic(options)) text += `${JSON.stringify(line)}\n`;
  return text;
}
