import type { Checkpoint } from '../../checkpoint/contents.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { walk } from '../../tree/tree.ts';
import { changedArguments } from './arguments.ts';
import { type Cut, runTelling } from './boundaries.ts';
import type { Cause } from './cause.ts';
import { ofChance } from './causes-of-runs.ts';
import { withChance } from './chance.ts';
import { keptFields, opaqueFields, withoutRestart } from './fields.ts';
import type { Made, Maker } from './made.ts';
import { firstDifference, type Measured, measure } from './measured.ts';
import { standingIn } from './place.ts';

/*
 * Why a run that was cut differs. It is cut again at the same place, and goes on in other ways: what makes it come out
 * right is what it had been without.
 *
 *     a new instance, with the arguments that the cut run had left       -> they had been used up
 *     a new instance, on which `reset` and `onRunStart` were called       -> what those make is missing: onRestart
 *     the same instance                                                   -> something in its fields
 */

/** The uncut run, and what is needed to try something. */
export interface Trial {
  maker: Maker;
  whole: Measured;
  limit: number;
}

export async function causesOfCut(trial: Trial, cuts: readonly Cut[]): Promise<Cause[]> {
  const causes: Cause[] = [];
  const [first] = cuts as [Cut];
  if (await helps(trial, cuts, inUsedArguments)) causes.push(...(await ofArguments(trial, first)));
  if (causes.length === 0) {
    if (await helps(trial, cuts, afterReset)) causes.push(ofRestart(await atCut(trial, first), first));
    else if (await helps(trial, cuts, inSameInstance)) causes.push(await ofFields(trial, first));
  }
  const { calls } = await withChance([], async () => await measure(await trial.maker.make(), trial.limit));
  const draws = calls.get('random');
  if (draws !== undefined) causes.push(ofChance('random', draws, 'A run that goes on draws others.'));
  const time = calls.get('time');
  if (time !== undefined && causes.length === 0)
    causes.push(ofChance('time', time, 'A run that goes on does so later.'));
  return causes.length > 0 ? causes : [unknown];
}

/** One more way to go on from a cut. */
type Way = (trial: Trial, cut: Cut, stopped: Stopped) => Promise<Measured | undefined>;

/** A run that was aborted at a cut. */
interface Stopped {
  made: Made;
  /** What became of its arguments by then. */
  args: unknown[];
}

/** Whether runs that go on in some way come out right, from all of these cuts. */
async function helps(trial: Trial, cuts: readonly Cut[], way: Way): Promise<boolean> {
  for (const cut of cuts) {
    const stopped = await atCut(trial, cut);
    const measured = stopped && (await way(trial, cut, stopped));
    // Effects are told apart by what they are.
    if (
      measured === undefined ||
      firstDifference(trial.whole, { ...measured, effects: trial.whole.effects }) !== undefined
    )
      return false;
  }
  return true;
}

/** Runs until the same cut, and no further. Where loops run side by side there may be none that is the same. */
async function atCut({ maker, limit }: Trial, cut: Cut): Promise<Stopped | undefined> {
  const made = await maker.make();
  let isSame = false;
  await runTelling(made, limit, ({ index, place }) => {
    if (index !== cut.index) return false;
    isSame = JSON.stringify(place) === JSON.stringify(cut.place);
    return true;
  });
  return isSame ? { made, args: made.args } : undefined;
}

const checkpointOf = ({ json }: Cut): Checkpoint => JSON.parse(json);

const inUsedArguments: Way = async ({ maker, limit }, cut, { args }) => {
  if (args.length === 0) return undefined;
  return await measure(await maker.make(), limit, { from: checkpointOf(cut), args });
};

const inSameInstance: Way = async ({ maker, limit }, cut, { made }) => {
  const { args } = await maker.make();
  return await measure({ ...made, args }, limit, { from: checkpointOf(cut) });
};

const afterReset: Way = async ({ maker, limit }, cut) => {
  const made = await maker.make();
  const checkpoint = checkpointOf(cut);
  const { args } = await maker.make();
  try {
    for (const { loop, phase, args: own } of preparing(made.loop, checkpoint, args)) {
      await loop.reset(...own);
      if (phase !== 'starting') await loop.onRunStart(...own);
    }
  } catch {
    // They need a run around them.
    return undefined;
  }
  return await measure(made, limit, { from: checkpoint });
};

/** The loops that run at a checkpoint, behind their `reset`, with their arguments. */
function preparing(root: AnyLoop, checkpoint: Checkpoint, args: unknown[]) {
  const loops = new Map(walk(root).map(({ loop, path }) => [path, loop]));
  return standingIn(checkpoint.phase, root.path).flatMap(({ path, phase }) => {
    const loop = loops.get(path);
    if (loop === undefined || !/starting|advancing|paused|ending/.test(phase.value)) return [];
    return [{ loop, phase: phase.value, args: path === root.path ? args : ((phase.context.args as unknown[]) ?? []) }];
  });
}

async function ofArguments({ maker, limit }: Trial, cut: Cut): Promise<Cause[]> {
  const made = await maker.make();
  const changed = changedArguments(made.args);
  await measure(made, limit);
  const [{ says } = { says: 'a run that goes on from this cut has to be given what was left of its arguments.' }] =
    changed();
  return [
    {
      kind: 'argument',
      says: `The run uses up its arguments: ${says} With what ${cut.place.path} had left of them, it comes out right.`,
      advice: 'Leave arguments as they are, and keep in `state` how far the loop has come: items[this.state.next++].',
    },
  ];
}

function ofRestart(stopped: Stopped | undefined, cut: Cut): Cause {
  const running = standingIn(checkpointOf(cut).phase, stopped?.made.loop.path ?? '').map(({ path }) => path);
  const without = stopped === undefined ? [] : withoutRestart(stopped.made.loop, running);
  const of = without.length === 0 ? 'a loop' : without.join(' and ');
  return {
    kind: 'restart',
    says:
      `\`onRestart\` is missing: a run that goes on does not call \`reset\` and \`onRunStart\` again, so what those of ${of} ` +
      'make (a connection, an index) is not there. Called before it went on, it comes out right.',
    advice: 'Override onRestart(...args), and make there again what is not in `state`.',
  };
}

async function ofFields({ maker }: Trial, cut: Cut): Promise<Cause> {
  const stopped = await atCut({ maker } as Trial, cut);
  const fields =
    stopped === undefined ? [] : keptFields(stopped.made.loop, (await maker.make()).loop, checkpointOf(cut));
  const proof = 'In the same instance, it comes out right';
  const [field] = fields;
  const hidden = stopped === undefined ? [] : opaqueFields(stopped.made.loop);
  const where =
    field !== undefined
      ? `${fields
          .slice(0, 3)
          .map(({ says }) => says)
          .join('; ')}.`
      : hidden.length > 0
        ? `No field that can be seen differs: look at what is inside ${hidden.map(({ path, name, kind }) => `\`${name}\` of ${path} (a ${kind})`).join(', ')}, and at \`#private\` fields and closures.`
        : 'No field that can be seen differs: look at `#private` fields and closures.';
  const isObject = field?.isObject ?? hidden.length > 0;
  return {
    kind: 'field',
    says: `State outside \`state\`, which a checkpoint does not have. ${where} ${proof}.`,
    advice: isObject
      ? 'Give the object in that field stateDict() and loadStateDict(), as a sampler or a model has; or keep in `state` how far it has come.'
      : 'Keep it in `state`; or make it again from the state in onRestart or onLoadCheckpoint.',
  };
}

const unknown: Cause = {
  kind: 'unknown',
  says: 'It could not be found out: neither the same instance nor the same arguments make it come out right.',
  advice:
    'Look at what is outside the loop (a variable of a module, a file, a server), at races against bare timers, and at ' +
    '`Stateful` objects whose stateDict() is not all that they are.',
};
