import type { LoopStateValue } from '../chart/context.ts';
import type { Json } from '../data/json.ts';
import type { Assets } from '../tree/assets.ts';

/** Where one running loop stood, and the loops that ran under it. */
export interface Phase {
  value: LoopStateValue;
  /** What the machine's context holds beside the state dict. */
  context: { [key: string]: Json };
  /** Of a run that has finished. */
  output?: Json;
  /** Running children by field name. */
  children: { [name: string]: Phase };
}

/** A run at a boundary: enough to go on from there in another process. Survives JSON whole; runs that go on from it do not change it. */
export interface Checkpoint {
  format: 1;
  /** Class name of the root loop. */
  loop: string;
  /** The keys of the state dict and of the assets, sorted: checkpoints with the same shape fit the same tree of loops. */
  shape: string[];
  runId: string;
  /** Steps of innermost loops since the run began, and of each loop that was running, by path. */
  position: { steps: number; loops: { [path: string]: number } };
  phase: Phase;
  /** Loops below the root that were restarting, by dotted path, the root by the empty one. */
  restarting: string[];
  /** Of children that the run has put in the place of others, and that are of another class: the names of these, by dotted path. */
  classes?: { [path: string]: string };
  /** Lightning's flat layout. */
  stateDict: { [key: string]: Json };
  /** What the `Stateful` fields returned at this boundary, by dotted path. Typed arrays, Map, Set, Date and bigint allowed. */
  assets: Assets;
}
