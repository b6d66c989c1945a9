import { batch } from '@preact/signals';
import { type NestPicture, nestLayout } from '../drawing/nest-layout.ts';
import type { Path } from '../run/actor.ts';
import { Nest, type NestBox } from '../run/nest.ts';
import { type BoxStanding, NestAt } from '../run/nest-at.ts';
import { pickName } from '../run/series.ts';
import { Spark, tellingNumber } from '../run/spark.ts';
import type { Store } from '../run/store.ts';
import { chosenPick } from './plotted.ts';
import { session } from './session.ts';

interface Shown {
  store: Store;
  nest: Nest;
  at: NestAt;
  sparks: Map<Path, Spark>;
  /** How many steps a loop had when no number of it was found that says anything. */
  without: Map<Path, number>;
}

let shown: Shown | undefined;
let laid: { signature: string; width: number; height: number; picture: NestPicture } | undefined;

/** The boxes of the run that is shown. */
function shownNow(): Shown {
  const { store, contexts } = session;
  if (shown?.store !== store) {
    const nest = new Nest(store);
    shown = { store, nest, at: new NestAt(nest, store, contexts), sparks: new Map(), without: new Map() };
    laid = undefined;
  }
  shown.nest.update();
  return shown;
}

/** Where the boxes are, in a pane of a size. They are laid out again only when there are others, or the pane is another. */
export function pictureNow(room: { width: number; height: number }): NestPicture {
  const { nest } = shownNow();
  const { width, height } = room;
  if (laid?.signature !== nest.signature || laid.width !== width || laid.height !== height)
    laid = { signature: nest.signature, width, height, picture: nestLayout(nest.regions, room) };
  return laid.picture;
}

/** How the boxes stand at the moment that is shown. */
export const boxesNow = (): BoxStanding[] =>
  shownNow().at.at(session.now.value, session.chosen ? session.actor.value : undefined);

/** The small line of a loop: of the number of it that is plotted, else of the one that says most. */
export function sparkOf(path: Path): Spark | undefined {
  const { store, sparks, without } = shownNow();
  const chosen = chosenPick(path.name);
  const before = sparks.get(path);
  let spark = before;
  if (chosen) {
    if (!before || pickName(before.pick) !== pickName(chosen)) spark = new Spark(path, chosen);
  } else if (!before && !(path.steps.length < (without.get(path) ?? 1))) {
    const pick = tellingNumber(store, path);
    if (pick) spark = new Spark(path, pick);
    // Looked for again when there are twice as many steps: to look costs more than to draw.
    else without.set(path, path.steps.length * 2);
  }
  if (!spark) return undefined;
  if (spark !== before) sparks.set(path, spark);
  spark.grow(store);
  return spark;
}

/** Looks at the loop of a box, whichever of its runs is current. */
export function chooseBox({ actor }: BoxStanding): void {
  if (actor) session.select(actor.id);
}

/** Opens a box: the chart of the states that its loop goes through. */
export function openBox(standing: BoxStanding): void {
  if (!standing.actor) return;
  batch(() => {
    chooseBox(standing);
    session.pane.value = 'chart';
  });
}

/** The box of the loop that is looked at. */
export function chosenBox(): NestBox | undefined {
  const path = session.actor.value?.path;
  return path && shownNow().nest.boxOf(path);
}
