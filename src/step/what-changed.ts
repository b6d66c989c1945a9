import type { LoopContext } from '../chart/context.ts';
import { type Got, givenIn, type InFlight, plainArgs } from '../chart/journal.ts';
import { isAlike } from '../data/alike.ts';
import { type Json, plainOrNot } from '../data/json.ts';
import { encodeJson } from '../data/json-form.ts';
import { sealOf } from '../data/seal.ts';
import { soon } from '../time/clock.ts';
import { type AnyLoop, type StepOfLoop, savesItsState } from '../tree/any-loop.ts';
import { capture, type LoopDict } from '../tree/state-dict.ts';
import { childrenOf, progressOf, rootOf, walk } from '../tree/tree.ts';

/*
 * What a checkpoint notes of a step in flight: what it had changed by then, as seals, a few letters for a key of the state.
 * The step that is run again must come to the same; see `as-it-was.ts`.
 */

/** Of the keys of the state, or of the counters, that a step in flight has changed, what they hold, as a seal. */
export type Changed = { [key: string]: string };

/** So many keys are noted each by itself: a state may have as many as a table has rows. Of more, the state as a whole is. */
const mostKeys = 64;

/** What a loop, and those below it, were before the step. */
type Before = Pick<LoopContext, 'state' | 'progress' | 'children'>;

/**
 * What is noted when a checkpoint is taken.
 * @param models those that are in the checkpoint as they were before the step, and are no longer so
 */
export function withChanges(
  loop: AnyLoop,
  inFlight: InFlight | null,
  before: Before,
  step: StepOfLoop | undefined,
  models: { [path: string]: string } = {},
): InFlight | null {
  if (inFlight === null || inFlight.events === 0) return inFlight;
  // What it has not come to yet, after a resume, is not forgotten by the next one.
  if (step?.isAsItWas !== true && isNoted(inFlight)) return inFlight;
  const given = withoutNotes(inFlight);
  const used = step?.usedArgs;
  const journal = used === undefined ? given : { ...given, got: withUsed(given.got, used) };
  const changed = { ...changesOf(loop, before), ...changedChildrenOf(loop, before, inFlight) };
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

/** A journal without what a checkpoint had noted of the loop. */
export function withoutNotes(inFlight: InFlight): InFlight {
  const { changed, changedState, changedProgress, changedChildren, changedAssets, ...given } = inFlight;
  return given;
}

/** Whether a checkpoint has noted something of it. */
export function isNoted(inFlight: InFlight): boolean {
  const notes = Object.keys(inFlight).length - Object.keys(withoutNotes(inFlight)).length;
  return notes > 0 || inFlight.asked.some((one) => one.changed !== undefined);
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

/** What of a loop's state and of its counters is no longer as it was. */
function changesOf(
  loop: AnyLoop,
  { state, progress }: Before,
): Pick<InFlight, 'changed' | 'changedState' | 'changedProgress'> {
  const counters = countersOf(loop);
  const changedCounters = sealsOf(
    Object.keys(counters).filter((name) => !isAlike(progress[name], counters[name])),
    counters,
  );
  const changedProgress = Object.keys(changedCounters).length === 0 ? {} : { changedProgress: changedCounters };
  const now = stateOf(loop);
  if (!isRecord(now) || !isRecord(state)) return changedProgress;
  const changed = changedKeys(state, now);
  if (changed.length > mostKeys) return { changedState: sealOfValue(now), ...changedProgress };
  return { changed: sealsOf(changed, now), ...changedProgress };
}

/**
 * Of the children that do not run, what they are now where that is not what they were left as, or were before the step:
 * another child may have changed them. Not of those that save something else than their state, or share counters.
 */
function changedChildrenOf(loop: AnyLoop, { children }: Before, inFlight: InFlight): Pick<InFlight, 'changedChildren'> {
  const left = new Map(Object.entries(children));
  for (const { run, dict } of givenIn(inFlight)) if (run !== undefined && dict !== undefined) left.set(run, dict);
  for (const { run } of inFlight.asked) if (run !== undefined) left.delete(run);
  const changedChildren: Changed = {};
  for (const [name, child] of childrenOf(loop)) {
    const before = left.get(name);
    if (before === undefined || isStill(child, before)) continue;
    const now = dictOf(child);
    if (now !== undefined) changedChildren[name] = sealOfValue(now);
  }
  return Object.keys(changedChildren).length === 0 ? {} : { changedChildren };
}

/** Whether a tree is what it was: nearly all are, so that nothing is copied to find that out. */
function isStill(loop: AnyLoop, { state, progress, children }: LoopDict): boolean {
  if (savesItsState(loop) && !isAlike(state, loop.state)) return false;
  if (progressOf(loop).some(([name, now]) => name in progress && !isAlike(progress[name], now.stateDict())))
    return false;
  return childrenOf(loop).every(([name, child]) => children[name] === undefined || isStill(child, children[name]));
}

/** The state of a tree, where that is what is saved of it, and all that it shows. */
export function dictOf(loop: AnyLoop): LoopDict | undefined {
  const shared = sharedCounters(loop);
  const isOther = (one: AnyLoop) => !savesItsState(one) || progressOf(one).some(([, progress]) => shared.has(progress));
  if (walk(loop).some((one) => isOther(one.loop))) return undefined;
  try {
    return capture(loop);
  } catch {
    // What cannot be saved is refused where it is to be.
    return undefined;
  }
}

/** The state of a loop, where that is what is saved of it. */
export function stateOf(loop: AnyLoop): Json | undefined {
  return savesItsState(loop) ? plainOrNot(loop.state)?.copy : undefined;
}

/** Its counters, but for those that are another loop's as well: that one may have yet to go on, and brings them along. */
export function countersOf(loop: AnyLoop): { [field: string]: Json } {
  const own = progressOf(loop);
  if (own.length === 0) return {};
  const shared = sharedCounters(loop);
  const alone = own.filter(([, progress]) => !shared.has(progress));
  return Object.fromEntries(alone.map(([name, progress]) => [name, progress.stateDict()]));
}

/** The counters that several loops of its tree have. */
function sharedCounters(loop: AnyLoop): Set<object> {
  const root = rootOf(loop);
  const known = sharedIn.get(root);
  if (known !== undefined) return known;
  const [seen, shared] = [new Set<object>(), new Set<object>()];
  for (const one of walk(root))
    for (const [, progress] of progressOf(one.loop)) (seen.has(progress) ? shared : seen).add(progress);
  sharedIn.set(root, shared);
  soon(() => sharedIn.delete(root));
  return shared;
}

/** By root, while a checkpoint is taken: of loops side by side, each would go through all others. */
const sharedIn = new WeakMap<AnyLoop, Set<object>>();

/** The keys under which the two hold something else. */
export function changedKeys(before: { [key: string]: Json }, now: { [key: string]: Json }): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...keys].filter((key) => !isAlike(own(before, key), own(now, key)));
}

function sealsOf(keys: string[], now: { [key: string]: Json }): Changed {
  return Object.fromEntries(keys.map((key) => [key, sealOfValue(own(now, key))]));
}

/** What arguments are now, where that is not what they were. */
export function sealOfArgs(before: readonly Json[], args: readonly unknown[]): string | undefined {
  const isOpaque = (arg: Json | undefined) => isRecord(arg) && '$opaque' in arg;
  if (before.every((arg, i) => isOpaque(arg) || isAlike(arg, args[i]))) return undefined;
  return sealOfValue(plainArgs(args));
}

export function sealOfValue(value: Json | undefined): string {
  return sealOf(value === undefined ? [] : [encodeJson(value)]);
}

export function own(record: { [key: string]: Json }, key: string): Json | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

export function isRecord(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null;
}
