import { batch } from '@preact/signals';
import type { Path, Run } from '../run/actor.ts';
import { type BoxNumber, type BoxWords, boxWords } from '../run/box-words.ts';
import { forkedFrom } from '../run/fork-words.ts';
import { Nest, type NestBox } from '../run/nest.ts';
import { type BoxStanding, NestAt } from '../run/nest-at.ts';
import { pickName } from '../run/series.ts';
import { Spark, tellingNumber } from '../run/spark.ts';
import { NumberOfEach, type Spread, spreadOf } from '../run/spread.ts';
import type { Store } from '../run/store.ts';
import { firstOddWords } from './alerts.ts';
import { chosenPick } from './plot-picks.ts';
import { session } from './session.ts';

interface Shown {
  store: Store;
  nest: Nest;
  at: NestAt;
  sparks: Map<Path, Spark>;
  eachs: WeakMap<NestBox, NumberOfEach>;
  /** How many steps a loop had when no number of it was found that says anything. */
  without: Map<Path, number>;
  /** What the boxes are of, and up to which row they were made. */
  run: Run | undefined;
  end: number;
}

let shown: Shown | undefined;

/** The boxes of the run that is looked at. */
function shownNow(): Shown {
  const { store, contexts } = session;
  if (shown?.store !== store) {
    const nest = new Nest();
    const at = new NestAt(nest, store, contexts);
    shown = {
      store,
      nest,
      at,
      sparks: new Map(),
      eachs: new WeakMap(),
      without: new Map(),
      run: undefined,
      end: -1,
    };
  }
  const run = session.run.value;
  // Many views ask, and each box does.
  if (shown.run !== run || shown.end !== store.end) {
    shown.run = run;
    shown.end = store.end;
    shown.nest.update(run);
  }
  return shown;
}

/** The boxes there are. */
export const nestNow = (): Nest => shownNow().nest;

/** What is drawn, by the keys of the boxes. */
interface Drawn {
  readonly places: ReadonlyMap<string, unknown>;
}

/** How the boxes of a picture stand at the moment that is shown. */
export function boxesNow({ places }: Drawn): BoxStanding[] {
  const { nest, at } = shownNow();
  const drawn = nest.boxes.filter(({ key }) => places.has(key));
  return at.at(session.now.value, session.chosen ? session.actor.value : undefined, drawn);
}

/**
 * What a box says.
 *
 * @param tight whether there is room for one line only
 */
export function wordsOf(standing: BoxStanding, tight: boolean): BoxWords {
  const { box, actor } = standing;
  const { store } = shownNow();
  const odd = oddIn(box, standing.folded !== undefined) ?? '';
  const forked = (actor && forkedFrom(store, actor)) ?? '';
  return boxWords(standing, { number: tight ? undefined : numberOf(standing), odd, forked, tight });
}

/** Where a number of a box was first not finite; of one that has others folded into it, also where one of theirs was. */
function oddIn({ paths, regions }: NestBox, isFolded: boolean): string | undefined {
  for (const path of paths) {
    const told = firstOddWords(path);
    if (told) return told;
  }
  if (!isFolded) return undefined;
  for (const box of regions.flat()) {
    const told = oddIn(box, true);
    if (told) return told.startsWith('in ') ? told : `in ${box.name}: ${told}`;
  }
  return undefined;
}

/** The number that a box shows. */
function numberOf({ box, actor }: BoxStanding): BoxNumber | undefined {
  const spark = actor && sparkOf(actor.path);
  if (!spark) return undefined;
  const { keys } = spark.pick;
  return {
    name: keys.join('.'),
    values: spark.upTo(session.store, session.now.value),
    each: box.paths.length > 1 ? numberOfEach(box, keys) : undefined,
  };
}

/** The small line of a loop: of the number of it that is plotted, else of the one that says most. */
function sparkOf(path: Path): Spark | undefined {
  const { store, sparks, without } = shownNow();
  const chosen = chosenPick(path);
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

/** Of an array, the number that its line would show, as each of its loops has it at the moment that is shown. */
function numberOfEach(box: NestBox, keys: readonly string[]): Spread | undefined {
  const { store, eachs } = shownNow();
  const before = eachs.get(box);
  const each = before?.keys.join('\n') === keys.join('\n') ? before : new NumberOfEach(store, keys);
  eachs.set(box, each);
  return spreadOf(each.at(box.paths, session.now.value));
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

/** The box of a picture that a box lies in, or is. */
export function drawnAround({ places }: Drawn, box: NestBox | undefined): NestBox | undefined {
  let around = box;
  while (around && !places.has(around.key)) around = around.parent;
  return around;
}
