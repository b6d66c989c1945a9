import type { Nest } from '../run/nest.ts';
import { leastHeight, type Nested, type NestPicture, nestLayout } from './nest-layout.ts';

interface Room {
  width: number;
  height: number;
}

/** What of a nest is drawn. */
export interface NestSight {
  /** The box that is looked into, by its key; empty for all of them. */
  within: string;
  /** Whether all levels are drawn, however little room there is. */
  whole: boolean;
}

/** The picture is no taller than so many times the room: else its innermost levels are folded. */
const TALLEST = 1.5;

/**
 * As many levels of boxes as there is room for, and two at least. What lies deeper is folded into the box around it.
 *
 *     fit ─ epoch ─┬─ batches ─── forward       fit ─ epoch ─┬─ batches +1
 *                  └─ validate ── metrics                    └─ validate +1
 */
export function folded(regions: Nested['regions'], room: Room): Nested['regions'] {
  for (let levels = levelsOf(regions); levels > 2; levels--) {
    const some = outermost(regions, levels);
    if (leastHeight(some, room.width) <= room.height * TALLEST) return some;
  }
  return outermost(regions, 2);
}

const levelsOf = (regions: Nested['regions']): number =>
  regions.flat().reduce((most, { regions: inner }) => Math.max(most, 1 + levelsOf(inner)), 0);

function outermost(regions: Nested['regions'], levels: number): Nested['regions'] {
  return regions.map((region) =>
    region.map(({ key, regions: inner }) =>
      levels > 1 ? { key, regions: outermost(inner, levels - 1) } : { key, regions: [], folds: inner.length > 0 },
    ),
  );
}

let kept: (Room & NestSight & { signature: string; picture: NestPicture }) | undefined;

/** Lays the boxes of a program out: anew only when there are others, others are looked into, or the pane has another size. */
export function nestPicture(nest: Nest, sight: NestSight, room: Room): NestPicture {
  const { signature } = nest;
  const isKept =
    kept?.signature === signature &&
    kept.within === sight.within &&
    kept.whole === sight.whole &&
    kept.width === room.width &&
    kept.height === room.height;
  if (!isKept) {
    const box = nest.boxes.find(({ key }) => key === sight.within);
    const regions = box ? [[box]] : nest.regions;
    const picture = nestLayout(sight.whole ? regions : folded(regions, room), room);
    kept = { ...room, ...sight, signature, picture };
  }
  return kept!.picture;
}
