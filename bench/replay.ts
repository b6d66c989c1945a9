import { type Recording, record, replay } from 'loopchart';
import { Count, Runs } from './counters.ts';
import { type Case, compare, type Side } from './measure.ts';
import { driveSent } from './steps.ts';

async function recorded(loop: Count | Runs): Promise<Recording> {
  const recorder = record();
  await loop.start({ inspect: recorder }).output;
  return recorder.recording;
}

/** Counted are the events of the recording; there is a frame for each, and for each loop that comes. */
function replayed(recording: Recording): Side {
  const count = recording.filter(({ type }) => type === 'event').length;
  const run = () => {
    let frames = 0;
    for (const _ of replay(recording)) frames++;
    return frames;
  };
  return { name: 'replay', count, run, expected: recording.length - 1 };
}

export const replaying: Case = {
  name: 'replay',
  async *rows() {
    const count = 15_000;
    const peer = { name: 'XState machine, one event a step', count, run: () => driveSent(count) };
    const steps = replayed(await recorded(new Count({ steps: 40_000 })));
    yield await compare('replay, an event of 4·10⁴ steps', steps, peer, { atMost: 0.5 });
    const runs = replayed(await recorded(new Runs({ steps: 1_000, inner: 1 })));
    yield await compare('replay, an event of 10³ child runs', runs, peer, 'report');
  },
};
