import type { LoopRun } from 'loopchart';
import { expect } from 'vitest';
import { makeScript, Outer, plain } from './staged.ts';

/** What the hooks of a whole run tell. */
export function whole(place: string): string[] {
  const script = makeScript(place, false);
  for (const _ of plain(script));
  return script.log;
}

/** Every place in a run of the two loops where a hook may call a control. */
const everywhere = [...new Set(whole(''))];
/** What such a run returns. */
export const uninterrupted = 'outer2 inner2 skipped';

/** Before the constructor of the run has returned, nobody has it: the hooks of the root that complete at once are not in it. */
function places(slow: boolean): string[] {
  const early = ['outer.skip', 'outer.reset', 'outer.onRunStart', 'outer.done0'];
  return everywhere.filter((place) => !(slow ? early.slice(0, 2) : early).includes(place));
}

export const speeds = [
  { slow: false, watched: false },
  { slow: false, watched: true },
  { slow: true, watched: false },
];
const ways = ['method', 'event'] as const;

/** A test that does the same at every place, at every speed, by method and by event. */
export function each(body: (place: string, way: (typeof ways)[number], begin: Begin) => Promise<void>) {
  return async () => {
    const failures: string[] = [];
    for (const { slow, watched } of speeds) {
      for (const place of places(slow)) {
        for (const way of ways) {
          try {
            await body(place, way, (act) => beginRun(place, slow, watched, act));
          } catch (error) {
            const where = `${way} at ${place}, ${slow ? 'slow' : 'at once'}, ${watched ? 'watched' : 'unwatched'}`;
            failures.push(`${where}: ${(error as Error).message}`);
          }
        }
      }
    }
    expect(failures).toEqual([]);
  };
}

type Begin = (act: (run: LoopRun<string>) => void) => ReturnType<typeof beginRun>;

/** A run that does something, once, when it comes to a place. */
export function beginRun(place: string, slow: boolean, watched: boolean, act: (run: LoopRun<string>) => void) {
  const script = makeScript(place, slow);
  let began!: () => void;
  const acted = new Promise<void>((resolve) => {
    began = resolve;
  });
  const loop = new Outer(script);
  const run: LoopRun<string> = loop.start(watched ? { inspect: () => {} } : {});
  const { outcome } = run;
  script.act = () => {
    act(run);
    began();
  };
  return { run, outcome, loop, script, acted, log: script.log };
}
