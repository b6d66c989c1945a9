import { decodeAsset, encodeAsset } from '../data/asset-codec.ts';
import { copyAssets } from '../data/asset-copy.ts';
import { LoopError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import { decodeJson, encodeJson } from '../data/json-form.ts';
import { sealOf } from '../data/seal.ts';
import { shown } from '../data/shown.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { pathOf } from '../tree/tree.ts';
import { copyCheckpoint } from './checkpoint-copy.ts';
import type { Checkpoint, Phase } from './contents.ts';

/** A checkpoint as its JSON has it: `encoded` is the version of that form, `seal` tells whether it was changed. */
type Written = Checkpoint & { encoded?: unknown; seal?: unknown };

/** The version of the JSON form of a checkpoint; before it was 2, assets were what JSON makes of them. */
const form = 2;

/** Gives a checkpoint a `toJSON` that keeps what JSON has no word for, and by which a change of the JSON is seen. */
export function jsonable(checkpoint: Checkpoint): Checkpoint {
  return Object.defineProperty(checkpoint, 'toJSON', {
    value: () => {
      const written = {
        ...checkpoint,
        encoded: form,
        phase: phaseMapped(checkpoint.phase, encodeJson),
        // Each for itself, so that `migrate` may take out or rename any of them.
        stateDict: mapped(checkpoint.stateDict, encodeJson),
        assets: mapped(checkpoint.assets, encodeAsset),
      };
      return { ...written, seal: sealOf(sealed(written)) };
    },
  });
}

/** What the seal is of: all that says how the run goes on. The names of the run and of the loop may be changed. */
function sealed(checkpoint: { [part in keyof Checkpoint]?: unknown }): unknown[] {
  const { shape, position, phase, restarting, stateDict, assets, classes } = checkpoint;
  const later = classes === undefined ? [] : [classes];
  return [shape, position, phase, restarting, stateDict, assets, ...later];
}

/** @throws LoopError `CHECKPOINT_UNREADABLE` for JSON that is not as it was written */
export function checkSeal(loop: AnyLoop, checkpoint: Checkpoint): void {
  const { encoded, seal } = (checkpoint ?? {}) as Written;
  if (seal === undefined || (encoded === form && seal === sealOf(sealed(checkpoint)))) return;
  throw new LoopError(
    'CHECKPOINT_UNREADABLE',
    'Expected the JSON of a checkpoint as it was written, got one that was damaged or changed since. ' +
      'Nothing was loaded. To change a checkpoint on purpose, do it in start({ from, migrate }).',
    pathOf(loop),
  );
}

/** A checkpoint of one's own, for what the run makes of it must not change the one that was given. @throws LoopError `CHECKPOINT_UNREADABLE` */
export function decoded(loop: AnyLoop, checkpoint: Written): Checkpoint {
  const { encoded, seal: _, ...rest } = checkpoint;
  let problem = `JSON of form ${form}, got ${shown(encoded)}`;
  let cause: unknown;
  try {
    if (encoded === undefined) return copyCheckpoint(rest, () => pathOf(loop));
    if (encoded === true || encoded === form) {
      return {
        ...rest,
        phase: structuredClone(phaseMapped(rest.phase, decodeJson)),
        stateDict: structuredClone(mapped(rest.stateDict, decodeJson)) as Checkpoint['stateDict'],
        assets: copyAssets(
          encoded === form ? mapped(rest.assets, (asset) => decodeAsset(asset as Json)) : rest.assets,
          () => pathOf(loop),
        ),
      };
    }
  } catch (error) {
    problem = `a checkpoint that is whole, got one that is damaged or holds something else than data (${shown((error as Error)?.message)})`;
    cause = error;
  }
  throw new LoopError('CHECKPOINT_UNREADABLE', `Expected ${problem}.`, pathOf(loop), { cause });
}

/** Each part for itself: what contexts share they share by chance, and they are not changed. */
function phaseMapped(phase: Phase, change: (value: any) => any): Phase {
  const { context, children, output, ...rest } = phase;
  return {
    ...rest,
    context: mapped(context, change),
    children: mapped(children ?? {}, (child) => phaseMapped(child, change)),
    ...(output === undefined ? {} : { output: change(output) }),
  };
}

function mapped<Before, After>(
  values: { [key: string]: Before },
  change: (value: Before) => After,
): { [key: string]: After } {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}
