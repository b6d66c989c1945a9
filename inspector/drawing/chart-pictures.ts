import own from 'virtual:own-pictures';
import { signal } from '@preact/signals';
import ELK from 'elkjs/lib/elk-api.js';
import type { ChartLine } from '../lines/line.ts';
import { type Layout, type Picture, pictures } from './chart-layout.ts';
import { startLayoutWorker } from './layout-worker.ts';

export type Pictures = readonly Picture[] | 'working' | 'failed';

/** A chart is laid out once, however many actors have it, and lines that say the same. */
const plans = new WeakMap<ChartLine, Pictures>();
/** By their text. Most charts are the library's own, of which the page was built with the pictures. */
const laid = new Map<string, Promise<readonly Picture[]>>([[own.root, Promise.resolve(own.pictures)]]);
const arrived = signal(0);

/** What lays out, once its worker has started, and a promise that fails where the worker does. */
interface Running {
  elk: InstanceType<typeof ELK>;
  lost: Promise<never>;
}

let running: Promise<Running> | undefined;

async function begin(): Promise<Running> {
  const worker = await startLayoutWorker();
  // Its file may be gone, or the browser may not let it run: nobody would ever hear of it.
  const lost = new Promise<never>((_, reject) => {
    worker.onerror = ({ message }) => {
      running = undefined;
      reject(new Error(message || 'the worker could not be loaded'));
    };
  });
  lost.catch(() => {});
  return { elk: new ELK({ workerFactory: () => worker }), lost };
}

const layout: Layout = async (graph) => {
  running ??= begin().catch((error: Error) => {
    running = undefined;
    throw error;
  });
  const { elk, lost } = await running;
  return Promise.race([elk.layout(graph), lost]);
};

/** Whether a chart has to be laid out: the page has no pictures of it. */
export const needsLayout = (chart: ChartLine): boolean => JSON.stringify(chart.root) !== own.root;

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
