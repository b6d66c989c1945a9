import { inspectEverywhere } from '#inspect';
import { compile } from './compile.ts';
import { engine } from './loop.ts';
import { everyRun, run, start } from './run.ts';

engine.current = { machine: compile, run, start };
inspectEverywhere(everyRun as any);

export { type Checkpoint, type CheckpointInfo, type CheckpointStore, memoryStore, type Phase } from './checkpoint.ts';
export { EndLoop, LoopError, type LoopErrorCode, MisconfigurationError } from './errors.ts';
export type { Json } from './json.ts';
export { Loop } from './loop.ts';
export type { LoopContext, LoopControlEvent, LoopEvent, LoopMachine, LoopStateValue } from './machine.ts';
export {
  BaseProgress,
  ProcessedTracker,
  Progress,
  type ProgressDefaults,
  ReadyCompletedTracker,
  StartedTracker,
} from './progress.ts';
export {
  type ActorLine,
  contextAfter,
  type EventLine,
  type Frame,
  formatRecording,
  parseRecording,
  type Recorder,
  type Recording,
  type RecordingLine,
  record,
  replay,
} from './recording.ts';
export type { Inspect, LoopRun, Outcome, RunProgress, StartOptions } from './run.ts';
export type { LoadOptions, LoadReport, StateDict } from './state-dict.ts';
export type { Stateful } from './tree.ts';
