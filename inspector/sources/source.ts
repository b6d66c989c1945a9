import type { Breakpoint } from '../../src/inspect/breakpoint.ts';
import type { ForkAnswer } from '../lines/fork.ts';
import type { Hello, Line, Settings } from '../lines/line.ts';
import type { Row } from '../lines/row.ts';
import type { FileParts, Place } from './file-parts.ts';

/** A line as it came: most are told by their numbers. */
export type Taken = Line | Row;

/** Where a source stands, in words that are shown. */
export interface Status {
  kind: 'opening' | 'live' | 'waiting' | 'whole' | 'failed';
  text: string;
  hello?: Hello;
  /** How many recordings lie in the file, one behind the other. */
  recordings?: number;
  /** What has become of the place where the run was, for a run that was over. */
  gone?: string;
}

/** What the page may ask of a program: the closed list of the wire format. */
export type Command =
  | { type: 'all'; event: { type: ControlEvent; n?: number; reason?: string } }
  | { type: 'send'; id: string; event: { type: ControlEvent; n?: number; reason?: string } | Give | AppEvent }
  | { type: 'speed'; perSec: number | null }
  | { type: 'break'; points: Breakpoint[] }
  | { type: 'get'; ref: string }
  | { type: 'moments'; id: string }
  | { type: 'take'; id: string; from: string }
  | { type: 'fork'; checkpoint: number; edits: StateEdit[]; args?: unknown[]; paused: boolean }
  | { type: 'release' };

/** A change of the state of a loop: at a JSON pointer, another value, or none. */
export interface StateEdit {
  loop: string;
  at: string;
  value?: unknown;
}

/** An event for an actor of the app: whatever its code takes. */
export interface AppEvent {
  type: string;
  [key: string]: unknown;
}

/** A value for a step that waits for one by this key; with none, it is given `undefined`. */
export interface Give {
  type: 'loop.give';
  key: string;
  value?: unknown;
}

export type ControlEvent = 'loop.pause' | 'loop.resume' | 'loop.step' | 'loop.stop' | 'loop.abort';

/** Where lines come from. One that can `send` is a program that runs now. */
export interface Source {
  readonly title: string;
  /** Which it is of the recordings that lie in one file, counted from 1. */
  readonly which?: number;
  /** Another of them. */
  recording?(which: number): Source;
  /** Of a file, the places from which parts of it can be read. */
  readonly parts?: FileParts;
  /** The mark that it begins with, where it is a part. */
  readonly from?: number;
  /** The part that begins with another mark. */
  partFrom?(mark: number): Source;
  /** What an address says to lead to it, where one can. */
  readonly link?: Readonly<Record<string, string>>;
  /** What it must also say, and what must not stay in sight: whoever knows it is let in. */
  readonly token?: string;
  /**
   * Begins to deliver; `bytes` is what the lines weighed as text, `upTo` where in the file the next one begins. Returns what stops it. One that can `send` may be
   * started again, and delivers what came since.
   */
  start(onLines: (lines: Taken[], bytes: number, upTo?: Place) => void, onStatus: (status: Status) => void): () => void;
  send?(command: Command): void;
  /** A cut value that was asked for by `get` has come. */
  onValue?: (ref: string, value: unknown) => void;
  /** How runs are driven has changed: from here, from another page, or by a breakpoint. */
  onSettings?: (settings: Settings) => void;
  /** A command was not obeyed. The answer does not say which. */
  onRefused?: (reason: string) => void;
  /** An answer about a fork has come. */
  onFork?: (answer: ForkAnswer) => void;
  /** A frame, or something in one, could not be read. */
  onUnreadable?: () => void;
  /** What comes from here on is another run. */
  onRun?: () => void;
  /** So many other runs could be shown instead. */
  onOthers?: (count: number) => void;
  /** Shows one of those. */
  turn?(): void;
}
