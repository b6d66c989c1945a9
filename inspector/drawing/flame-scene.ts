import type { Actor } from '../run/actor.ts';
import type { Store } from '../run/store.ts';

export interface Palette {
  ground: string;
  text: string;
  dim: string;
  line: string;
  accent: string;
  bad: string;
  warn: string;
  hook: string;
  step: string;
  onBar: string;
  hues: string[];
}

export interface Scene {
  store: Store;
  from: number;
  to: number;
  /** The row that is shown. */
  now: number;
  selected: Actor | undefined;
  range: { from: number; to: number } | null;
  /** What is marked on the axis. */
  marks: readonly { t: number }[];
  width: number;
  palette: Palette;
}

export const AXIS = 20;
export const BAR = 17;
export const STRIP = 6;
export const LANE = BAR + STRIP + 3;

/** How many pixels so many lanes take. Where there is none yet, there is room for two. */
export const tall = (lanes: number): number => AXIS + Math.max(2, lanes) * LANE + 2;

/** How many lanes there are to be drawn. */
export const lanesOf = ({ lanes, around }: Store): number => Math.max(lanes.list.length, around?.list.length ?? 0);
