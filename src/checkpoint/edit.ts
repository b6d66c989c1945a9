import { givenIn, type InFlight } from '../chart/journal.ts';
import { LoopError } from '../data/errors.ts';
import { type Json, setOwn } from '../data/json.ts';
import { decodeJson, encodeJson } from '../data/json-form.ts';
import { keysOf } from '../data/pointer.ts';
import type { LoopDict } from '../tree/state-dict.ts';
import type { Checkpoint, Phase } from './contents.ts';
import { phaseWithoutChanges } from './without-changes.ts';

/*
 * A checkpoint in which somebody has changed something on purpose. The state of a loop may lie in two places:
 *
 *     stateDict['epoch.state_dict']                      what `epoch` is now
 *     phase.context.inFlight.got[…].dict                 … and, where its run has ended within the step in flight, what
 *                                                        that step finds it to be once it is given that run again
 *
 * Both are changed. What `epoch` was before the step in flight (`before`) is not: that is another moment.
 */

/** A change of the state of one loop. */
export interface StateEdit {
  /** The dotted path below the root: `epoch.batches`; empty for the root. */
  loop: string;
  /** Where in the state, as a JSON pointer: `/rate`. */
  at: string;
  /** What is to be there; `undefined` as well. Not there: the key is taken out. */
  value?: Json | undefined;
}

/**
 * A copy of a checkpoint with other states; of what is not changed, it has the same objects.
 * @param args arguments for the run in place of those that it was begun with
 * @throws LoopError `CHECKPOINT_MISMATCH` for a loop or a place that is not there, or arguments that cannot be changed
 */
export function editCheckpoint(checkpoint: Checkpoint, edits: readonly StateEdit[], args?: Json[]): Checkpoint {
  const form = formOf(checkpoint);
  let { stateDict, phase } = checkpoint;
  for (const edit of edits) {
    const key = edit.loop === '' ? 'state_dict' : `${edit.loop}.state_dict`;
    if (!Object.hasOwn(stateDict, key)) throw unfit(`a loop of the run in \`loop\`, got \`${edit.loop}\``);
    const change = form.changed((state) => changedAt(state, keysOf(edit.at), edit));
    stateDict = { ...stateDict, [key]: change(stateDict[key]!) };
    phase = phaseWith(phase, edit.loop, (state) => changedAt(state, keysOf(edit.at), edit), form);
  }
  if (args !== undefined) {
    const why = whyArgsStay(checkpoint);
    if (why !== undefined) throw unfit(`the arguments that the run has, got others. ${why}`);
    phase = { ...phase, context: { ...phase.context, args: form.write(args) } };
  }
  const isChanged = edits.length > 0 || args !== undefined;
  return { ...checkpoint, stateDict, phase: isChanged ? phaseWithoutChanges(phase, form) : phase };
}

/** The arguments that the run was begun with; `undefined` where they are no plain data. */
export function argsOf(checkpoint: Checkpoint): Json[] | undefined {
  const { args } = checkpoint.phase.context;
  return args === null || args === undefined ? undefined : (formOf(checkpoint).read(args) as Json[]);
}

/** The states of the loops, by the dotted paths below the root, and whether each runs. */
export function statesOf(checkpoint: Checkpoint): { loop: string; state: Json; running: boolean }[] {
  const { read } = formOf(checkpoint);
  const running = new Set<string>();
  const visit = ({ children }: Phase, path: string) => {
    running.add(path);
    for (const [name, below] of Object.entries(children)) visit(below, path === '' ? name : `${path}.${name}`);
  };
  visit(checkpoint.phase, '');
  return Object.entries(checkpoint.stateDict).flatMap(([key, state]) => {
    if (key !== 'state_dict' && !key.endsWith('.state_dict')) return [];
    const loop = key.slice(0, -'.state_dict'.length);
    return [{ loop, state: read(state), running: running.has(loop) }];
  });
}

/**
 * Why the run cannot go on with other arguments; `undefined` where it can. What a step in flight has asked for and got,
 * it has with those that it was begun with: with others, one half of the step would contradict the other.
 */
export function whyArgsStay(checkpoint: Checkpoint): string | undefined {
  const inFlight = formOf(checkpoint).read(checkpoint.phase.context.inFlight ?? null) as InFlight | null;
  const { asked = [], hooks = [] } = inFlight ?? {};
  const names = [...givenIn(inFlight), ...asked].map(({ run, once }) => run ?? once ?? '');
  if (names.length + hooks.length === 0) return undefined;
  const what = [...new Set(names), ...hooks].map((name) => `\`${name}\``).join(', ');
  return (
    'Others are taken only between two steps of the outermost loop, and this one is in the middle of a step that has asked ' +
    `for ${what} with those it has. A breakpoint at its \`loop.advanced\` pauses it between two`
  );
}

/** How the values of a checkpoint are written: as they are, or each as its JSON form. */
interface Form {
  read(value: Json): Json;
  write(value: Json): Json;
  changed(change: (value: Json) => Json): (value: Json) => Json;
}

function formOf(checkpoint: Checkpoint): Form {
  const isEncoded = (checkpoint as { encoded?: unknown }).encoded !== undefined;
  const read = (value: Json) => (isEncoded ? (decodeJson(value) as Json) : value);
  const write = (value: Json) => (isEncoded ? encodeJson(value) : value);
  return { read, write, changed: (change) => (value) => write(change(read(value))) };
}

/** A phase in which a loop below has another state, where the phase holds it. */
function phaseWith(phase: Phase, path: string, change: (state: Json) => Json, form: Form): Phase {
  const running = nameIn(Object.keys(phase.children), path);
  if (running !== undefined) {
    const below = phaseWith(phase.children[running]!, restOf(path, running), change, form);
    return { ...phase, children: { ...phase.children, [running]: below } };
  }
  const inFlight = form.read(phase.context.inFlight ?? null) as InFlight | null;
  const given = givenIn(inFlight);
  const ended = nameIn(
    given.flatMap(({ run, dict }) => (run !== undefined && dict !== undefined ? [run] : [])),
    path,
  );
  if (inFlight === null || ended === undefined) return phase;
  // The last of its runs is what the loop is left as.
  const last = given.findLast(({ run, dict }) => run === ended && dict !== undefined)!;
  const now = { ...last, dict: dictWith(last.dict!, restOf(path, ended), change) };
  const got = inFlight.got.map((piece) => piece.map((one) => (one === last ? now : one)));
  return { ...phase, context: { ...phase.context, inFlight: form.write({ ...inFlight, got } as unknown as Json) } };
}

function dictWith(dict: LoopDict, path: string, change: (state: Json) => Json): LoopDict {
  if (path === '') return { ...dict, state: change(dict.state) };
  const name = nameIn(Object.keys(dict.children), path);
  if (name === undefined) return dict;
  const below = dictWith(dict.children[name]!, restOf(path, name), change);
  return { ...dict, children: { ...dict.children, [name]: below } };
}

/** The child in which a path begins. Names of loops in lists have a dot of their own: `trials.0`. */
function nameIn(names: readonly string[], path: string): string | undefined {
  return names.find((name) => path === name || path.startsWith(`${name}.`));
}

const restOf = (path: string, name: string): string => path.slice(name.length + 1);

/** A copy of a value in which another lies at a place. */
function changedAt(value: Json, keys: readonly string[], edit: StateEdit): Json {
  const [key, ...rest] = keys;
  if (key === undefined) {
    if (edit.value === undefined) throw unfit('a state, got none');
    return edit.value;
  }
  const isLast = rest.length === 0;
  if (Array.isArray(value)) {
    const index = Number(key);
    if (!/^\d+$/.test(key) || index >= value.length)
      throw unfit(`an item of the list of ${value.length} at \`${edit.at}\` of ${named(edit.loop)}, got \`${key}\``);
    if (isLast && edit.value === undefined)
      throw unfit(`another list in place of that around \`${edit.at}\`, got none`);
    return value.with(index, changedAt(value[index]!, rest, edit));
  }
  const isRecord = typeof value === 'object' && value !== null;
  if (!isRecord || !(Object.hasOwn(value, key) || (isLast && Object.hasOwn(edit, 'value'))))
    throw unfit(`a place in the state of ${named(edit.loop)}, got \`${edit.at}\`, where there is no \`${key}\``);
  const copy = { ...value };
  if (isLast && !Object.hasOwn(edit, 'value')) delete copy[key];
  else setOwn(copy, key, isLast ? edit.value : changedAt(value[key]!, rest, edit));
  return copy;
}

const named = (loop: string): string => (loop === '' ? 'the outermost loop' : `\`${loop}\``);

function unfit(what: string): LoopError {
  return new LoopError('CHECKPOINT_MISMATCH', `Expected ${what}. Nothing was begun.`);
}
