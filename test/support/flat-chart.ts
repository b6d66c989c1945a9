/*
 * What the chart may be made of. `src/chart/rules.ts` goes by it without XState's algorithm, which is right for what is named here
 * and for nothing else: one level of states, in each at most one invoked hook, and transitions that are taken on an event.
 */

/** The names that a chart may use. */
export interface Names {
  readonly guards: object;
  readonly changes: object;
  readonly effects: object;
}

const knownKeys = {
  chart: ['id', 'context', 'initial', 'on', 'states', 'output'],
  state: ['on', 'invoke', 'type', 'output', 'entry'],
  invoke: ['id', 'src', 'input', 'onDone', 'onError'],
  transition: ['guard', 'target', 'actions'],
};

type Config = { readonly [key: string]: any };

/**
 * Makes sure that a chart, as it is given to `createMachine`, has nothing but what `src/chart/rules.ts` knows.
 * @throws Error that names the first thing that it does not know, and where that stands
 */
export function checkFlat(chart: Config, names: Names): void {
  onlyKnown('chart', chart, 'the chart');
  const states: Config = chart.states;
  checkTransitions(chart.on, 'the chart', (where, transition) => {
    check(transition, where, names, (target) => isState(states, target.slice(1)) && target.startsWith('.'));
  });
  for (const [name, state] of Object.entries(states) as [string, Config][]) {
    const place = `the state "${name}"`;
    onlyKnown('state', state, place);
    if (![undefined, 'final'].includes(state.type)) throw unknown(`the type ${shown(state.type)}`, place);
    if (state.entry !== undefined && !isOneOf(state.entry, names.effects)) {
      throw unknown(`the entry action ${shown(state.entry)}`, place);
    }
    const goesTo = (target: string) => {
      const to = target.replace(new RegExp(`^#${chart.id}\\.`), '');
      // XState does not leave a state that is its own target.
      return isState(states, to) && to !== name;
    };
    const own = (where: string, transition: unknown) => check(transition, where, names, goesTo);
    checkTransitions(state.on, place, own);
    if (state.invoke === undefined) continue;
    onlyKnown('invoke', state.invoke, `what ${place} invokes`);
    const { id, src, onDone, onError } = state.invoke;
    if (id !== src || typeof id !== 'string') throw unknown(`an actor whose id is not its source`, place);
    checkTransitions({ onDone: onDone ?? [], onError: onError ?? [] }, place, own);
  }
}

function checkTransitions(on: Config | undefined, place: string, each: (where: string, one: unknown) => void): void {
  for (const [type, transitions] of Object.entries(on ?? {})) {
    if (/\*/.test(type.replace(/\.\*$/, ''))) throw unknown(`the event "${type}"`, place);
    for (const one of [transitions].flat()) each(`"${type}" in ${place}`, one);
  }
}

function check(transition: unknown, where: string, names: Names, goesTo: (target: string) => boolean): void {
  if (typeof transition !== 'object' || transition === null) throw unknown(shown(transition), where);
  onlyKnown('transition', transition, where);
  const { guard, target, actions = [] } = transition as Config;
  if (guard !== undefined && typeof guard !== 'function' && !isOneOf(guard, names.guards)) {
    throw unknown(`the guard ${shown(guard)}`, where);
  }
  if (target !== undefined && (typeof target !== 'string' || !goesTo(target))) {
    throw unknown(`the target ${shown(target)}`, where);
  }
  for (const action of [actions].flat()) {
    if (!isOneOf(action, names.changes) && !isOneOf(action, names.effects)) {
      throw unknown(`the action ${shown(action)}`, where);
    }
  }
}

function onlyKnown(what: keyof typeof knownKeys, config: object, where: string): void {
  for (const key of Object.keys(config)) if (!knownKeys[what].includes(key)) throw unknown(`"${key}"`, where);
}

function isOneOf(name: unknown, things: object): boolean {
  return typeof name === 'string' && Object.hasOwn(things, name);
}

function isState(states: Config, name: string): boolean {
  return Object.hasOwn(states, name);
}

function shown(value: unknown): string {
  return typeof value === 'function' ? `of its own, ${value.name || 'without a name'}` : JSON.stringify(value);
}

function unknown(what: string, where: string): Error {
  return new Error(
    `Expected a chart that is flat and goes by names; ${where} has ${what}, which src/chart/rules.ts does not know.`,
  );
}
