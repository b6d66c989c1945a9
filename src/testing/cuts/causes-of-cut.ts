import type { Checkpoint } from '../../checkpoint/contents.ts';
import { LoopError } from '../../data/errors.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { walk } from '../../tree/tree.ts';
import { changedArguments } from './arguments.ts';
import type { Chance } from './asked-of-chance.ts';
import { type Cut, runTelling } from './boundaries.ts';
import type { Cause } from './cause.ts';
import { ofChance } from './causes-of-runs.ts';
import { type ChanceCall, withChance } from './chance.ts';
import { type KeptField, keptFields, opaqueFields } from './fields.ts';
import type { Made, Maker } from './made.ts';
import { firstDifference, type Measured, measure } from './measured.ts';
import { standingIn } from './place.ts';
import { ofSharedObject } from './shared-objects.ts';

/*
 * Why a run that was cut differs. It is cut again at the same place, and goes on in other ways: what makes it come out
 * right is what it had been without.
 *
 *     a new instance, at once                                             -> the clock; or, if not behind another run as
 *                                                                            well, something that outlives a run
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

/** @param got what came of the first of the cuts */
export async function causesOfCut(trial: Trial, cuts: readonly Cut[], got: Measured): Promise<Cause[]> {
  const { calls } = await withChance([], async () => await measure(await trial.maker.make(), trial.limit));
  const cause = await provenCause(trial, cuts, calls);
  const causes = cause === undefined ? [] : [cause];
  const [random, time] = [calls.get('random'), calls.get('time')];
  if (random !== undefined && cause?.kind !== 'random')
    causes.push(ofChance('random', random, 'A run that goes on draws others.'));
  if (time !== undefined && causes.length === 0) causes.push(ofChance('time', time, 'A run that goes on asks later.'));
  return causes.length > 0 ? causes : [got.error instanceof LoopError ? saidBy(got.error) : unknown];
}

async function provenCause(
  trial: Trial,
  cuts: readonly Cut[],
  calls: ReadonlyMap<Chance, ChanceCall>,
): Promise<Cause | undefined> {
  const [first] = cuts as [Cut];
  const random = calls.get('random');
  const draws = random === undefined ? [none] : unlike;
  // What would come out right in any case proves nothing.
  if (await helps(trial, [first], inNewInstance, draws)) {
    const isLeft = calls.size === 0 && !(await helps(trial, [first], behindAnotherRun, draws));
    return isLeft ? outlivingCut : later;
  }
  if (await helps(trial, cuts, inUsedArguments, draws)) return await ofArguments(trial, first);
  if (await helps(trial, cuts, afterReset, draws)) return await ofRestart(trial, await atCut(trial, first));
  if (random !== undefined) {
    for (const way of [inNewInstance, afterReset])
      if (await helps(trial, cuts, way, [alike]))
        return ofChance(
          'random',
          random,
          'A run that goes on draws others; made to draw the same, it comes out right.',
        );
  }
  // Not from the other cut: a step of a parent that is run again in the same instance changes its fields twice.
  const stopped = await atCut(trial, first);
  const fields = await ofFields(trial, stopped, await helps(trial, [first], inSameInstance, draws));
  return fields ?? (stopped && ofSharedObject(stopped.made.loop));
}

/** The seeds of what is drawn before a cut and after it, if there is anything to draw. */
type Draws = readonly [before: number, after: number] | undefined;

const none: Draws = undefined;

const alike: Draws = [1, 1];

/** More than one, for what was drawn anew may by chance be the same where it matters. */
const unlike: Draws[] = [
  [1, 2],
  [3, 4],
  [5, 6],
];

/** One more way to go on from a cut. */
type Way = (trial: Trial, cut: Cut, stopped: Stopped) => Promise<Measured | undefined>;

/** A run that was aborted at a cut. */
interface Stopped {
  made: Made;
  /** What became of its arguments by then. */
  args: unknown[];
  /** The cut, with what this run had come to by then. */
  cut: Cut;
}

/** Whether runs that go on in some way come out right, from all of these cuts and whichever of these they draw. */
async function helps(trial: Trial, cuts: readonly Cut[], way: Way, draws: readonly Draws[]): Promise<boolean> {
  for (const drawn of draws) for (const cut of cuts) if (!(await comesOutRight(trial, cut, way, drawn))) return false;
  return true;
}

async function comesOutRight(trial: Trial, cut: Cut, way: Way, drawn: Draws): Promise<boolean> {
  const fixed: Chance[] = drawn === undefined ? [] : ['random'];
  const { result: stopped } = await withChance(fixed, () => atCut(trial, cut), drawn?.[0]);
  if (stopped === undefined) return false;
  const { result: measured } = await withChance(fixed, () => way(trial, stopped.cut, stopped), drawn?.[1]);
  return measured !== undefined && firstDifference(trial.whole, measured) === undefined;
}

/** Runs until the same cut, and no further. Where loops run side by side there may be none that is the same. */
async function atCut({ maker, limit }: Trial, cut: Cut): Promise<Stopped | undefined> {
  const made = await maker.make();
  let same: Cut | undefined;
  await runTelling(made, limit, (one) => {
    if (one.index !== cut.index) return false;
    if (JSON.stringify(one.place) === JSON.stringify(cut.place)) same = one;
    return true;
  });
  return same && { made, args: made.args, cut: same };
}

const checkpointOf = ({ json }: Cut): Checkpoint => JSON.parse(json);

const inUsedArguments: Way = async ({ maker, limit }, cut, { args }) => {
  if (args.length === 0) return undefined;
  return await measure(await maker.make(), limit, { from: checkpointOf(cut), args });
};

const inNewInstance: Way = async ({ maker, limit }, cut) =>
  await measure(await maker.make(), limit, { from: checkpointOf(cut) });

const behindAnotherRun: Way = async (trial, cut, stopped) => {
  await measure(await trial.maker.make(), trial.limit);
  return await inNewInstance(trial, cut, stopped);
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

async function ofArguments({ maker, limit }: Trial, cut: Cut): Promise<Cause> {
  const made = await maker.make();
  const changed = changedArguments(made.args);
  await measure(made, limit);
  const [{ says } = { says: 'a run that goes on from this cut has to be given what was left of its arguments.' }] =
    changed();
  return {
    kind: 'argument',
    says: `The run uses up its arguments: ${says} With what ${cut.place.path} had left of them, it comes out right.`,
    advice: 'Leave arguments as they are, and keep in `state` how far the loop has come: items[this.state.next++].',
  };
}

async function ofRestart({ maker }: Trial, stopped: Stopped | undefined): Promise<Cause> {
  const fields = stopped === undefined ? [] : await fieldsOf(maker, stopped);
  const [field] = fields;
  const missing =
    field === undefined
      ? 'so what those make (a connection, an index) is not there.'
      : `so what those make is not there: ${saying(fields)}.`;
  return {
    kind: 'restart',
    says:
      '`onRestart` is missing, or does not do enough: a run that goes on does not call `reset` and `onRunStart` again, ' +
      `${missing} Called before it goes on, it comes out right.`,
    advice: `Override onRestart(...args)${field === undefined ? '' : ` in ${field.path}`}, and make there again what is not in \`state\`.`,
  };
}

/** @param isProven whether the run comes out right in the same instance */
async function ofFields({ maker }: Trial, stopped: Stopped | undefined, isProven: boolean): Promise<Cause | undefined> {
  const fields = stopped === undefined ? [] : await fieldsOf(maker, stopped);
  if (fields.length === 0 && !isProven) return undefined;
  const hidden = stopped === undefined ? [] : opaqueFields(stopped.made.loop);
  const inside = hidden.length === 0 ? '' : `what is inside ${hidden.join(', ')}; and at `;
  const where =
    fields.length > 0
      ? `${saying(fields)}.`
      : `No field that can be seen differs: look at ${inside}\`#private\` fields and closures.`;
  const proof = isProven ? ' In the same instance, it comes out right.' : '';
  return {
    kind: 'field',
    says: `State outside \`state\`, which a checkpoint does not have. ${where}${proof}`,
    advice:
      (fields[0]?.isObject ?? hidden.length > 0)
        ? 'Give the object in that field stateDict() and loadStateDict(), as a sampler or a model has; or keep in `state` how far it has come.'
        : 'Keep it in `state`; or make it again from the state in onRestart or onLoadCheckpoint.',
  };
}

async function fieldsOf(maker: Maker, { made, cut }: Stopped): Promise<KeptField[]> {
  return keptFields(made.loop, (await maker.make()).loop, checkpointOf(cut));
}

/** The first few. */
function saying(fields: KeptField[]): string {
  return fields
    .slice(0, 3)
    .map(({ says }) => says)
    .join('; ');
}

const outlivingCut: Cause = {
  kind: 'shared',
  says:
    'Something outlives a run: a variable of a module, a static field, a file. Cut there again and gone on with at once, in a ' +
    'new instance, it comes out right; with another run in between, it does not.',
  advice: 'Keep it in `state`; or make it again from the state in onRestart or onLoadCheckpoint.',
};

const later: Cause = {
  kind: 'time',
  says:
    'It goes by the clock, or by chance: cut there again and gone on with at once, in a new instance, it comes out right. ' +
    'Time passes between the process that is cut and the one that goes on.',
  advice:
    'Do not measure time across a step that may be cut; ask in once for a time at which something is due, and compare.',
};

function saidBy({ message }: LoopError): Cause {
  return {
    kind: 'unknown',
    says: `It was refused, and the error says why. ${message}`,
    advice: 'What the error says.',
  };
}

const unknown: Cause = {
  kind: 'unknown',
  says: 'It could not be found out: neither the same instance nor the same arguments make it come out right.',
  advice:
    'Look at what is outside the loop (a variable of a module, a file, a server), at races against bare timers, and at ' +
    '`Stateful` objects whose stateDict() is not all that they are.',
};
