import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

/** How many of what a recording holds. */
export interface Shape {
  lines: number;
  spans: number;
}

const leavesOfEach = 99;

/** What a loop that has just begun holds. */
const context = {
  name: null,
  args: null,
  begun: true,
  state: { loss: 2.3 },
  progress: {},
  children: {},
  running: [],
  steps: 0,
  done: false,
  restarting: false,
  inFlight: null,
  pace: null,
  stop: null,
  ended: null,
  skipped: false,
  error: null,
};

/** The lines of a run of so many loops, one in another, in time: all that are left over after their own are steps. */
function* lines({ lines, spans }: Shape): Generator<object> {
  let seq = 0;
  let t = 1_795_000_000_000;
  const next = () => {
    t += 0.25 + (seq % 7) * 0.1;
    return { seq: ++seq, t };
  };
  const begin = (id: string, parent?: string) => ({
    type: 'actor',
    ...next(),
    id,
    path: id.replace(/#\d+$/, ''),
    name: id.slice(id.lastIndexOf('.') + 1).replace(/#\d+$/, ''),
    loop: 'Bench',
    ...(parent && { parent }),
    chart: 'loop',
    value: 'advancing',
    context,
    status: 'active',
  });
  const tell = (id: string, event: object, value: string, more = {}) => ({
    type: 'event',
    ...next(),
    id,
    from: `${id}/advance`,
    event,
    value,
    tr: [['loop.advancing', value === 'advancing' ? null : [`loop.${value}`], (event as { type: string }).type]],
    ...more,
  });
  const step = (id: string, n: number) => {
    const state = { n, loss: Math.round(2.3e6 * Math.exp(-n / 9)) / 1e6, accuracy: (n % 100) / 100 };
    const commit = { state, progress: {}, children: {}, restarting: false };
    return tell(id, { type: 'loop.advanced', steps: 1, commit, done: false }, 'advancing');
  };
  const end = (id: string) => tell(id, { type: 'xstate.done.actor.onRunEnd' }, 'finished', { status: 'done' });

  const groups = Math.floor((spans - 1) / (leavesOfEach + 1));
  const leaves = spans - 1 - groups;
  let left = lines - 1 - spans * 2;
  const each = Math.floor(left / leaves);
  let leaf = 0;
  yield { type: 'recording', ...next(), format: 1, runId: 'bench' };
  yield begin('fit#1');
  for (let group = 1; group <= groups; group++) {
    yield begin(`fit.epoch#${group}`, 'fit#1');
    const until = group === groups ? leaves : group * leavesOfEach;
    while (leaf < until) {
      const id = `fit.epoch.batches#${++leaf}`;
      yield begin(id, `fit.epoch#${group}`);
      for (let n = 1; n <= each; n++) yield step(id, n);
      left -= each;
      yield end(id);
    }
    yield end(`fit.epoch#${group}`);
  }
  for (let n = 1; left > 0; n++, left--) yield step('fit#1', n);
  yield end('fit#1');
}

export async function writeRecording(path: string, shape: Shape): Promise<void> {
  const file = createWriteStream(path);
  let text = '';
  for (const line of lines(shape)) {
    text += `${JSON.stringify(line)}\n`;
    if (text.length < 1 << 20) continue;
    if (!file.write(text)) await once(file, 'drain');
    text = '';
  }
  file.end(text);
  await finished(file);
}
