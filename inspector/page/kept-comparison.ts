import type { Run } from '../run/actor.ts';
import type { Recording } from './recording.ts';
import { runsOf } from './run-labels.ts';
import { session } from './session.ts';
import { disguised, keepInLink } from './view-state.ts';

/** `a.jsonl:fit#1`: the recording and the outermost loop. What is a sign of this word itself is disguised. */
export const wordOfRun = (title: string, run: Run): string => [title, run.root.id].map(disguised).join(':');

keepInLink('compare', {
  isOfAll: true,
  write: () => session.compared.value.map(({ recording, run }) => wordOfRun(recording.title, run)).join(','),
  read(said) {
    const known = new Map<string, { recording: Recording; run: Run }>();
    for (const one of runsOf(session.recordings.value)) known.set(wordOfRun(one.recording.title, one.run), one);
    const chosen = said.split(',').map((word) => known.get(word));
    // While files are read, others may come between those that are known.
    if (said !== '' && (chosen.includes(undefined) || session.reading.peek())) return false;
    session.compare(chosen.filter((one) => one !== undefined));
    return true;
  },
});
