import type { Run } from '../run/actor.ts';
import type { Recording } from './recording.ts';

const HUES = 8;

/** The runs of some recordings, in order, each with where it lies. */
export function* runsOf(recordings: readonly Recording[]): Generator<{ recording: Recording; run: Run }> {
  for (const recording of recordings) for (const run of recording.store.runs) yield { recording, run };
}

/** What a recording is called where there is little room. */
export const shortTitle = (title: string): string => title.replace(/^.*\//, '').replace(/\.(jsonl|ndjson)(\.gz)?$/, '');

/**
 * What each run is called beside the others: its name where no other has the same; by its recording where it is the only
 * one in there; else by both.
 */
export function labelsOf(recordings: readonly Recording[]): Map<Run, string> {
  const titles = recordings.map(({ title }) => shortTitle(title));
  const all = [...runsOf(recordings)];
  const names = new Map<string, number>();
  for (const { run } of all) names.set(run.name, (names.get(run.name) ?? 0) + 1);
  const labels = new Map<Run, string>();
  for (const { recording, run } of all) {
    const at = recordings.indexOf(recording);
    const alike = titles.filter((title) => title === titles[at]).length > 1;
    const which = alike ? ` (${titles.slice(0, at + 1).filter((title) => title === titles[at]).length})` : '';
    const title = `${titles[at]}${which}`;
    const alone = recording.store.runs.length === 1;
    labels.set(run, names.get(run.name) === 1 ? run.name : alone ? title : `${run.name} of ${title}`);
  }
  return labels;
}

/** Which colour each run has on this page: those that come one after the other have different ones. */
export class RunHues {
  readonly #known = new WeakMap<Run, number>();
  #next = 0;

  of(run: Run): number {
    let hue = this.#known.get(run);
    if (hue === undefined) {
      hue = this.#next++ % HUES;
      this.#known.set(run, hue);
    }
    return hue;
  }

  /** Gives some runs, that are seen together, different ones as far as there are enough. */
  setApart(runs: readonly Run[]): void {
    const taken = new Set<number>();
    for (const run of runs) {
      let hue = this.of(run);
      for (let tries = 0; taken.has(hue) && tries < HUES; tries++) hue = (hue + 1) % HUES;
      taken.add(hue);
      this.#known.set(run, hue);
    }
  }
}
