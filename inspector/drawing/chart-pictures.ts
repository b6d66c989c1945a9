import own from 'virtual:own-pictures';
import { signal } from '@preact/signals';
import ELK from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { ChartLine } from '../lines/line.ts';
import { type Layout, type Picture, pictures } from './chart-layout.ts';

export type Pictures = readonly Picture[] | 'working' | 'failed';

/** A chart is laid out once, however many actors have it, and lines that say the same. */
const plans = new WeakMap<ChartLine, Pictures>();
/** By their text. Most charts are the library's own, of which the page was built with the pictures. */
const laid = new Map<string, Promise<readonly Picture[]>>([[own.root, Promise.resolve(own.pictures)]]);
const arrived = signal(0);

// The layout of a large chart takes a second: it is done in a worker, which is a file of its own because the page's
// policy allows no other.
let elk: InstanceType<typeof ELK> | undefined;
let lost: Promise<never> | undefined;
const layout: Layout = (graph) => {
  if (!elk || !lost) {
    const worker = new Worker(new URL(workerUrl, location.href));
    elk = new ELK({ workerFactory: () => worker });
    // Its file may be gone, or the browser may not let it run: nobody would ever hear of it.
    lost = new Promise((_, reject) => {
      worker.onerror = ({ message }) => {
        elk = undefined;
        reject(new Error(message || 'the worker could not be loaded'));
      };
    });
    lost.catch(() => {});
  }
  return Promise.race([elk.layout(graph), lost]);
};

/** The pictures of a chart, where there are some yet. Whoever asks is told again when there are. */
export function picturesOf(chart: ChartLine): Pictures {
  arrived.value;
  const known = plans.get(chart);
  if (known) return known;
  const set = (plan: Pictures) => {
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
