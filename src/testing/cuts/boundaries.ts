import type { InspectionEvent } from 'xstate';
import { isLoopActor } from '../../chart/loop-actor.ts';
import type { Checkpoint } from '../../checkpoint/contents.ts';
import type { CheckpointStore } from '../../checkpoint/store.ts';
import type { LoopRun } from '../../run/run.ts';
import { start } from '../../run/start.ts';
import { turn } from '../../time/turn.ts';
import type { Made } from './made.ts';
import { ended, type Measured } from './measured.ts';
import { type CutPlace, oncesIn, placeOf } from './place.ts';

/** A boundary at which a run is cut. */
export interface Cut {
  /** Which of the boundaries it is, from 0. */
  readonly index: number;
  readonly place: CutPlace;
  /** The checkpoint, as another process would read it. */
  readonly json: string;
  /** How many effects there had been. */
  readonly effects: number;
  /** And how many before the next boundary, if what came between them was not in a `once`. */
  effectsBeforeNext?: number;
}

/**
 * Runs a loop, and tells of each boundary with a checkpoint taken there: before each hook that runs once, after each step,
 * and after each `once`, also where loops run side by side.
 *
 *     entering ┊ resetting ┊ starting ┊ advancing ┊ step ┊ once ┊ step ┊ ending ┊ finished
 *              ╰──── asked for when the chart moves on    ╰── saved by the run itself
 *
 * @param tell returns whether the run is to be aborted there
 */
export async function runTelling(made: Made, limit: number, tell: (cut: Cut) => boolean): Promise<Measured> {
  const boundaries = new Boundaries(made, tell);
  return await ended(made, boundaries.run, limit);
}

/** The reason of the abort of a run that is cut for good. */
const cutOff: Error = new Error('The run was cut here.');

class Boundaries {
  readonly run: LoopRun<unknown>;
  readonly #made: Made;
  readonly #tell: (cut: Cut) => boolean;
  #asked = false;
  #count = 0;
  /** The checkpoint before, to know one that is taken again at the same place. */
  #before: { checkpoint: Checkpoint; json: string; cut: Cut } | undefined;

  constructor(made: Made, tell: (cut: Cut) => boolean) {
    this.#made = made;
    this.#tell = tell;
    this.run = start(made.loop, {
      id: 'everyCut',
      args: made.args,
      store: this.#store(),
      every: 'step',
      durability: 'sync',
      inspect: [(event) => this.#heard(event), ...(made.watch === undefined ? [] : [made.watch])],
    });
    this.#ask();
  }

  /** Is given each step and each `once`. */
  #store(): CheckpointStore {
    return {
      // The run begins after a turn, so that it is there to be asked for its first boundary.
      acquire: () => turn(),
      save: async (_, checkpoint) => this.#taken(checkpoint),
      load: async () => undefined,
      list: async () => [],
      delete: async () => {},
    };
  }

  /** The chart of some loop moves on: there is a boundary ahead. Behind a step there is one in any case. */
  #heard(event: InspectionEvent): void {
    if (event.type !== '@xstate.event' || !isLoopActor(event.actorRef as any)) return;
    const { type, done } = event.event as { type: string; done?: boolean };
    if (/^loop\.(asked|once|shown|forwarded)$/.test(type) || (type === 'loop.advanced' && !done)) return;
    this.#ask();
  }

  #ask(): void {
    // Within the constructor, before the run is there.
    if (this.#asked || this.run === undefined) return;
    this.#asked = true;
    this.run.checkpoint().then(
      (checkpoint) => {
        this.#asked = false;
        this.#taken(checkpoint);
      },
      // The run has ended before: its outcome says why.
      () => {},
    );
  }

  #taken(checkpoint: Checkpoint): void {
    const { loop } = this.#made;
    const before = this.#before;
    if (before?.checkpoint === checkpoint) return;
    const json = JSON.stringify(checkpoint);
    if (before?.json === json) return;
    const effects = this.#made.effects().length;
    const cut: Cut = { index: this.#count++, place: placeOf(checkpoint, loop.path), json, effects };
    if (before !== undefined && !isOnceAfter(before.checkpoint, checkpoint) && isAlone(before.cut) && isAlone(cut))
      before.cut.effectsBeforeNext = effects;
    this.#before = { checkpoint, json, cut };
    if (this.#tell(cut)) this.run.abort(cutOff);
  }
}

function isOnceAfter(before: Checkpoint, after: Checkpoint): boolean {
  return oncesIn(after) > oncesIn(before);
}

function isAlone({ place }: Cut): boolean {
  return place.beside.length === 0;
}
