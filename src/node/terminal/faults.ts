import type { Output } from './screen.ts';

/** Who is told of a stream's faults: one listener serves all, for Node warns of a leak from eleven on. */
const told = new Map<Output, { listener: () => void; tasks: Set<() => void> }>();

/**
 * Calls back when a stream fails: when its reader has gone away, say. Without a listener that would end the process.
 * @returns what takes it back, once all that was written until then has come through or has failed
 */
export function onFault(output: Output, task: () => void): () => void {
  let entry = told.get(output);
  if (entry === undefined) {
    const tasks = new Set<() => void>();
    entry = {
      tasks,
      listener: () => {
        for (const one of [...tasks]) one();
      },
    };
    told.set(output, entry);
    output.on?.('error', entry.listener);
  }
  const { listener, tasks } = entry;
  tasks.add(task);
  const forget = () => {
    if (!tasks.delete(task) || tasks.size > 0) return;
    told.delete(output);
    output.off?.('error', listener);
  };
  return () => {
    try {
      // The event comes after the callback.
      output.write('', () => setImmediate(forget));
    } catch {
      // A stream that does not even take this: whoever listens to it goes on to.
    }
  };
}
