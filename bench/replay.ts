import { type Recording, record, replay } from 'loopchart';
import { Count, Runs } from './counters.ts';
import { type Case, digits, type Row, spread, time } from './measure.ts';

async function recorded(loop: Count | Runs): Promise<Recording> {
  const recorder = record();
  await loop.start({ inspect: recorder }).output;
  return recorder.recording;
}

function rate(name: string, recording: Recording): Row {
  const samples: number[] = [];
  const events = recording.filter(({ type }) => type === 'event').length;
  for (let round = -2; round < 9; round++) {
    const began = performance.now();
    let frames = 0;
    for (const _ of replay(recording)) frames++;
    const took = performance.now() - began;
    if (frames < events) throw new Error(`Expected a frame for each of ${events} events, got ${frames}.`);
    if (round >= 0) samples.push((took * 1e6) / events);
  }
  const { median, min, max } = spread(samples);
  return {
    name,
    ours: `${digits(1e9 / median)} /s`,
    peerName: `${time(median)} an event (${time(min)}–${time(max)})`,
    peer: '',
    mark: 'report',
  };
}

export const replaying: Case = {
  name: 'replay',
  async *rows() {
    yield rate('replay, events of 10⁴ steps', await recorded(new Count({ steps: 10_000 })));
    yield rate('replay, events of 10³ child runs', await recorded(new Runs({ steps: 1_000, inner: 1 })));
  },
};
