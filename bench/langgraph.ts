import { Count } from './counters.ts';
import { type Case, compare } from './measure.ts';

export const langgraph: Case = {
  name: 'step against LangGraph.js',
  peers: true,
  async *rows() {
    // Not a literal: it is there only after `npm run bench:peers` has installed it.
    const module: string = './peers/langgraph.js';
    const { drive } = (await import(module)) as { drive: (steps: number) => Promise<number> };
    const count = 200;
    const peer = { name: 'LangGraph.js', count, run: () => drive(count) };
    const ours = { name: 'loopchart', count: 8_000_000, run: () => new Count({ steps: 8_000_000 }).run() };
    const row = await compare('step, unwatched', ours, peer, { faster: 1000 });
    yield {
      ...row,
      note: 'one node, a conditional edge, no checkpointer, `recursionLimit` raised to the number of steps',
    };
  },
};
