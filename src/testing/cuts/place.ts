import type { LoopStateValue } from '../../chart/context.ts';
import { givenIn, type InFlight } from '../../chart/journal.ts';
import type { Checkpoint, Phase } from '../../checkpoint/contents.ts';

/** Where a run was cut: where its innermost loop stood. */
export interface CutPlace {
  /** Of the innermost loop that ran: `fit.epoch.batches`. Where several ran side by side, of the first of them. */
  path: string;
  /** The state of its chart. */
  state: LoopStateValue;
  /** Whole steps of its run. */
  step: number;
  /** The key of the `once` that had given its result just before, if one had. */
  once?: string;
  /** The paths of others that ran beside it. */
  beside: string[];
}

/** A loop that runs at a checkpoint. */
export interface Standing {
  path: string;
  phase: Phase;
}

/** The loops that run, parents first. */
export function standingIn(phase: Phase, path: string): Standing[] {
  const below = Object.entries(phase.children).flatMap(([name, child]) => standingIn(child, `${path}.${name}`));
  return [{ path, phase }, ...below];
}

/** @param root the path of the root */
export function placeOf(checkpoint: Checkpoint, root: string): CutPlace {
  const leaves = standingIn(checkpoint.phase, root).filter(({ phase }) => Object.keys(phase.children).length === 0);
  const [{ path, phase }, ...others] = leaves as [Standing, ...Standing[]];
  const place: CutPlace = {
    path,
    state: phase.value,
    step: phase.context.steps as number,
    beside: others.map((other) => other.path),
  };
  const last = givenIn(phase.context.inFlight as InFlight | null).at(-1);
  if (last?.once !== undefined) place.once = last.once;
  return place;
}

/** How many results of `once` the steps in flight have got. */
export function oncesIn(checkpoint: Checkpoint): number {
  const given = standingIn(checkpoint.phase, '').flatMap(({ phase }) =>
    givenIn(phase.context.inFlight as InFlight | null),
  );
  return given.filter(({ once }) => once !== undefined).length;
}

/** In words: `fit.epoch in "advancing", after 2 steps, and after once('seed') in the next`. */
export function inWords({ path, state, step, once, beside }: CutPlace): string {
  const steps = step === 1 ? '1 step' : `${step} steps`;
  const after = step > 0 || state === 'advancing' || state === 'ending' ? `, after ${steps}` : '';
  const given = once === undefined ? '' : `${state === 'advancing' ? ' and' : ','} after once('${once}')`;
  const others = beside.length === 0 ? '' : `, beside ${beside.join(', ')}`;
  return `${path} in \`${state}\`${after}${given}${others}`;
}
