import { type Signal, signal } from '@preact/signals';

/** What lies at the foot of all plots: the number of the step, the time since the run began, or the time of day. */
export const AXES = ['step', 'start', 'clock'] as const;
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

/** All that was chosen, as text for a link; empty where nothing was. */
export function plotsAsText(): string {
  const told = {
    ...(axis.value !== 'step' && { axis: axis.value }),
    ...(charts.value && { charts: charts.value }),
    ...(looks.value.size && { looks: [...looks.value] }),
  };
  return Object.keys(told).length ? JSON.stringify(told) : '';
}

/** Chooses what such a text says, as far as it can be read. */
export function readPlots(text: string): void {
  const told = parsed(text);
  axis.value = AXES.find((one) => one === told.axis) ?? 'step';
  charts.value = Array.isArray(told.charts) ? told.charts.filter(isParts).slice(0, MOST) : undefined;
  looks.value = new Map(Array.isArray(told.looks) ? told.looks.flatMap(readLook).slice(0, MOST) : []);
}

/** No link chooses more charts. */
const MOST = 500;

function parsed(text: string): { axis?: unknown; charts?: unknown; looks?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

const isParts = (value: unknown): value is ChartParts =>
  Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === 'string');

function readLook(value: unknown): [string, ChartLook][] {
  if (!Array.isArray(value) || typeof value[0] !== 'string') return [];
  const { smoothing, log } = Object(value[1]);
  const weight = typeof smoothing === 'number' && smoothing >= 0 && smoothing < 1 ? smoothing : 0;
  return [[value[0], { smoothing: weight, log: log === true }]];
}
