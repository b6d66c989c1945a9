import { formatRecording, type Loop, type LoopRun, record } from 'loopchart';
import { completed, type Line } from '../../inspector/lines/line.ts';
import type { Actor } from '../../inspector/run/actor.ts';
import { Contexts } from '../../inspector/run/contexts.ts';
import { Store } from '../../inspector/run/store.ts';
import { chart } from '../../inspector/run/transition.ts';

/** What the page knows of a run. */
export interface KnownRun {
  store: Store;
  contexts: Contexts;
  root: Actor;
}

/** What the page knows once these lines have come. */
export function knownFrom(lines: readonly Line[]): KnownRun {
  const store = new Store({ events: 1e6, bytes: 1e9 });
  const contexts = new Contexts(store, chart);
  store.add(lines, 1);
  return { store, contexts, root: store.roots[0]! };
}

export const linesOf = (text: string): Line[] =>
  text
    .trim()
    .split('\n')
    .map((line) => completed(JSON.parse(line)) as Line);

/** Runs a loop to its end, recorded, and gives the recording. */
export async function recorded<Args extends unknown[]>(
  loop: Loop<any, Args>,
  args: NoInfer<Args>,
  during: (run: LoopRun<any>) => unknown = () => {},
): Promise<string> {
  const recorder = record();
  const run = loop.start(...([{ inspect: recorder, args }] as unknown as Parameters<typeof loop.start>));
  await during(run);
  await run.outcome;
  return formatRecording(recorder.recording);
}
