import type { InFlight } from '../chart/journal.ts';
import { LoopError } from '../data/errors.ts';
import { type AnyLoop, overrides } from '../tree/any-loop.ts';
import { differences, list } from '../tree/state-dict.ts';
import { childrenOf, isLoop, partsOf, pathOf } from '../tree/tree.ts';
import { checkForm } from './checkpoint-form.ts';
import { brief, isObject, Wrong, wrong } from './checks.ts';
import type { Checkpoint, Phase } from './contents.ts';

/*
 * A checkpoint may come from a file that somebody has changed, from another program or another version: nothing of it is
 * believed before it was looked at here. Its keys are those of `checkpoint-form.ts`; what contradicts itself, or does not fit
 * the tree, is refused.
 */

/** What of the tree can be looked at. */
interface Reach {
  /** Below these prefixes children are made when the state is loaded. */
  growing: readonly string[];
  /** It has been. */
  loaded: boolean;
}

/** The outermost things first: what is no checkpoint, and what another version wrote. @throws LoopError `CHECKPOINT_UNREADABLE` */
export function checkKind(loop: AnyLoop, value: unknown): asserts value is Checkpoint & { encoded?: true } {
  if (!isObject(value) || !Array.isArray(value.shape))
    throw refused(loop, `Expected a checkpoint, got ${noCheckpoint(value)}.`);
  if (value.format !== 1) {
    throw refused(
      loop,
      `Expected a checkpoint of format 1, got format ${brief(value.format)}. It was written by another version: migrate it, or use that version.`,
    );
  }
  if (!isObject(value.phase) || !isObject(value.stateDict) || !isObject(value.assets))
    throw refused(loop, 'Expected a checkpoint with `phase`, `stateDict` and `assets`, got one without.');
}

/**
 * @param candidate a checkpoint whose numbers are decoded
 * @param shape what the tree's checkpoints hold
 * @throws LoopError `CHECKPOINT_UNREADABLE` if it is none or contradicts itself, `CHECKPOINT_MISMATCH` if it is one of another tree
 */
export function checkCheckpoint(loop: AnyLoop, candidate: Checkpoint, shape: string[], reach: Reach): void {
  try {
    checkForm(candidate);
    checkShape(loop, candidate, shape, reach);
    // What is not made yet is looked at once it is.
    if (reach.growing.length > 0) return;
    checkPhase(loop, candidate.phase, null, { at: 'phase', path: '', steps: stepsByPath(candidate) });
    checkState(loop, candidate.stateDict, '');
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    throw refused(
      loop,
      `Expected a checkpoint in which ${error.message}. Nothing was loaded: it was damaged or changed.`,
    );
  }
}

/** What it says of its shape, and what it holds. That the class has another name, as a minifier gives it, is no difference. */
function checkShape(
  loop: AnyLoop,
  { shape: told, stateDict, assets, loop: name }: Checkpoint,
  shape: string[],
  { growing, loaded }: Reach,
): void {
  const parts = [...Object.keys(stateDict), ...Object.keys(assets).map((path) => `${path} (asset)`)].sort();
  const said = differences(shape, told);
  const held = differences(shape, parts);
  const missing = [...new Set([...said.missing, ...held.missing])];
  const unknown = [...new Set([...said.unknown, ...held.unknown])].filter(
    (key) => !growing.some((prefix) => key.startsWith(prefix)),
  );
  if (missing.length + unknown.length === 0) return;
  const own = loop.constructor.name;
  throw new LoopError(
    'CHECKPOINT_MISMATCH',
    `Expected a checkpoint of this ${own}, got one of ${name === own ? `another shape of ${own}` : `a ${shownName(name)}`}: ` +
      `missing ${list(missing)}; unknown ${list(unknown)}. ${loaded ? '' : 'Nothing was loaded. '}${makingAdvice(unknown)}Bring it forward with start({ from, migrate }).`,
    pathOf(loop),
  );
}

/** Children and `Stateful` objects that are made while the loop runs are missing in a new instance. */
function makingAdvice(unknown: readonly string[]): string {
  const named = (end: string) => unknown.filter((key) => key.endsWith(end)).map((key) => key.slice(0, -end.length));
  const children = named('.state_dict');
  const objects = named(' (asset)').filter((path) => !children.some((child) => path.startsWith(`${child}.`)));
  const made = [...children, ...objects];
  const whenLoaded =
    objects.length === 0
      ? ''
      : ' A Stateful object is loaded after that, and before onRestart: one that is made there comes too late.';
  return made.length === 0
    ? ''
    : `Make ${list(made)} in the constructor, or from the state in onLoadCheckpoint: reset and onRunStart are not repeated.${whenLoaded} `;
}

/** Where a phase stands, and the steps that the checkpoint's position has for the loops, by path below the root. */
interface Spot {
  at: string;
  path: string;
  steps: Map<string, number>;
}

/** What of a phase must fit together, and fit the loop. */
function checkPhase(loop: AnyLoop, { value, context, children }: Phase, name: string | null, spot: Spot): void {
  const { at, path, steps } = spot;
  const expect = (holds: boolean, where: string, what: string, got: unknown): void => {
    if (!holds) throw wrong(`${at}.${where}`, what, got);
  };
  const { done, ended, skipped } = context;
  const names = Object.keys(children);
  const underWay = ((context.inFlight as InFlight | null)?.asked ?? []).flatMap(({ run }) => run ?? []);
  const loops = new Map(childrenOf(loop));
  expect(name === null || context.given === undefined, 'context.given', 'that of the root', context.given);
  expect(context.name === name, 'context.name', name === null ? 'null' : `\`${name}\``, context.name);
  expect(name === null || value !== 'finished', 'value', 'that of a child that runs', value);
  expect(
    names.length === underWay.length && underWay.every((child) => names.includes(child)),
    'children',
    `of ${list(underWay)}, the children under way in \`inFlight\``,
    names,
  );
  const steady = ['entering', 'paused', 'finished'].includes(value);
  expect(!steady || names.length === 0, 'children', `empty where \`value\` is ${value}`, children);
  const stepping = value === 'advancing' || value === 'paused';
  expect(!stepping || done !== true, 'context.done', `false where \`value\` is ${value}`, done);
  expect(!stepping || ended === null, 'context.ended', `null where \`value\` is ${value}`, ended);
  expect(value !== 'skipped' || skipped === true, 'context.skipped', 'true where `value` is skipped', skipped);
  expect(
    skipped !== true || value === 'skipped' || value === 'finished',
    'context.skipped',
    `false where \`value\` is ${value}`,
    skipped,
  );
  const known = steps.get(path);
  expect(
    known === undefined || known === context.steps,
    'context.steps',
    `${known}, as \`position\` says`,
    context.steps,
  );
  for (const child of [...names, ...Object.keys(context.before as object)]) {
    expect(
      loops.has(child),
      names.includes(child) ? 'children' : 'context.before',
      `of children of ${loop.constructor.name}`,
      child,
    );
  }
  for (const child of names) {
    expect(
      Object.hasOwn(context.before as object, child),
      `context.before.${child}`,
      'there, for that child was running',
      undefined,
    );
    checkPhase(loops.get(child)!, children[child]!, child, {
      at: `${at}.children.${child}`,
      path: `${path}.${child}`,
      steps,
    });
  }
}

/** `position.loops`, by path below the root: what the root is called is another matter, as it may be named after its class. */
function stepsByPath({ position }: Checkpoint): Map<string, number> {
  const paths = Object.keys(position.loops);
  const root = Math.min(...paths.map((path) => path.length));
  return new Map(paths.map((path) => [path.slice(root), position.loops[path]!]));
}

/** What the loops of the tree are to take back. */
function checkState(loop: AnyLoop, stateDict: Checkpoint['stateDict'], prefix: string): void {
  const key = `${prefix}state_dict`;
  const state = stateDict[key];
  if (!overrides(loop, 'onLoadCheckpoint') && (typeof state !== 'object' || state === null)) {
    throw wrong(`stateDict['${key}']`, 'an object', state);
  }
  for (const [name, part] of partsOf(loop)) {
    if (isLoop(part)) {
      checkState(part, stateDict, `${prefix}${name}.`);
      continue;
    }
    const problem = part.mismatch(stateDict[prefix + name], prefix + name);
    if (problem === undefined) continue;
    throw new LoopError('CHECKPOINT_MISMATCH', `${problem} Nothing was loaded.`, pathOf(loop));
  }
}

export function refused(loop: AnyLoop, message: string, options?: { cause?: unknown }): LoopError {
  return new LoopError('CHECKPOINT_UNREADABLE', message, pathOf(loop), options);
}

/** What came in the place of a checkpoint; of the usual mistakes, what to do. */
function noCheckpoint(value: unknown): string {
  if (typeof value === 'string') return `text, ${brief(value)}: give it what JSON.parse makes of it`;
  if (isObject(value) && typeof value.then === 'function') return 'a promise: await it';
  return brief(value);
}

function shownName(name: unknown): string {
  return typeof name === 'string' ? name : brief(name);
}
