import { type Actor, begun, type Phase } from './actor.ts';
import type { Contexts } from './contexts.ts';
import { type Folded, runningIn } from './folded.ts';
import type { Nest, NestBox } from './nest.ts';
import { RunTally, type Tally } from './run-tally.ts';
import { type Spread, spreadOf, stepsOfEach } from './spread.ts';
import { standing } from './standing.ts';
import { toldOf } from './standing-in-words.ts';
import type { Store } from './store.ts';
import { totalOf } from './tree-at.ts';

/** How a box stands at a moment. */
export interface BoxStanding extends Tally {
  box: NestBox;
  /** The run that the box tells of: nothing had none begun. */
  actor: Actor | undefined;
  /** How it stands; `ahead` had it not begun. */
  phase: Phase | 'ahead';
  words: string;
  steps: number;
  /** Whether lines are missing in which it may have taken more. */
  vague: boolean;
  total: { total: number; guess: boolean } | undefined;
  /** The part of the time of its run, from 0 to 1, in which the loop ran. Nothing for the outermost. */
  share: number | undefined;
  /** How many loops of an array had begun. */
  loops: number;
  /** Of an array, how many steps its loops had taken, each in its latest run. */
  spread: Spread | undefined;
  /** Whether it runs, and nothing that is in it does. */
  innermost: boolean;
  /** The outermost box around it: nothing for that one itself. */
  root: BoxStanding | undefined;
  /** Of a box whose inner ones are not shown, what there is to say of those. */
  folded: Folded | undefined;
}

/** The states of the machine, in words for somebody who does not know it. */
const WORDS: Readonly<Record<string, string>> = { advancing: 'running', entering: 'beginning' };

/** How the boxes of a nest stand, at any moment. */
export class NestAt {
  readonly #nest: Nest;
  readonly #store: Store;
  readonly #contexts: Contexts;
  readonly #tallies = new Map<NestBox, RunTally>();

  constructor(nest: Nest, store: Store, contexts: Contexts) {
    this.#nest = nest;
    this.#store = store;
    this.#contexts = contexts;
  }

  /**
   * How boxes stand.
   *
   * @param looked the run that is looked at: boxes around it tell of the runs that it is in
   * @param shown those that are drawn, in the order of the nest; all by default
   */
  at(row: number, looked: Actor | undefined, shown: readonly NestBox[] = this.#nest.boxes): BoxStanding[] {
    const chain = new Map<NestBox, Actor>();
    for (let actor = looked; actor; actor = actor.parent) {
      const box = this.#nest.boxOf(actor.path);
      if (box && actor.first <= row) chain.set(box, actor);
    }
    const t = row >= this.#store.first ? this.#store.t(row) : 0;
    const all = new Map<NestBox, BoxStanding>();
    const standingOf = (box: NestBox): BoxStanding => {
      const known = all.get(box);
      if (known) return known;
      const above = box.parent && standingOf(box.parent);
      const told = this.#standing(box, above, chain.get(box), row, t);
      all.set(box, told);
      return told;
    };
    const drawn = new Set(shown);
    const told = shown.map((box) => {
      const here = standingOf(box);
      const isFolded = box.regions.length > 0 && !box.regions.some((region) => region.some((one) => drawn.has(one)));
      if (isFolded) here.folded = this.#folded(here, row, t);
      return here;
    });
    for (const { box, running } of told) {
      const around = box.parent && all.get(box.parent);
      if (around && running.length) around.innermost = false;
    }
    return told;
  }

  #tally(box: NestBox, row: number, t: number): Tally {
    const tally = this.#tallyOf(box);
    tally.update(box.paths);
    return tally.at(row, t);
  }

  #tallyOf(box: NestBox): RunTally {
    const tally = this.#tallies.get(box) ?? new RunTally();
    this.#tallies.set(box, tally);
    return tally;
  }

  #folded({ box, running, actor }: BoxStanding, row: number, t: number): Folded {
    const counts = { loops: 0, failed: 0 };
    const count = (inner: NestBox) => {
      counts.loops += inner.paths.length;
      counts.failed += this.#tally(inner, row, t).failed;
      for (const region of inner.regions) region.forEach(count);
    };
    for (const region of box.regions) region.forEach(count);
    const from = running.includes(actor!) ? actor : running.at(-1);
    return { ...counts, runs: from && runningIn(from, row) };
  }

  #standing(
    box: NestBox,
    above: BoxStanding | undefined,
    looked: Actor | undefined,
    row: number,
    t: number,
  ): BoxStanding {
    const counts = this.#tally(box, row, t);
    const actor =
      looked ?? latestIn(box, above?.actor, row) ?? counts.running.at(-1) ?? this.#tallyOf(box).run(counts.begun - 1);
    const here = actor && standing(this.#store, actor, row);
    const told = actor && here && toldOf(this.#store, this.#contexts, actor, here);
    const root = above && (above.root ?? above);
    return {
      ...counts,
      box,
      actor,
      phase: told?.phase ?? 'ahead',
      words: told ? inWords(told.words) : 'not yet',
      steps: here?.steps ?? 0,
      vague: actor !== undefined && this.#store.isVague(actor, row),
      total: actor && totalOf(this.#contexts, actor, row),
      share: root && root.busy > 0 ? Math.min(1, counts.busy / root.busy) : undefined,
      loops: box.paths.filter(({ actors }) => begun(actors, row) > 0).length,
      spread: box.paths.length > 1 ? spreadOf(stepsOfEach(box.paths, row)) : undefined,
      innermost: counts.running.length > 0,
      root,
      folded: undefined,
    };
  }
}

const inWords = (words: string): string => (Object.hasOwn(WORDS, words) ? WORDS[words]! : words);

/** The run of a box that the run around it began last; of an array, one that goes on before one that is over. */
function latestIn(box: NestBox, above: Actor | undefined, row: number): Actor | undefined {
  if (!above) return undefined;
  let found: Actor | undefined;
  for (const { actors } of box.paths) {
    const runs = above.children.get(actors[0]?.name ?? '');
    const run = runs?.[begun(runs, row) - 1];
    if (!run) continue;
    const better =
      !found ||
      goesOn(run, row) > goesOn(found, row) ||
      (goesOn(run, row) === goesOn(found, row) && run.index > found.index);
    if (better) found = run;
  }
  return found;
}

const goesOn = ({ endRow }: Actor, row: number): number => (endRow <= row ? 0 : 1);
