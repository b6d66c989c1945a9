import type { Checkpoint } from '../../checkpoint/contents.ts';
import type { CheckpointInfo, CheckpointStore } from '../../checkpoint/store.ts';
import { describeError } from '../../data/error-codec.ts';
import type { KeptStart } from './kept.ts';

/** So many of a store are told, the newest. */
const mostTold = 200;
/** Of so many checkpoints of a run it is known at which line they were taken. */
const mostKnown = 1000;

/** A checkpoint that a fork can be begun from, as a page is told of it. */
export interface Moment {
  /** What the command `take` calls it. */
  from: string;
  /** Steps of innermost loops that the run had taken. */
  steps: number;
  /** When it was taken or saved, in milliseconds since 1970. */
  t: number;
  /** The last line by then, where that is known. */
  seq?: number;
}

/** The checkpoints of a run that forks can be begun from. */
export interface Moments {
  /** The oldest first. */
  moments: Moment[];
  /** How many more its store has, which are older. */
  more: number;
  /** How many were taken for pages and are kept no more. */
  gone: number;
  /** Why there are none of its store, or not all; `null` where that is no matter. */
  lacks: string | null;
}

/** At which lines of a run its checkpoints were taken: a store does not tell. */
export class TakenAt {
  readonly #all: { steps: number; t: number; seq: number }[] = [];

  add({ position: { steps } }: Checkpoint, seq: number): void {
    this.#all.push({ steps, t: Date.now(), seq });
    if (this.#all.length > 2 * mostKnown) this.#all.splice(0, mostKnown);
  }

  /** The line of the one that was saved then: of those with so many steps, the last that had been taken. */
  seqOf({ steps, savedAt }: CheckpointInfo): number | undefined {
    return this.#all.findLast((one) => one.steps === steps && one.t <= savedAt)?.seq;
  }
}

export async function momentsOf(
  store: CheckpointStore | undefined,
  runId: string,
  takenAt: TakenAt,
  kept: readonly KeptStart[],
  gone: number,
): Promise<Moments> {
  const { infos, more, lacks } = await listed(store, runId);
  const saved = infos.map((info) => momentAt(`store:${info.seq}`, info.steps, info.savedAt, takenAt.seqOf(info)));
  const taken = kept.map(({ number, t, start: { of } }) => momentAt(`taken:${number}`, of.steps, t, of.seq));
  return { moments: [...saved, ...taken].sort((a, b) => a.t - b.t), more, gone, lacks };
}

const momentAt = (from: string, steps: number, t: number, seq: number | undefined): Moment => ({
  ...{ from, steps, t },
  ...(seq === undefined ? {} : { seq }),
});

async function listed(
  store: CheckpointStore | undefined,
  runId: string,
): Promise<{ infos: CheckpointInfo[]; more: number; lacks: string | null }> {
  if (store === undefined) return { infos: [], more: 0, lacks: null };
  try {
    const all = await store.list(runId);
    if (store.loadAt === undefined)
      return { infos: [], more: 0, lacks: all.length > 1 ? 'Its store gives no checkpoint but the newest.' : null };
    return { infos: all.slice(-mostTold), more: Math.max(0, all.length - mostTold), lacks: null };
  } catch (error) {
    return { infos: [], more: 0, lacks: `Its store could not list them: ${describeError(error).message}` };
  }
}
