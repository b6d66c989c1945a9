import { type Got, type InFlight, plainArgs } from '../chart/journal.ts';
import { isAlike } from '../data/alike.ts';
import { LoopError } from '../data/errors.ts';
import { type Json, plainOrNot } from '../data/json.ts';
import { encodeJson } from '../data/json-form.ts';
import { sealOf } from '../data/seal.ts';
import { type AnyLoop, type StepOfLoop, savesItsState } from '../tree/any-loop.ts';
import { ModelsAsTheyWere } from './models-as-they-were.ts';

/*
 * A step that is run again begins with the state before it, and brings the state to where it was by its own code. What
 * something else has changed in it is not done again: the function of a `once` that is remembered, a child that has ended
 * or that goes on in its middle.
 *
 *     await this.once('load', async () => {
 *       this.state.rows = await load();      not done again: the rows would be missing without a word
 *     });
 *     this.state.rows = await this.once('load', () => load());      done again, with what `once` remembers
 *
 * So a checkpoint notes of each step in flight what it had changed by then: seals alone, a few letters for a key of the
 * state. Before what was under way goes on, the step that was run again must have come to the same. So it is with the
 * arguments of children, which may be changed as well, and with models.
 */

/** Of the keys of the state that a step in flight has changed, what they hold, as a seal. */
export type Changed = { [key: string]: string };

/** So many keys are noted each by itself: a state may have as many as a table has rows. Of more, the state as a whole is. */
const mostKeys = 64;

/**
 * What is noted when a checkpoint is taken.
 * @param models those that are in the checkpoint as they were before the step, and are no longer so
 */
export function withChanges(
  loop: AnyLoop,
  inFlight: InFlight | null,
  before: Json,
  step: StepOfLoop | undefined,
  models: { [path: string]: string } = {},
): InFlight | null {
  if (inFlight === null || inFlight.events === 0) return inFlight;
  // What it has not come to yet, after a resume, is not forgotten by the next one.
  if (step?.isAsItWas !== true && isNoted(inFlight)) return inFlight;
  const { changed: _, changedState: __, changedAssets: ___, ...given } = inFlight;
  const used = step?.usedArgs;
  const journal = used === undefined ? given : { ...given, got: withUsed(given.got, used) };
  const changed = changesOf(loop, before);
  const asked = journal.asked.map((one) => {
    const { changed: _, ...asked } = one;
    const isUnheard = one.run !== undefined && one.in !== undefined && step?.isAwaited(one.run) === false;
    const rest = isUnheard ? { ...asked, unawaited: true as const } : asked;
    const now = one.run === undefined || one.args === undefined ? undefined : step?.argsOf(one.run);
    const seal = now === undefined ? undefined : sealOfArgs(one.args!, now);
    return seal === undefined ? rest : { ...rest, changed: seal };
  });
  return {
    ...journal,
    asked,
    ...changed,
    ...(Object.keys(models).length === 0 ? {} : { changedAssets: models }),
  };
}

/** Whether a checkpoint has noted something of it. */
function isNoted({ changed, changedState, changedAssets, asked }: InFlight): boolean {
  return (changed ?? changedState ?? changedAssets) !== undefined || asked.some((one) => one.changed !== undefined);
}

function withUsed(pieces: Got[][], usedArgs: NonNullable<StepOfLoop['usedArgs']>): Got[][] {
  const times = new Map<string, number>();
  return pieces.map((piece) =>
    piece.map((got) => {
      if (got.run === undefined || (got.args ?? []).length === 0) return got;
      const time = (times.get(got.run) ?? 0) + 1;
      times.set(got.run, time);
      const changed = usedArgs.sealOf(got.run, time);
      return changed === undefined ? got : { ...got, changed };
    }),
  );
}

/** What of a loop's state is no longer as it was. */
function changesOf(loop: AnyLoop, before: Json): Pick<InFlight, 'changed' | 'changedState'> {
  const now = savesItsState(loop) ? plainOrNot(loop.state)?.copy : undefined;
  if (!isRecord(now) || !isRecord(before)) return {};
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  const changed = [...keys].filter((key) => !isAlike(own(before, key), own(now, key)));
  if (changed.length === 0) return {};
  if (changed.length > mostKeys) return { changedState: sealOfValue(now) };
  return { changed: Object.fromEntries(changed.map((key) => [key, sealOfValue(own(now, key))])) };
}

/** What arguments are now, where that is not what they were. */
export function sealOfArgs(before: readonly Json[], args: readonly unknown[]): string | undefined {
  const isOpaque = (arg: Json | undefined) => isRecord(arg) && '$opaque' in arg;
  if (before.every((arg, i) => isOpaque(arg) || isAlike(arg, args[i]))) return undefined;
  return sealOfValue(plainArgs(args));
}

/** What a step that is run again has to come to. */
export class AsItWas {
  readonly #loop: AnyLoop;
  readonly #changed: Changed;
  readonly #changedState: string | undefined;
  readonly #args: { run: string; before: readonly Json[]; seal: string }[];
  readonly #models: ModelsAsTheyWere;

  constructor(loop: AnyLoop, { changed = {}, changedState, changedAssets, asked }: InFlight) {
    this.#models = new ModelsAsTheyWere(loop, changedAssets);
    this.#loop = loop;
    this.#changed = changed;
    this.#changedState = changedState;
    this.#args = asked.flatMap(({ run, args: before = [], changed: seal }) =>
      run === undefined || seal === undefined ? [] : [{ run, before, seal }],
    );
  }

  /** Whether there is nothing to come to. */
  get isNothing(): boolean {
    return !this.#hasChanged && this.#args.length === 0 && this.#models.areNone;
  }

  get #hasChanged(): boolean {
    return this.#changedState !== undefined || Object.keys(this.#changed).length > 0;
  }

  /** What is not as it was. @param argsOf the arguments of a child that was asked for, as they are now */
  missing(argsOf: (child: string) => readonly unknown[] | undefined): string | undefined {
    const state = this.#hasChanged ? plainOrNot(this.#loop.state)?.copy : undefined;
    if (this.#changedState !== undefined && sealOfValue(state) !== this.#changedState) return '`state` is';
    for (const [key, seal] of Object.entries(this.#changed)) {
      if (!isRecord(state) || sealOfValue(own(state, key)) !== seal) return `\`state.${key}\` is`;
    }
    for (const { run, before, seal } of this.#args) {
      const now = argsOf(run);
      if (now === undefined || sealOfArgs(before, now) !== seal) return `the arguments of \`${run}\` are`;
    }
    const model = this.#models.missing();
    return model === undefined ? undefined : `${aModel}\`${model}\` is`;
  }
}

/** How a model is told from a key of the state. */
const aModel = 'the model ';

/**
 * @param what is, or are, not as when the checkpoint was taken
 * @param unit what was run again
 * @param waited what is told where its code was waited for
 */
export function notAsItWas(what: string, unit: string, path: string, waited = ''): LoopError {
  return new LoopError(
    'RESUME_MISMATCH',
    `The ${unit} in flight was run again, and ${what} not as when the checkpoint was taken. ` +
      (what.startsWith(aModel) ? ofModels : ofOthers) +
      waited +
      'Times and random numbers belong into `once`. ' +
      'To go on with what it is now, all the same: start({ from, migrate: (checkpoint) => checkpoint }).',
    path,
  );
}

const ofOthers =
  'What the function of a `once`, or a child, changes is not changed again: let it return that, as in `this.state.rows = await this.once(…)`. ';
const ofModels =
  'Where a loop has children, its step finds models as they were when the checkpoint was taken, and what it does to them itself would be done twice: ' +
  "let a child do that, or a `once`, as in `await this.once('reset', () => this.metric.reset())`. " +
  'Where it has none, what the function of a `once` does to a model is not done again: let the step do it. ';

function sealOfValue(value: Json | undefined): string {
  return sealOf(value === undefined ? [] : [encodeJson(value)]);
}

function own(record: { [key: string]: Json }, key: string): Json | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function isRecord(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null;
}
