import { changedArguments } from './arguments.ts';
import type { Cause } from './cause.ts';
import { type Chance, type ChanceCall, withChance } from './chance.ts';
import type { Maker } from './made.ts';
import { firstDifference, measure } from './measured.ts';

/** Why two runs that nobody cut differ: it is tried whether they still do when chance and time are the same for both. */
export async function causesOfRuns(maker: Maker, limit: number): Promise<Cause[]> {
  for (const fixed of [['random'], ['time'], ['random', 'time']] as Chance[][]) {
    const [first, second] = [await runWith(maker, limit, fixed), await runWith(maker, limit, fixed)];
    if (fixed.some((one) => !first.calls.has(one))) continue;
    if (firstDifference(first.result, second.result) === undefined)
      return fixed.map((one) =>
        ofChance(one, first.calls.get(one)!, 'With that made the same for both, the runs are the same.'),
      );
  }
  const shared = await sharedArguments(maker, limit);
  return shared.length > 0 ? shared : [outliving];
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
      says: `It depends on the time: ${called}`,
      advice: "Ask for the time in once: await this.once('time', () => Date.now()), or take it as an argument.",
    };
  return {
    kind: 'random',
    says: `Random numbers without a seed that the checkpoint has, such as for a shuffle: ${called}`,
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
