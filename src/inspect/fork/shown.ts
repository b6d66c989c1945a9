import { argsOf, statesOf, whyArgsStay } from '../../checkpoint/edit.ts';
import { isAlike } from '../../data/alike.ts';
import type { Json } from '../../data/json.ts';
import { follow } from '../../data/pointer.ts';
import { rootOf, type Subject } from '../../recording/sighting.ts';
import type { Cuts } from '../cuts.ts';
import { Encoder } from '../encode.ts';
import type { ForkCommand } from './command.ts';
import type { ForkHost } from './forks.ts';
import type { Start } from './start.ts';

/** So many loops of a run are told, and so many characters of all their states. */
const mostLoops = 1000;
const mostCharacters = 2_000_000;
const whole: Cuts = { depth: 200, items: 5_000_000, text: 1e9, values: 5_000_000, characters: 1e9 };

/** A loop of a run that can be forked. */
interface ShownLoop {
  /** The dotted path below the root; empty for the root. */
  loop: string;
  /** As lines tell it: cut where it is too much, and as a redactor has left it. */
  state: Json;
  running: boolean;
}

/** What a page is told of a checkpoint. */
export interface Shown {
  /** Where the run stood. */
  forkOf: object;
  /** `null`: they are no plain data, or were redacted. */
  args: Json;
  /** Why they cannot be changed; `null` where they can. */
  argsStay: string | null;
  loops: ShownLoop[];
  /** How many loops more there are. */
  more: number;
}

/** What a page is told of a checkpoint: the state of each loop, those that run first. */
export function shownOf(start: Start, host: ForkHost): Shown {
  const { checkpoint, of } = start;
  const classes = classesIn(host.subjects(), of.id);
  const states = statesOf(checkpoint);
  const ordered = [...states.filter(({ running }) => running), ...states.filter(({ running }) => !running)];
  const loops: ShownLoop[] = [];
  let args: Json = null;
  let left = mostCharacters;
  for (const { loop, state, running } of ordered) {
    if (loops.length === mostLoops || left < 0) break;
    const context = told(start, host, { loop, state, class: classes.get(loop) ?? '' });
    if (context === undefined || !('state' in context)) continue;
    if (loop === '') args = context.args ?? null;
    left -= JSON.stringify(context.state).length;
    loops.push({ loop, state: context.state!, running });
  }
  const why = whyArgsStay(checkpoint);
  return {
    forkOf: of,
    args,
    argsStay: why === undefined ? null : `${why}.`,
    loops,
    more: states.length - loops.length,
  };
}

/**
 * A page changes only what it was shown as it is: what a redactor has put in the place of something would else go into
 * the state.
 * @throws Error for an edit of anything else
 */
export function checkShown(start: Start, { edits, args }: Pick<ForkCommand, 'edits' | 'args'>, host: ForkHost): void {
  if (!host.isRedacted) return;
  const states = new Map(statesOf(start.checkpoint).map(({ loop, state }) => [loop, state]));
  for (const { loop, at } of edits) {
    const state = states.get(loop);
    // Refused later, with its name.
    if (state === undefined) continue;
    const context = told(start, host, { loop, state, class: '' });
    if (context === undefined || !isAsShown(follow(context.state, at), state, at)) throw redacted(`\`${at}\``);
  }
  if (args !== undefined) {
    const context = told(start, host, { loop: '', state: {}, class: '' });
    if (!isAsShown(context?.args, argsOf(start.checkpoint), '')) throw redacted('the arguments');
  }
}

function isAsShown(shown: unknown, value: unknown, at: string): boolean {
  return isAlike(shown, follow(new Encoder(whole, '').encode(value), at));
}

function redacted(what: string): Error {
  return new Error(`Expected a change of what the page was shown as it is, got one of ${what}: that was redacted.`);
}

/** The context of a loop as a line of it would tell it. */
function told(
  { of, checkpoint }: Start,
  host: ForkHost,
  { loop, state, class: name }: { loop: string; state: Json; class: string },
): { [key: string]: Json } | undefined {
  const root = of.id.slice(0, of.id.lastIndexOf('#'));
  const path = loop === '' ? root : `${root}.${loop}`;
  const args = loop === '' ? argsOf(checkpoint) : undefined;
  const line = host.told({
    ...{ type: 'actor', seq: of.seq ?? 0, t: Date.now(), id: loop === '' ? of.id : path, path },
    ...{ name: path.slice(path.lastIndexOf('.') + 1), loop: name, value: checkpoint.phase.value },
    context: { ...(args === undefined ? {} : { args }), state },
    status: 'active',
  });
  const context = line?.context;
  return typeof context === 'object' && context !== null && !Array.isArray(context) ? context : undefined;
}

/** The classes of the loops of a run that were seen, by their paths below the root. */
function classesIn(subjects: Iterable<Subject>, id: string): Map<string, string> {
  const classes = new Map<string, string>();
  for (const subject of subjects) {
    const root = rootOf(subject);
    if (root.id === id) classes.set(subject.path.slice(root.path.length + 1), subject.loop);
  }
  return classes;
}
