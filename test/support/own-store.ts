import type { CheckpointStore } from 'loopchart';
import { expect } from 'vitest';

/** Keeps every save; a save is done when `open` is called, if it is slow. */
export function ownStore(slow = false) {
  const saves: number[] = [];
  const log: string[] = [];
  const open: (() => void)[] = [];
  let inFlight = 0;
  const store: CheckpointStore = {
    async save(_, checkpoint) {
      expect(inFlight++).toBe(0);
      saves.push(checkpoint.position.steps);
      log.push(`save ${checkpoint.position.steps}`);
      if (slow) await new Promise<void>((resolve) => open.push(resolve));
      inFlight--;
    },
    load: async () => undefined,
    list: async () => [],
    delete: async () => {},
  };
  return { store, saves, log, open };
}
