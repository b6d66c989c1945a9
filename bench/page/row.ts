import type { Browser } from 'playwright-core';
import { spread } from '../measure.ts';
import type { Task } from '../tab.ts';

export interface Row {
  name: string;
  measured: string;
  mark: string;
  met?: boolean;
}

export interface Bench {
  name: string;
  rows(browser: Browser): AsyncGenerator<Row>;
}

export const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
export const seconds = (value: number): string => `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} s`;
export const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

export function range(values: number[], unit: (value: number) => string): string {
  const { median, min, max } = spread(values);
  return `${unit(median)} (${unit(min)}–${unit(max)})`;
}

export const part = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
export const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);
export const longest = (values: number[]): number => Math.max(0, ...values);

const says = (word: string) => process.argv.includes(word);
/** Tells each figure as it comes. */
export const verbose: boolean = says('--verbose');
export const byCpu: boolean = says('--cpu');
export const withHour: boolean = says('--hour');
export const huge: boolean = says('--huge');

/** Of some tasks, what the mark is about. */
export const counted = (tasks: Task[]): number[] => tasks.map(({ clock, cpu }) => (byCpu ? cpu : clock));
/** The longest of some, both ways. */
export const both = (tasks: Task[]): string =>
  `${ms(longest(tasks.map(({ clock }) => clock)))}, of the processor ${ms(longest(tasks.map(({ cpu }) => cpu)))}`;

/** The ring of a program holds as many. */
export const held = 100_000;
