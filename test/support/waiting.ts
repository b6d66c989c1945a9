import type { LoopRun } from 'loopchart';
import { turn } from './loops.ts';

/** So many turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** Lets the run go on until nothing of it runs, however many turns that takes. */
export async function quiet(run: LoopRun<unknown>): Promise<void> {
  while (run.waitingFor.length > 0) await turn();
}

/** A promise, and what resolves it. */
export function gate() {
  let open!: () => void;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

export const never = new Promise<never>(() => {});
