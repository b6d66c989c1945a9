/**
 * Loops, their runs, and what records and replays them.
 * @module loopchart
 */
import { inspectEverywhere } from '#inspect';
import { everyRun } from './run/options.ts';

inspectEverywhere(everyRun as any);

export type { Given, LoopContext, LoopControlEvent, LoopStateValue } from './chart/context.ts';
export type { ChildActor, LoopMachine, LoopSnapshot } from './chart/machine-type.ts';
export type { Checkpoint, Phase } from './checkpoint/contents.ts';
export { type CheckpointInfo, type CheckpointStore, memoryStore, type RunSaving } from './checkpoint/store.ts';
export { type ErrorClass, rememberErrors } from './data/error-classes.ts';
export type { PlainError } from './data/error-codec.ts';
export { EndLoop, LoopError, type LoopErrorCode, MisconfigurationError } from './data/errors.ts';
export type { Json } from './data/json.ts';
export { Loop } from './loop.ts';
export type { ActorLine, ChartLine, EventLine, Recording, RecordingHeader, RecordingLine } from './recording/lines.ts';
export { formatRecording, parseRecording, type Recorder, record } from './recording/recording.ts';
export { contextAfter, replay } from './recording/replay.ts';
export type { Frame } from './recording/replayed-actors.ts';
export type { Inspect, StartArguments, StartOptions } from './run/options.ts';
export type { BrokenOff, Completed, Outcome } from './run/outcome.ts';
export { outcomeOf } from './run/outcome-of.ts';
export type { LoopStanding, RunProgress } from './run/progress.ts';
export type { LoopRun } from './run/run.ts';
export {
  BaseProgress,
  ProcessedTracker,
  Progress,
  type ProgressDefaults,
  ReadyCompletedTracker,
  StartedTracker,
} from './tree/progress.ts';
export type { LoadOptions, LoadReport, StateDict } from './tree/state-dict.ts';
export type { Stateful } from './tree/tree.ts';
