// How many timers a run makes that has one loop at a time, while all is asked of it that waits for a boundary.
let made = 0;
const { setTimeout } = globalThis;
globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
  made++;
  return setTimeout(...args);
}) as typeof setTimeout;
const { memoryStore } = await import('loopchart');
const { Slow } = await import('../support/loops.ts');

const run = new Slow(20).start({ store: memoryStore(), every: 'step', durability: 'sync' });
await run.step(3);
await run.checkpoint();
await run.pause();
const from = await run.suspend();
await new Slow(20).start({ from, store: memoryStore(), every: { ms: 1 } }).output;
console.log(JSON.stringify({ alone: made }));
