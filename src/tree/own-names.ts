import { MisconfigurationError } from '../data/errors.ts';
import { type AnyLoop, loopMark } from './any-loop.ts';

/**
 * The actors that the machine of every loop has of its own, by their names: those that call its hooks, and the two that end
 * it with an error. The chart invokes none but these, so that a child, whose actor bears the name of its field, can be
 * told from them.
 */
export const ownActors = ['skip', 'onSkip', 'reset', 'onRunStart', 'advance', 'onRunEnd', 'abort', 'fail'] as const;

export type OwnActor = (typeof ownActors)[number];

/**
 * The name of the field of a child is the name of its actor as well.
 * @throws MisconfigurationError for one under which no actor can be found, or another than the child's, or under which the
 *   child would hide what `Loop` says of itself, such as `running`
 */
export function checkName(loop: AnyLoop, name: string, path: string): void {
  const why = taken(loop, name);
  if (why === undefined) return;
  throw new MisconfigurationError(
    `Expected the field of a child to have a name of its own, got \`${name}\`${why}. Give the field another name.`,
    path,
  );
}

/** Why a child cannot be called so. */
function taken(loop: AnyLoop, name: string): string | undefined {
  if (name === '') return '';
  if (name in Object.prototype) return ', which every object has';
  if ((ownActors as readonly string[]).includes(name)) return ', as an actor of every loop’s machine is called';
  return name === 'done' || isGetterOfLoop(loop, name) ? ', which every loop has' : undefined;
}

/** What `Loop` has as a getter is read by whoever runs it. A method, such as `connect`, is called by its author alone. */
function isGetterOfLoop(loop: AnyLoop, name: string): boolean {
  // Most names are found nowhere above the instance.
  if (!(name in Object.getPrototypeOf(loop))) return false;
  for (let one: object | null = loop; one !== null; one = Object.getPrototypeOf(one)) {
    if (Object.hasOwn(one, loopMark)) return Object.getOwnPropertyDescriptor(one, name)?.get !== undefined;
  }
  return false;
}
