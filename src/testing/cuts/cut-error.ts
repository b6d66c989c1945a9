import { LoopError, nameError } from '../../data/errors.ts';
import type { Cause } from './cause.ts';
import { brief, pathWithin } from './difference.ts';
import type { FirstDifference, Measured } from './measured.ts';
import { type CutPlace, inWords } from './place.ts';

/** What is known of a difference when it is told. */
interface Told {
  /** The root's. */
  path: string;
  difference: FirstDifference;
  causes: Cause[];
  /** Which cut it was; of two runs that nobody cut, none. */
  cut?: { index: number; place: CutPlace } | undefined;
  /** Of how many. */
  sampled: string;
}

/**
 * A run that was cut and went on is not the same as one that was not: code `RESUME_DIFFERS`. Or two runs that nobody cut
 * are not the same: `RUNS_DIFFER`.
 */
export class CutError extends LoopError {
  /** What differs first: which part, where in it, what was expected and what came. */
  readonly difference: FirstDifference;
  /** Where the run was cut. */
  readonly cut: (CutPlace & { index: number }) | undefined;
  /** What it is likely to come from, the most likely first. */
  readonly causes: Cause[];

  constructor(intro: string, { path, difference, causes, cut, sampled }: Told, { error }: Measured) {
    const [likely, ...others] = causes as [Cause, ...Cause[]];
    const lines = [
      intro,
      `  What differs first: ${differenceInWords(difference, error)}`,
      `  Likely cause: ${likely.says}`,
      `  What to do: ${likely.advice}`,
      ...others.flatMap(({ says, advice }) => [`  Besides: ${says}`, `  What to do: ${advice}`]),
      ...(sampled === '' ? [] : [`  ${sampled}`]),
    ];
    super(
      cut === undefined ? 'RUNS_DIFFER' : 'RESUME_DIFFERS',
      lines.join('\n'),
      path,
      error === undefined ? undefined : { cause: error },
    );
    nameError(this, 'CutError');
    this.difference = difference;
    this.cut = cut && { ...cut.place, index: cut.index };
    this.causes = causes;
  }
}

/** Of a run that was cut. */
export function resumeDiffers(told: Told & { cut: { index: number; place: CutPlace } }, got: Measured): CutError {
  const intro = `a run that is cut and goes on in a new instance differs from one that is not cut. The cut: ${inWords(told.cut.place)}.`;
  return new CutError(intro, told, got);
}

/** Of two that were not. */
export function runsDiffer(told: Told, got: Measured): CutError {
  return new CutError('two runs that nobody cut differ: it is not the same from run to run.', told, got);
}

/** Such as: the state `state_dict`, at `n`: expected 3, got 2. */
export function differenceInWords({ what, key, at, expected, got }: FirstDifference, error: unknown): string {
  const within = pathWithin(at);
  const part = key === undefined ? names[what] : `${names[what]} \`${key}\``;
  const where = within === '' ? part : `${part}, at \`${within.replace(/^\./, '')}\``;
  return `${where}: expected ${brief(expected)}, got ${brief(got)}${what === 'status' && error !== undefined ? ` (${brief(error)})` : ''}.`;
}

const names: Record<FirstDifference['what'], string> = {
  status: 'how the run ended',
  error: 'the error',
  output: 'the output',
  reason: 'the reason of its end',
  state: 'the state',
  counters: 'the counters',
  assets: 'the asset',
  steps: 'the number of steps',
  effects: 'the effects',
};
