import { readFileSync, writeFileSync } from 'node:fs';
import { changes } from '../src/chart/changes.ts';
import { chart, effects, guards } from '../src/chart/machine.ts';
import { type Node, rootNode, type Transition } from '../src/chart/xstate-inner.ts';

/*
 * Writes the tables of docs/chart.md: `tsx --conditions=loopchart-source docs/chart-rows.ts`.
 *
 * The rows are the transitions of the machine; the words below say in plain English what its guards, changes and effects do.
 * A name that the one has and the other has not is an error.
 */

const file = new URL('chart.md', import.meta.url);

const guardWords: Record<string, string> = {
  skips: '`skip` says true',
  ended: 'the hook threw `this.end()`',
  over: 'it is done, has ended itself, or is to stop',
  wasOver: 'it is done or is to stop',
  held: 'no step is left of its pace',
  left: 'what was thrown ends a loop further up',
  keeps: 'it is the root, and the event has a key',
  isChild: 'it is a child',
  mine: 'it is a running child',
  stale: 'it is neither `abort` nor `fail`',
};

/** Of guards without a name, by the event. */
const ownGuardWords: Record<string, (to: string) => string> = {
  'loop.left': () => 'it is a running child',
  'loop.forwarded': (to) => `its \`to\` is \`${to}\``,
};

const changeWords: Record<string, string> = {
  commit: 'the hook is committed',
  skip: '`skipped` is true',
  readDone: '`done` is what `done` said',
  advance: 'the steps are committed, counted and taken off the pace; `done` is what `done` said',
  forwarded: 'how far it has come is committed and counted; its journal is that of the event',
  shown: 'how far it has come is committed and counted; its journal is that of the event',
  hooked: 'the hook is committed; the journal keeps that it is over, and forgets what it got',
  onceBegan: 'the journal keeps that it was asked for, if it belongs to this step',
  once: 'the journal keeps what it came to, if it belongs to this step',
  childBegan: 'the child is among the running; the journal keeps that it was asked for, if it does not yet',
  childDone: 'the child is no longer among the running; the journal keeps its output and its state',
  childLeft: 'the child is no longer among the running; the journal keeps its error and its state',
  childrenLeft: 'no child is among the running',
  pause: 'the pace is 0',
  resume: 'there is no pace',
  step: 'the pace is what was asked for; 0 where children run, for they take the steps',
  stop: '`stop` is the reason, if there was none yet',
  give: '`given` has the value as well',
  taken: '`given` no longer has the first value of this key',
  fail: '`error` is what was thrown; whole steps that the event tells of are committed and counted',
  abort: '`error` is the reason',
};

const effectWords: Record<string, string> = {
  spawn: 'the child begins',
  stopChild: 'the child is stopped',
  stopChildren: 'the running children are stopped',
  forward: 'the running children are sent the event',
  passUp: 'the parent is sent the event',
  tellSteps: '`advance` is sent it, if it runs',
  tellParent: 'the parent, if there is one, is sent `loop.left`, with the error and the state',
};

function sameNames(what: string, inChart: Iterable<string>, inWords: Iterable<string>): void {
  const [chart, words] = [new Set(inChart), new Set(inWords)];
  const missing = [...chart].filter((name) => !words.has(name));
  const unknown = [...words].filter((name) => !chart.has(name));
  if (missing.length > 0) throw new Error(`The chart has ${what} without words: ${missing.join(', ')}.`);
  if (unknown.length > 0) throw new Error(`There are words for ${what} that the chart has not: ${unknown.join(', ')}.`);
}

/** The condition of a transition; those before it did not hold. */
function condition({ guard, target, eventType }: Transition, index: number): string {
  if (guard === undefined) return index === 0 ? '' : 'else';
  if (typeof guard === 'string') return guardWords[guard]!;
  const words = ownGuardWords[eventType];
  if (words === undefined) throw new Error(`The guard of ${eventType} has no words.`);
  return words(target?.[0]?.key ?? '');
}

/** What is done to other actors, in order: the hook of a state ends as it is left, that of the next begins as it is entered. */
function told({ source, target, actions, eventType }: Transition): string {
  const [next] = target ?? [];
  const words = actions.flatMap((name) => effectWords[name] ?? []);
  if (next === undefined) return words.join('; ');
  const endsByItself = /^xstate\.(done|error)\.actor\./.test(eventType);
  const left =
    source.parent === undefined ? 'the hook of the state' : source.invoke.map(({ id }) => `\`${id}\``).join();
  if (left !== '' && !endsByItself) words.unshift(`${left} is stopped`);
  words.push(...next.entry.map((name) => effectWords[name]!));
  words.push(...next.invoke.map(({ id }) => `\`${id}\` begins`));
  if (next.type === 'final') words.push('the run ends with its output');
  return words.join('; ');
}

function rows(node: Node): string[] {
  return [...node.transitions].flatMap(([event, transitions]) =>
    transitions.map((transition, index) => {
      const { target, actions } = transition;
      const state = node.parent === undefined ? 'any' : `\`${node.key}\``;
      const changed = actions.flatMap((name) => changeWords[name] ?? []).join('; ');
      const next = target === undefined ? 'stays' : `\`${target[0]!.key}\``;
      const cells = [state, `\`${event}\``, condition(transition, index), changed, told(transition), next];
      return `| ${cells.map((cell) => cell || '–').join(' | ')} |`;
    }),
  );
}

/** The tables, by what they are of. */
export function tables(): Record<string, string> {
  const root = rootNode(chart);
  const nodes = [root, ...Object.values(root.states)];
  const own = nodes.flatMap(({ transitions }) => [...transitions.values()].flat());
  sameNames('guards', Object.keys(guards), Object.keys(guardWords));
  sameNames('changes', Object.keys(changes), Object.keys(changeWords));
  sameNames('effects', Object.keys(effects), Object.keys(effectWords));
  sameNames(
    'guards without a name',
    own.flatMap(({ guard, eventType }) => (typeof guard === 'function' ? eventType : [])),
    Object.keys(ownGuardWords),
  );
  const head = '| State | Event | If | What changes | What others are told | Next |\n|---|---|---|---|---|---|';
  const states = Object.values(root.states);
  return {
    state: [head, ...states.flatMap(rows)].join('\n'),
    any: [head, ...rows(root)].join('\n'),
  };
}

/** A document with the tables in their places: the table behind `<!-- rows: NAME -->`. */
export function withTables(document: string, made: Record<string, string>): string {
  return document.replaceAll(
    /(<!-- rows: (\w+) -->\n\n)(?:\|.*\n)*/g,
    (_, before: string, name: string) => `${before}${made[name]}\n`,
  );
}

if (process.argv[1] === import.meta.filename) writeFileSync(file, withTables(readFileSync(file, 'utf8'), tables()));
