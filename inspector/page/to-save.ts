import { wordOfRun } from './kept-comparison.ts';
import { viewHere } from './link.ts';
import type { Recording } from './recording.ts';
import { session } from './session.ts';
import { fragmentOf } from './view-state.ts';

/** What goes into a page that is saved: recordings by their names, and the words of a link. */
export interface PageToSave {
  recordings: readonly { recording: Recording; name: string }[];
  view: string;
}

/**
 * The recording that is shown, with those whose runs are compared with others, looked at as they are here.
 * @param part whether only a part of the time is saved: that is of the one that is shown
 */
export function pageToSave(part: boolean): PageToSave {
  const { recording, compared } = session;
  const all = new Set([recording.value!, ...(part ? [] : compared.value.map((one) => one.recording))]);
  const names = namesOf([...all]);
  const view = viewHere();
  // There, it is all.
  if (part) view.delete('range');
  const runs = compared.value.filter((one) => all.has(one.recording));
  const words = runs.map((one) => wordOfRun(names.get(one.recording)!, one.run));
  if (words.length) view.set('compare', words.join(','));
  else view.delete('compare');
  return {
    recordings: [...names].map(([recording, name]) => ({ recording, name })),
    view: fragmentOf(view),
  };
}

/** Each as its file is called, or its run, where it is of no file; a number behind those that are called the same. */
function namesOf(recordings: readonly Recording[]): Map<Recording, string> {
  const names = new Map<Recording, string>();
  for (const recording of recordings) {
    const { source, store, title } = recording;
    const own = source.send ? `${store.runId || 'run'}.jsonl` : title.replace(/\.gz$/, '');
    const taken = [...names.values()];
    let name = own;
    for (let n = 2; taken.includes(name); n++) name = own.replace(/(\.jsonl)?$/, ` (${n})$1`);
    names.set(recording, name);
  }
  return names;
}
