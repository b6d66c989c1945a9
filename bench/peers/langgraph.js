import { Annotation, END, START, StateGraph } from '@langchain/langgraph';

const State = Annotation.Root({ n: Annotation(), steps: Annotation() });

/** One node that counts, and an edge that goes back to it until the count is reached. No checkpointer. */
const graph = new StateGraph(State)
  .addNode('count', ({ n }) => ({ n: n + 1 }))
  .addEdge(START, 'count')
  .addConditionalEdges('count', ({ n, steps }) => (n >= steps ? END : 'count'), ['count', END])
  .compile();

export async function drive(steps) {
  // The default limit is 25 steps; past it a run is an error.
  const { n } = await graph.invoke({ n: 0, steps }, { recursionLimit: steps + 1 });
  return n;
}
