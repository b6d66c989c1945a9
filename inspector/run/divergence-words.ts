import { apart, figure, numberOf } from '../text/number.ts';
import { brief } from '../text/value.ts';
import type { Actor } from './actor.ts';
import { NOTHING } from './difference.ts';
import type { Comparison, Divergence, LoopMoment } from './divergence.ts';
import type { StartDifference } from './start-differences.ts';

/** So many characters of a value stand in a sentence. */
const ROOM = 40;

/** Two values that are not the same, each told so that it can be told from the other. */
export function bothInWords(a: unknown, b: unknown): [string, string] {
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined && right !== undefined) return apart(left, right);
  const told = [a, b].map((value) => (value === NOTHING ? 'not there' : brief(value, ROOM))) as [string, string];
  return told[0] === told[1] ? [inFull(a), inFull(b)] : told;
}

const inFull = (value: unknown) => (value === NOTHING ? 'not there' : brief(value, 400, true));

/** "step 53 of batches", counted as plots do, over all of its runs, where all of them were seen; else "step 3 of batches#2". */
export function momentInWords({ actor, row, step }: LoopMoment): string {
  const { path } = actor;
  const at = path.steps.upTo(row);
  const isAlone = path.actors.length === 1;
  const all = at < 0 ? 0 : path.steps.count(at);
  const seen = !path.actors[0]?.late && countedFromFirst(path.actors[0]);
  if (isAlone || !seen || at < 0) return `step ${figure(step)} of ${isAlone ? actor.name : actor.short}`;
  return `step ${figure(all)} of ${actor.name}`;
}

/** Whether nothing of the loop's first run was let go. */
const countedFromFirst = (actor: Actor | undefined) => actor !== undefined && actor.base === undefined;

/** What parted two runs, in a sentence; `a` and `b` are what they are called. */
export function divergenceInWords(
  { how, a, b, only, leaves, more }: Divergence,
  names: { a: string; b: string },
): string {
  const [one, other] = only === 'b' ? [b, a] : [a, b];
  const [mine, theirs] = only === 'b' ? [names.b, names.a] : [names.a, names.b];
  switch (how) {
    case 'ended':
      return `the same until ${momentInWords(one)}; ${mine} took it, and ${theirs} had ended after ${momentInWords(other)}`;
    case 'absent':
      return `the same until ${momentInWords(one)}; ${mine} ran ${one.actor.name} there, and ${theirs} did not`;
    default: {
      const [first] = leaves;
      const [left, right] = first ? bothInWords(first.a, first.b) : ['', ''];
      const rest = leaves.length - 1;
      const others = more ? 'and much else' : rest > 0 ? `and ${rest} more` : '';
      const what = first ? `${first.keys.join('.')} is ${left} in ${names.a} and ${right} in ${names.b}` : '';
      return `the same until ${momentInWords(a)}; there ${what}${others && `, ${others}`}`;
    }
  }
}

/** What there is to say of two runs in which nothing has parted yet. */
export function samenessInWords(comparison: Comparison, names: { a: string; b: string }): string {
  const { compared, awaits, progress } = comparison;
  const steps = `${figure(compared)} ${compared === 1 ? 'step' : 'steps'}`;
  if (progress < 1 && !awaits) return `the same for ${steps} so far, comparing`;
  if (awaits) return `the same for ${steps} so far; then ${names[awaits]} has to come on`;
  if (!compared) return 'no step of the two could be compared: they have no loop in common, or its steps were not seen';
  return `the same for all ${steps} that both took`;
}

/** "rate: 0.01 → 0.05" */
export function startInWords({ path, what, keys, a, b }: StartDifference): string {
  const [left, right] = bothInWords(a, b);
  const [at, ...inner] = keys;
  const name = what === 'state' ? keys.join('.') : inner.length ? inner.join('.') : `argument ${Number(at) + 1}`;
  return `${path.slice(path.lastIndexOf('.') + 1)} ${name}: ${left} → ${right}`;
}
