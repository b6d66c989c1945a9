import { type Signal, signal } from '@preact/signals';
import { disguised, keepInLink, oneOf } from './view-state.ts';

/** What lies at the foot of all plots: the number of the step, the time since the run began, or the time of day. */
export const AXES = ['step', 'time', 'clock'] as const;
export type PlotAxis = (typeof AXES)[number];

/**
 * What one chart shows, each part a pattern, or a name behind `=`: `['=fit.batches · loss']`, `['trials.*.loss']`. All
 * parts of a chart share its axes.
 */
export type ChartParts = readonly string[];

/** How a chart is drawn. */
export interface ChartLook {
  /** The weight of what came before in an exponential mean, from 0 to less than 1. */
  smoothing: number;
  log: boolean;
}

const PLAIN: ChartLook = { smoothing: 0, log: false };

export const axis: Signal<PlotAxis> = signal('step');
/** The charts that somebody chose. Nothing until then: the page offers some of its own. */
export const charts: Signal<readonly ChartParts[] | undefined> = signal(undefined);
const looks: Signal<ReadonlyMap<string, ChartLook>> = signal(new Map());

export const chartKey = (parts: ChartParts): string => parts.join('\n');
/** The part of a chart that is one number, or the same number of an array of loops. */
export const namePart = (name: string): string => `=${name}`;
/** The name that a part of a chart is, nothing where it is a pattern. */
export const nameOfPart = (part: string): string | undefined => (part.startsWith('=') ? part.slice(1) : undefined);

export const lookOf = (parts: ChartParts): ChartLook => looks.value.get(chartKey(parts)) ?? PLAIN;

export function setLook(parts: ChartParts, look: Partial<ChartLook>): void {
  looks.value = new Map(looks.value).set(chartKey(parts), { ...lookOf(parts), ...look });
}

/** `=fit · loss:*.rate` for a chart of two parts. What is a sign of this language itself is disguised. */
const partsAsText = (parts: ChartParts): string =>
  parts.map((part) => disguised(part).replaceAll('/', '%2F')).join(':');
const partsIn = (text: string): ChartParts => text.split(':').map(decodeURIComponent).filter(Boolean);

keepInLink('plot.axis', oneOf(axis, AXES));

/** A comma before the next chart, and a comma alone for none. */
keepInLink('plot.charts', {
  write: () => charts.value && (charts.value.map(partsAsText).join(',') || ','),
  read(said) {
    try {
      const read = said.split(',').map(partsIn);
      charts.value = said === '' ? undefined : read.filter((parts) => parts.length > 0);
    } catch {
      // Somebody has cut it off in the middle of a sign that is disguised.
    }
  },
});

/** `=fit · loss/0.6/log,…`: of each chart that is not drawn plainly how it is. */
keepInLink('plot.looks', {
  write: () =>
    [...looks.value]
      .filter(([, { smoothing, log }]) => smoothing || log)
      .map(([key, { smoothing, log }]) => `${partsAsText(key.split('\n'))}/${smoothing}${log ? '/log' : ''}`)
      .join(','),
  read(said) {
    try {
      looks.value = new Map(said.split(',').flatMap(lookIn));
    } catch {
      // As above.
    }
  },
});

function lookIn(said: string): [string, ChartLook][] {
  const [name = '', weight = '', log] = said.split('/');
  const [parts, smoothing] = [partsIn(name), Number(weight)];
  if (!parts.length || !(smoothing >= 0 && smoothing < 1)) return [];
  return [[chartKey(parts), { smoothing, log: log === 'log' }]];
}
