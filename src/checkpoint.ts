import type { Json } from './json.ts';

/** Where one running loop stood, and the loops that ran under it. */
export interface Phase {
  /** The state of the chart: `entering`, `resetting`, `starting`, `advancing`, `paused`, `ending`, `finished`. */
  value: string;
  /** The rest of the machine's context that is not in the state dict. */
  context: { [key: string]: Json };
  output?: Json;
  /** Running children by field name. */
  children: { [name: string]: Phase };
}

/** A run at a step boundary: enough to go on from there in another process. Survives JSON unless `assets` hold typed arrays. */
export interface Checkpoint {
  format: 1;
  /** Class name of the root loop. */
  loop: string;
  /** The keys of the state dict and of the assets, sorted: two checkpoints with the same shape fit the same tree of loops. */
  shape: string[];
  runId: string;
  /** Steps of innermost loops since the run began, and of each loop that was running, by path. */
  position: { steps: number; loops: { [path: string]: number } };
  phase: Phase;
  /** Lightning's flat layout. */
  stateDict: { [key: string]: Json };
  /** What the `Stateful` fields returned at this boundary, by dotted path. Typed arrays allowed. */
  assets: { [path: string]: unknown };
}

/** What a store tells about a checkpoint it keeps. */
export interface CheckpointInfo {
  runId: string;
  /** Counts the saves of a run, from 1. */
  seq: number;
  /** `position.steps` of the checkpoint. */
  steps: number;
  /** Milliseconds since 1970. */
  savedAt: number;
}

/** Keeps checkpoints by run. `save` resolves when the checkpoint is as safe as the store promises. */
export interface CheckpointStore {
  save(runId: string, checkpoint: Checkpoint): Promise<void>;
  /** The newest good checkpoint of a run, or `undefined` if there is none. */
  load(runId: string): Promise<Checkpoint | undefined>;
  /** Oldest first; of one run, or of all. */
  list(runId?: string): Promise<CheckpointInfo[]>;
  delete(runId: string): Promise<void>;
  /** Called when a run that used the store has ended and its last save is done: gives up what the store held for it, such as a lock. */
  release?(runId: string): Promise<void>;
}
