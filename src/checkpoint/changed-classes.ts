import type { AnyActorRef } from 'xstate';
import { LoopError } from '../data/errors.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { loopsIn } from '../tree/loops-in.ts';
import { pathOf } from '../tree/tree.ts';

/*
 * A run may put a loop of another class in the place of a child, by `replace` or by setting the field:
 *
 *     onAdvanceEnd() { if (this.state.epoch === 10) this.replace({ train: new Hard() }); }
 *
 * The state dict does not say so, and a new instance has the child that its constructor makes. So a checkpoint names the
 * classes of such children, and the run that goes on has to have put them there: before it is started, or in
 * `onLoadCheckpoint`. Another loop of the same class, made with other arguments, cannot be told.
 */

/** The names of classes, by the dotted paths of loops below the root. */
export type Classes = { [path: string]: string };

/** The classes of the loops when a run began, for what has become of them. */
class ClassesAtBegin {
  readonly #loop: AnyLoop;
  readonly #begun: Map<string, string>;
  /** Those that were named by the checkpoint which the run goes on from are by each later one. */
  readonly #named: ReadonlySet<string>;

  constructor(loop: AnyLoop, loops: readonly { loop: AnyLoop; path: string }[], named: Classes = {}) {
    this.#loop = loop;
    this.#named = new Set(Object.keys(named));
    this.#begun = new Map();
    const base = loops[0]!.path.length + 1;
    for (const one of loops) this.#begun.set(one.path.slice(base), classOf(one.loop));
  }

  /** What is to be named now. */
  get changed(): Classes | undefined {
    const changed = loopsIn(this.#loop).flatMap(({ loop, name }) => {
      const now = classOf(loop);
      const before = this.#begun.get(name) ?? now;
      return before !== now || this.#named.has(name) ? [[name, now] as const] : [];
    });
    return changed.length === 0 ? undefined : Object.fromEntries(changed);
  }
}

function classOf(loop: AnyLoop): string {
  const name: unknown = loop.constructor?.name;
  return typeof name === 'string' ? name : '';
}

/** What actors know of it: those that have begun, and those that came out of a snapshot. */
const begun = new WeakMap<AnyActorRef, ClassesAtBegin>();
const given = new WeakMap<AnyActorRef, Classes>();

/** An actor has come out of a snapshot. @param named what that names */
export function noteNamed(actor: AnyActorRef, named: Classes | undefined): void {
  if (named !== undefined) given.set(actor, named);
}

/**
 * The loops of a root's actor have been given their states, if there were any, and its first hook is about to run.
 * @param loops all of its tree
 */
export function noteBegin(loop: AnyLoop, loops: readonly { loop: AnyLoop; path: string }[], actor: AnyActorRef): void {
  begun.set(actor, new ClassesAtBegin(loop, loops, given.get(actor)));
}

/** What a snapshot of a root's actor is to name. */
export function namedNow(actor: AnyActorRef): Classes | undefined {
  const classes = begun.get(actor);
  return classes === undefined ? given.get(actor) : classes.changed;
}

export function namedIn(actor: AnyActorRef): Classes | undefined {
  return given.get(actor);
}

/** The states are loaded. @throws LoopError `CHECKPOINT_MISMATCH` for a child of another class than was put there */
export function checkClasses(root: AnyLoop, named: Classes = {}): void {
  for (const { loop, name } of loopsIn(root)) {
    if (!Object.hasOwn(named, name) || named[name] === classOf(loop)) continue;
    throw new LoopError(
      'CHECKPOINT_MISMATCH',
      `Expected a ${named[name]} in \`${name}\`, which the run had put in the place of another, got a ${classOf(loop)}. ` +
        'Put it there in onLoadCheckpoint, from the state, or before the run is started. ' +
        'If it is the same class by another name: start({ from, migrate: ({ classes, ...rest }) => rest }).',
      pathOf(root),
    );
  }
}
