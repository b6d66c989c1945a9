import { figure } from '../text/number.ts';
import { duration } from '../text/time.ts';
import type { Phase } from './actor.ts';
import type { NestBox } from './nest.ts';
import type { BoxStanding } from './nest-at.ts';
import { sparkLine } from './spark.ts';
import { type Spread, strokes } from './spread.ts';

/** The number of a loop that its box shows. */
export interface BoxNumber {
  /** What it is called in the state of the loop. */
  name: string;
  values: readonly number[];
  /** Of an array, how its loops have it. */
  each: Spread | undefined;
}

/** All that a box says, in words, numbers and lines to draw. Empty where it says nothing. */
export interface BoxWords {
  readonly name: string;
  readonly hue: number;
  readonly title: string;
  /** Which boxes lie around it. */
  readonly around: string;
  readonly phase: Phase | 'ahead';
  /** Whether it stands for the loops of an array. */
  readonly isMany: boolean;
  readonly runs: boolean;
  readonly innermost: boolean;
  /** How it stands. */
  readonly words: string;
  /** How many loops or runs it stands for, where that is more than one. */
  readonly times: string;
  readonly steps: string;
  /** Whether the steps are those of how many. */
  readonly hasTotal: boolean;
  readonly share: string;
  readonly forked: string;
  /** Where a number was first not finite. */
  readonly odd: string;
  /** How far it is, from 0 to 1. */
  readonly part: number;
  /** Of an array, how many of its loops stand how. */
  readonly over: number;
  readonly running: number;
  readonly failed: number;
  readonly ahead: number;
  /** What its number is called. */
  readonly numberName: string;
  readonly number: string;
  /** What is told of the number to those who do not see its strokes. */
  readonly numberTold: string;
  /** How many of an array are not finite. */
  readonly numbersOdd: string;
  /** The line or the strokes of its number, in a field of 100 × 20. */
  readonly curve: string;
  /** Where the stroke in the middle stands. */
  readonly middle: number;
  /** How many loops are folded into it, which of them runs, and how many of their runs have failed. */
  readonly folded: string;
  readonly foldedRuns: string;
  readonly foldedFailed: string;
}

/** What of a box its standing does not say. */
export interface BoxMore {
  number: BoxNumber | undefined;
  odd: string;
  forked: string;
  /** Whether there is room for one line only. */
  tight: boolean;
}

export function boxWords(standing: BoxStanding, { number, odd, forked, tight }: BoxMore): BoxWords {
  const { box, actor, phase, begun, running, failed, total, steps } = standing;
  const isMany = box.paths.length > 1;
  return {
    name: box.name,
    hue: box.paths[0]?.hue ?? 0,
    title: actor ? `${actor.id}${actor.loop ? ` (${actor.loop})` : ''}` : `${box.name} has not run yet`,
    around: around(box),
    phase,
    isMany,
    runs: running.length > 0,
    innermost: standing.innermost,
    words: manyWords(standing) ?? standing.words,
    times: isMany ? figure(box.paths.length) : begun > 1 ? figure(begun) : '',
    steps: stepsOf(standing, tight),
    hasTotal: total !== undefined && !standing.spread,
    share: tight ? '' : shareOf(standing),
    forked: tight ? '' : forked,
    odd,
    // As a bar shows it: of a million steps, one is not seen.
    part: !isMany && total && total.total > 0 ? Math.round(Math.min(1, steps / total.total) * 500) / 500 : 0,
    over: isMany ? begun - running.length - failed : 0,
    running: isMany ? running.length : 0,
    failed: isMany ? failed : 0,
    ahead: isMany ? box.paths.length - standing.loops : 0,
    ...(number ? numberWords(number) : NO_NUMBER),
    folded: standing.folded ? figure(standing.folded.loops) : '',
    foldedRuns: standing.folded?.runs?.name ?? '',
    foldedFailed: standing.folded?.failed ? `${figure(standing.folded.failed)} failed` : '',
  };
}

type NumberWords = Pick<BoxWords, 'numberName' | 'number' | 'numberTold' | 'numbersOdd' | 'curve' | 'middle'>;

const NO_NUMBER: NumberWords = { numberName: '', number: '', numberTold: '', numbersOdd: '', curve: '', middle: 0 };

function numberWords({ name, values, each }: BoxNumber): NumberWords {
  if (each) return spreadWords(name, each);
  const last = values.at(-1);
  if (last === undefined) return NO_NUMBER;
  return { ...NO_NUMBER, numberName: name, number: figure(last), curve: sparkLine(values) };
}

/** A number of the loops of an array: a stroke for each, from the least to the most, the middle one stronger. */
function spreadWords(name: string, each: Spread): NumberWords {
  const { values, least, middle, most, odd } = each;
  const numbersOdd = odd ? `${figure(odd)} not finite; ` : '';
  if (!values.length) return { ...NO_NUMBER, numbersOdd };
  return {
    numberName: name,
    number: least === most ? figure(least) : `${figure(least)} to ${figure(most)}`,
    numberTold: `, half of the loops up to ${figure(middle)}`,
    numbersOdd,
    curve: strokes(each),
    middle: most > least ? ((middle - least) / (most - least)) * 100 : 50,
  };
}

/** How the loops of an array stand, together. */
function manyWords({ box, running, failed, begun, words }: BoxStanding): string | undefined {
  if (box.paths.length < 2 || !begun) return undefined;
  const ended = begun - running.length - failed;
  const told = [
    running.length ? `${figure(running.length)} running` : '',
    failed ? `${figure(failed)} failed` : '',
    ended ? `${figure(ended)} over` : '',
  ].filter((one) => one !== '');
  return told.join(' · ') || words;
}

/**
 * `step 12 of 30`, or `12 of 30` where there is little room; behind `~` stands a guess. Of an array,
 * `3 to 12 steps, 40 runs`.
 */
function stepsOf({ actor, steps, total, vague, spread, box, begun }: BoxStanding, tight: boolean): string {
  if (!actor) return '';
  if (spread) {
    const { least, most } = spread;
    const range = least === most ? figure(least) : `${figure(least)} to ${figure(most)}`;
    const runs = begun > box.paths.length ? `, ${figure(begun)} runs` : '';
    return `${vague ? '≥ ' : ''}${range} ${most === 1 ? 'step' : 'steps'}${runs}`;
  }
  const taken = `${vague ? '≥ ' : ''}${figure(steps)}`;
  return total
    ? `${tight ? '' : 'step '}${taken} of ${total.guess ? '~' : ''}${figure(total.total)}`
    : `${taken} ${steps === 1 ? 'step' : 'steps'}`;
}

function shareOf({ share, busy, actor }: BoxStanding): string {
  if (!actor) return '';
  if (share === undefined) return duration(busy);
  const percent = share * 100;
  return `${percent > 0 && percent < 1 ? '< 1' : percent.toFixed(0)} % of the time`;
}

/** Which boxes lie around it, from the outermost. */
function around({ parent }: NestBox): string {
  const names: string[] = [];
  for (let outer = parent; outer; outer = outer.parent) names.unshift(outer.name);
  return names.length ? ` in ${names.join(', ')}` : '';
}
