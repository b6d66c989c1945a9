import { inspectEverywhere } from '#inspect';
import { machineOf } from './compile.ts';
import { engine } from './loop.ts';
import { everyRun } from './options.ts';
import { run, start } from './run.ts';

engine.current = { machine: machineOf, run, start };
inspectEverywhere(everyRun as any);

export type { Checkpoint, Phase } from './checkpoint.ts';
export type { LoopContext, LoopControlEvent, LoopEvent, LoopStateValue } from './context.ts';
export { EndLoop, LoopError, type LoopErrorCode, MisconfigurationError } from './errors.ts';
export type { Json } from './json.ts';
export type { ActorLine, EventLine, Recording, RecordingLine } from './lines.ts';
export { Loop } from './loop.ts';
export type { LoopMachine } from './machine.ts';
export type { Inspect, StartOptions } from './options.ts';
export {
  BaseProgress,
  ProcessedTracker,
  Progress,
  type ProgressDefaults,
  ReadyCompletedTracker,
  StartedTracker,
} from './progress.ts';
export { formatRecording, parseRecording, type Recorder, record } from './recording.ts';
export { contextAfter, type Frame, replay } from './replay.ts';
export type { LoopRun, Outcome, RunProgress } from './run.ts';
export type { LoadOptions, LoadReport, StateDict } from './state-dict.ts';
export { type CheckpointInfo, type CheckpointStore, memoryStore } from './store.ts';
export type { Stateful } from './tree.ts';
