import { changedArguments } from './arguments.ts';
import type { Chance } from './asked-of-chance.ts';
import type { Cause } from './cause.ts';
import { type ChanceCall, withChance } from './chance.ts';
import type { Maker } from './made.ts';
import { firstDifference, measure } from './measured.ts';

/** Why two runs that nobody cut differ: it is tried whether they still do when chance and time are the same for both. */
export async function causesOfRuns(maker: Maker, limit: number): Promise<Cause[]> {
  const shared = await sharedArguments(maker, limit);
  if (shared.length > 0) return shared;
  const byChance = await causesByChance(maker, limit);
  // Runs that have become the same by themselves prove nothing: what the first has left may have changed the later ones.
  if (await haveBecomeSame(maker, limit)) return [outliving, ...byChance];
  return byChance.length > 0 ? byChance : [outlivingOrUnheard];
}

async function causesByChance(maker: Maker, limit: number): Promise<Cause[]> {
  for (const fixed of [['random'], ['time'], ['random', 'time']] as Chance[][]) {
    const [first, second] = [await runWith(maker, limit, fixed), await runWith(maker, limit, fixed)];
    if (fixed.some((one) => !first.calls.has(one))) continue;
    const proof = 'With that made the same for both, the runs are the same.';
    if (firstDifference(first.result, second.result) === undefined)
      return fixed.map((one) => ofChance(one, first.calls.get(one)!, proof));
  }
  return [];
}

async function haveBecomeSame(maker: Maker, limit: number): Promise<boolean> {
  const first = await measure(await maker.make(), limit);
  for (let i = 0; i < 3; i++)
    if (firstDifference(first, await measure(await maker.make(), limit)) !== undefined) return false;
  return true;
}

function runWith(maker: Maker, limit: number, fixed: Chance[]) {
  return withChance(fixed, async () => await measure(await maker.make(), limit));
}

/** In words, what was asked of chance or of time. @param proof why it is thought to matter */
export function ofChance(chance: Chance, { name, path, line }: ChanceCall, proof: string): Cause {
  const where = [path === undefined ? '' : ` in a hook of ${path}`, line === undefined ? '' : ` (${line})`].join('');
  const called = `\`${name}\` is called outside \`once\`${where}. ${proof}`.trim();
  if (chance === 'time')
    return {
      kind: 'time',
      says: `It goes by the clock: ${called}`,
      advice: "Ask for the time in once: await this.once('time', () => Date.now()), or take it as an argument.",
    };
  return {
    kind: 'random',
    says: `Random numbers that no seed gives again, as in an unseeded shuffle: ${called}`,
    advice:
      "Draw in once: await this.once('order', () => shuffle(items)); or from a generator with a seed, whose state is " +
      'kept in `state`.',
  };
}

/** Runs that were given the same object, which each of them uses up. */
async function sharedArguments(maker: Maker, limit: number): Promise<Cause[]> {
  const [one, other] = [await maker.make(), await maker.make()];
  const same = one.args.flatMap((arg, i) =>
    typeof arg === 'object' && arg !== null && arg === other.args[i] ? [i] : [],
  );
  if (same.length === 0) return [];
  const before = changedArguments(one.args);
  await measure(one, limit);
  return before()
    .filter(({ index }) => same.includes(index))
    .map(({ says }) => ({
      kind: 'argument' as const,
      says: `All runs are given the same object as an argument, and use it up: ${says}`,
      advice:
        'Make the arguments anew for each run: everyCut(make, { args: () => [new Queue()] }), or give them in `make`.',
    }));
}

const outliving: Cause = {
  kind: 'shared',
  says: 'Something outlives a run: a variable of a module, a static field, a file, or an object that `make` gives to each loop.',
  advice: 'Make all that a run changes anew in `make`, and keep it in fields of the loop.',
};

const outlivingOrUnheard: Cause = {
  kind: 'shared',
  says:
    `${outliving.says} Or it goes by chance in a way that cannot be heard of: by a function that was taken from \`Math\` ` +
    'or `crypto` before the proof began, or by a generator of its own that goes on from run to run.',
  advice: `${outliving.advice} Call chance by its name, or make a generator with a seed in \`make\`.`,
};
