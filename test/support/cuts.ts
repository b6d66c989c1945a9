import type { Checkpoint, CheckpointStore, Loop, Outcome } from 'loopchart';
import { memoryStore } from 'loopchart';

/** A store that keeps, as JSON, every checkpoint that it was given. */
export function keepingAll(): CheckpointStore & { kept: string[] } {
  const kept: string[] = [];
  return {
    ...memoryStore(),
    kept,
    async save(_, checkpoint) {
      kept.push(JSON.stringify(checkpoint));
    },
  };
}

/**
 * Runs a loop, saved at each step and at each `once`, and then once more from each of those checkpoints, in a new instance.
 * @returns how the uninterrupted run ended, the checkpoints as JSON, and how the run that went on from each ended
 */
export async function fromEveryCut(
  make: () => Loop<any, any>,
  args?: unknown[],
): Promise<{ whole: Outcome<any>; texts: string[]; resumed: Outcome<any>[] }> {
  const store = keepingAll();
  const whole = await make().start({ store, every: 'step', durability: 'sync', ...(args && { args }) }).outcome;
  const resumed: Outcome<any>[] = [];
  for (const [i, text] of store.kept.entries()) {
    const from = JSON.parse(text) as Checkpoint;
    resumed.push(await make().start({ from, ...(i % 2 === 0 ? {} : { inspect: () => {} }) }).outcome);
  }
  return { whole, texts: store.kept, resumed };
}

/** Runs a loop to its end, and gives the first checkpoint in which the loop of this path had taken so many steps. */
export async function cutAt(loop: Loop<any, any>, path: string, steps: number): Promise<Checkpoint> {
  const store = keepingAll();
  await loop.start({ store, every: 'step', durability: 'sync' }).outcome;
  const checkpoints = store.kept.map((text) => JSON.parse(text) as Checkpoint);
  return checkpoints.find(({ position }) => position.loops[path] === steps)!;
}
