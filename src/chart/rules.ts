import { type Change, changed, changes, type Step } from './changes.ts';
import type { LoopContext, LoopStateValue } from './context.ts';
import type { Status } from './loop-actor.ts';
import { chart, guards } from './machine.ts';
import { type Node, rootNode, type Transition } from './xstate-inner.ts';

/*
 * Goes by the rules of the chart without an actor. The chart is flat: one level of states, at most one hook in each, no
 * `always`, no delays, no history. So there is little to it: of the state's transitions for an event, and then of those of
 * the whole chart, the first whose guard holds is taken; its actions change the context in order, and its target is the
 * next state. XState does the same in ten times the time, for its charts may be more than that. `test/rules.test.ts` holds
 * the one against the other, and makes sure that the chart is flat.
 */

/** A transition of the chart, made ready to go by. */
export interface Rule {
  readonly guard: ((step: Step) => boolean) | undefined;
  /** The state that follows; `undefined`: none does, and the hook of this one runs on. */
  readonly to: LoopStateValue | undefined;
  /** Changes of the context, and effects, which have none. */
  readonly actions: readonly { readonly name: string; readonly change: Change | undefined }[];
  /** Whether it changes the context and does nothing else: no state is left, and nobody else is told anything. */
  readonly isQuick: boolean;
  /** Where it stands in the chart: the state (`undefined`: the whole chart), the event, and which of those for it. */
  readonly place: { readonly state: LoopStateValue | undefined; readonly event: string; readonly index: number };
}

/** What is to be done to another actor: an effect of the chart, or to begin or end the hook of a state. */
export interface Effect {
  readonly do: string;
  /** Of `begin` and `end`. */
  readonly hook?: string;
  /** As it is at this place of the order. */
  readonly context: LoopContext;
}

/** Where an event leads. */
export interface Next {
  value: LoopStateValue;
  context: LoopContext;
  /** All children are stopped where it is not active. */
  status: Status;
  output: unknown;
  error: unknown;
  /** In order. */
  effects: Effect[];
}

/** The rules of a state, or of the whole chart, by the type of the event. */
interface Rules {
  readonly exact: ReadonlyMap<string, readonly Rule[]>;
  /** Those of a family of types, such as `xstate.done.actor.*`, by what they begin with. */
  readonly families: readonly (readonly [prefix: string, rules: readonly Rule[]])[];
}

const root = rootNode(chart);
const nodes = new Map<unknown, Node>(Object.entries(root.states));
const ofChart = rulesOf(root, undefined);
const ofState = new Map([...nodes].map(([value, node]) => [value, rulesOf(node, value as LoopStateValue)]));

function rulesOf(node: Node, state: LoopStateValue | undefined): Rules {
  const exact = new Map<string, Rule[]>();
  const families: [string, Rule[]][] = [];
  for (const [event, transitions] of node.transitions) {
    const rules = transitions.map((transition, index) => ruleOf(transition, { state, event, index }));
    exact.set(event, rules);
    if (event.endsWith('.*')) families.push([event.slice(0, -2), rules]);
  }
  // The longest first, as in XState.
  families.sort(([a], [b]) => b.length - a.length);
  return { exact, families };
}

function ruleOf({ guard, target, actions }: Transition, place: Rule['place']): Rule {
  const to = target?.[0]?.key as LoopStateValue | undefined;
  return {
    guard: typeof guard === 'string' ? guards[guard] : guard,
    to,
    actions: actions.map((name) => ({ name, change: changes[name] })),
    isQuick: to === undefined && actions.length > 0 && actions.every((name) => changes[name] !== undefined),
    place,
  };
}

/** The types of events that have quick rules. */
export const quickEvents: ReadonlySet<string> = new Set(
  [ofChart, ...ofState.values()].flatMap(({ exact }) =>
    [...exact.values()].flat().flatMap(({ isQuick, place }) => (isQuick ? place.event : [])),
  ),
);

/** Whether there is such a state. */
export function isState(value: unknown): value is LoopStateValue {
  return nodes.has(value);
}

/** Whether a run that is in a state is over. */
export function isFinal(value: LoopStateValue): boolean {
  return nodes.get(value)!.type === 'final';
}

/** The rule that an event falls under. */
export function ruleFor(value: LoopStateValue, context: LoopContext, event: { type: string }): Rule | undefined {
  const step = { context, event };
  return fitting(ofState.get(value)!, step) ?? fitting(ofChart, step);
}

function fitting({ exact, families }: Rules, step: Step): Rule | undefined {
  const { type } = step.event;
  const rule = first(exact.get(type), step);
  if (rule !== undefined) return rule;
  for (const [prefix, rules] of families) {
    const isOfFamily = type.startsWith(prefix) && (type.length === prefix.length || type[prefix.length] === '.');
    const found = isOfFamily ? first(rules, step) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function first(rules: readonly Rule[] | undefined, step: Step): Rule | undefined {
  if (rules === undefined) return undefined;
  for (const rule of rules) if (rule.guard === undefined || rule.guard(step)) return rule;
  return undefined;
}

/** The context after the changes of a rule. */
export function contextBy({ actions }: Rule, context: LoopContext, event: { type: string }): LoopContext {
  let after = context;
  for (const { change } of actions) {
    if (change !== undefined) after = changed(after, change({ context: after, event }));
  }
  return after;
}

/**
 * Where an event leads.
 * @throws whatever a guard or a change throws where an event lacks what it must have
 */
export function next(value: LoopStateValue, context: LoopContext, event: { type: string; error?: unknown }): Next {
  const rule = ruleFor(value, context, event);
  const so: Next = { value, context, status: 'active', output: undefined, error: undefined, effects: [] };
  if (rule !== undefined) go(so, rule, event);
  else if (event.type === 'xstate.stop') so.status = 'stopped';
  else if (event.type.startsWith('xstate.error.actor')) {
    // Nobody has dealt with it: it is the machine's own.
    so.status = 'error';
    so.error = event.error;
  }
  return so;
}

function go(so: Next, { to, actions }: Rule, event: { type: string }): void {
  if (to !== undefined) {
    for (const { id } of nodes.get(so.value)!.invoke) so.effects.push({ do: 'end', hook: id, context: so.context });
  }
  for (const { name, change } of actions) {
    if (change === undefined) so.effects.push({ do: name, context: so.context });
    else so.context = changed(so.context, change({ context: so.context, event }));
  }
  if (to === undefined) return;
  so.value = to;
  const { context } = so;
  const { entry, invoke, type, output } = nodes.get(to)!;
  for (const name of entry) so.effects.push({ do: name, context });
  for (const { id } of invoke) so.effects.push({ do: 'begin', hook: id, context });
  if (type !== 'final') return;
  so.status = 'done';
  const said = output({ context, event });
  so.output = root.output({ context, event: { type: `xstate.done.state.${chart.id}.${to}`, output: said } });
}
