import type { Packed } from '../data/asset-codec.ts';
import type { PlainError } from '../data/error-codec.ts';
import type { RunProgress } from '../run/progress.ts';
import { mark } from './port.ts';

/*
 * What the two ends say to each other. A run bears a key that the outside has made up; each call of it has a number.
 *
 *     outside                                   inside the worker
 *
 *     hello ──────────────────────────────────▶
 *           ◀────────────────────────────────── here       also said by itself, once it serves
 *     start { run, options } ─────────────────▶
 *           ◀────────────────────────────────── begun      where it goes on
 *     call { pause | step | … } ──────────────▶
 *           ◀────────────────────────────────── answer
 *     look ───────────────────────────────────▶            only if somebody wants to know
 *           ◀────────────────────────────────── looked     once it has changed, and not too often
 *           ◀────────────────────────────────── ended      how
 *           ◀────────────────────────────────── settled    no code of it is in flight any more
 */

/** Raised when one end cannot follow the other. */
export const version = 1;

/** What was thrown or given as a reason: as data, or which call of the outside has given it. */
export type Thrown = { plain: PlainError } | { given: number };

/** Where a run stands. */
export interface Standing {
  progress: RunProgress<any>;
  waitingFor: string[];
}

/** What `start` was given, for a run inside. */
export interface SaidOptions {
  id: string;
  /** `args`, and `from` unless the worker is to load it. */
  data: Packed;
  newest: boolean;
  inspect: boolean;
  paused: boolean | undefined;
  every: { steps: number } | { ms: number } | 'step' | 'run' | undefined;
  durability: 'sync' | 'async' | 'exit' | undefined;
}

/** What can be asked of a run. */
export type Call =
  | { ask: 'pause' | 'resume' | 'checkpoint' | 'inspect' }
  | { ask: 'step'; n: number }
  | { ask: 'give'; key: string; value: Packed | undefined }
  | { ask: 'stop' | 'suspend' | 'abort'; reason: PlainError };

/** From outside. `to` is the name that the loop is served under. */
export type Said = { loopchart: typeof mark; to: string } & (
  | { say: 'hello' }
  | { say: 'start'; run: string; options: SaidOptions }
  | { say: 'call'; run: string; call: number; of: Call }
  | { say: 'look'; run: string; wait: boolean }
);

/** How a run has ended, on its way outside. */
export interface ToldOutcome {
  status: 'finished' | 'skipped' | 'stopped' | 'suspended' | 'aborted' | 'failed';
  steps: number;
  output?: Packed;
  ended?: true;
  reason?: Thrown;
  /** `true`: it is the reason. */
  error?: Thrown | true;
}

/** From the inside of a worker. */
export type Told = { loopchart: typeof mark; from: string } & (
  | { tell: 'here'; version: number; serving: string; path: string; lock?: string }
  | { tell: 'bye'; serving: string }
  | { tell: 'begun' | 'looked'; run: string; standing: Standing }
  | { tell: 'answer'; run: string; call: number; standing: Standing | undefined; value?: Packed; error?: Thrown }
  | { tell: 'ended'; run: string; outcome: ToldOutcome; standing: Standing | undefined }
  | { tell: 'settled'; run: string }
);

/** Whether it is for the loop that is served under this name: anybody may use the same way. */
export function isSaid(data: unknown, name: string): data is Said {
  if (typeof data !== 'object' || data === null) return false;
  const { loopchart, to, say, run, call, of, options } = data as Record<string, any>;
  if (loopchart !== mark || to !== name) return false;
  if (say === 'hello') return true;
  if (typeof run !== 'string') return false;
  if (say === 'start') return typeof options?.id === 'string' && Array.isArray(options.data?.bytes);
  return say === 'look' || (say === 'call' && typeof call === 'number' && typeof of?.ask === 'string');
}

/** Whether it is of the loop that is served under this name. */
export function isTold(data: unknown, name: string): data is Told {
  if (typeof data !== 'object' || data === null) return false;
  const { loopchart, from, tell, run } = data as Record<string, unknown>;
  if (loopchart !== mark || from !== name || typeof tell !== 'string') return false;
  return tell === 'here' || tell === 'bye' || typeof run === 'string';
}
