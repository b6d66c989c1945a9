import own from 'virtual:own-pictures';
import { signal } from '@preact/signals';
import ELK from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import { type Layout, type Picture, pictures } from './layout.ts';
import type { ChartLine } from './line.ts';

export type Plan = readonly Picture[] | 'working' | 'failed';

/** A chart is laid out once, however many actors have it, and lines that say the same. */
const plans = new WeakMap<ChartLine, Plan>();
/** By their text. Most charts are the library's own, of which the page was built with the pictures. */
const laid = new Map<string, Promise<readonly Picture[]>>([[own.root, Promise.resolve(own.pictures)]]);
const arrived = signal(0);

// The layout of a large chart takes a second: it is done in a worker, which is a file of its own because the page's
// policy allows no other.
let elk: InstanceType<typeof ELK> | undefined;
const layout: Layout = (graph) => {
  elk ??= new ELK({ workerFactory: () => new Worker(new URL(workerUrl, location.href)) });
  return elk.layout(graph);
};

/** The pictures of a chart, where there are some yet. Whoever asks is told again when there are. */
export function planOf(chart: ChartLine): Plan {
  arrived.value;
  const known = plans.get(chart);
  if (known) return known;
  const set = (plan: Plan) => {
    plans.set(chart, plan);
    arrived.value++;
  };
  plans.set(chart, 'working');
  const text = JSON.stringify(chart.root);
  const picture = laid.get(text) ?? pictures(chart.root, layout);
  laid.set(text, picture);
  picture.then(set, () => set('failed'));
  return 'working';
}
