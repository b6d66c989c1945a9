import { copyAssets } from '../data/asset-copy.ts';
import { type Stateful, statefulOf } from '../tree/tree.ts';
import { type InRun, runsBeside } from './beside.ts';

/*
 * What models were before a step that may be saved in its middle. The step is run again from there, so a checkpoint that
 * is taken in it has to hold the models as they were before.
 */

/**
 * A step of a loop without children begins that may be saved in its middle: the models are noted as they are now. Not
 * where other loops run beside it: they may be changing those just now.
 */
export function noteAssets(running: InRun): void {
  const fields: Stateful[] = [];
  for (let up: InRun | undefined = runsBeside(running) ? undefined : running; up !== undefined; up = up.parent) {
    for (const [, field] of statefulOf(up.loop)) fields.push(field);
  }
  const notes = fields.length === 0 ? [] : noted(fields);
  running.session.assetsBefore.set(running, new Map(fields.map((field, i) => [field, notes[i]])));
}

/** Copies: what they return may be what they go on with. What cannot be copied is refused where a checkpoint is taken. */
function noted(fields: Stateful[]): unknown[] {
  const assets = fields.map((field) => field.stateDict());
  try {
    return copyAssets({ assets }).assets as unknown[];
  } catch {
    return assets;
  }
}

/** Whether a run can be saved in the middle of what is in flight here: what that may have changed is known as it was before. */
export function mayBeSaved(running: InRun): boolean {
  if (running.unit?.mayRunChildren !== false) return true;
  const notes = running.session.assetsBefore.get(running);
  for (let up: InRun | undefined = running; up !== undefined; up = up.parent) {
    if (statefulOf(up.loop).some(([, field]) => notes?.has(field) !== true)) return false;
  }
  return true;
}
