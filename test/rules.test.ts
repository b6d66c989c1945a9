import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createActor, createMachine, fromCallback, raise } from 'xstate';
import { changes } from '../src/chart/changes.ts';
import { freshContext, type LoopContext, type LoopStateValue } from '../src/chart/context.ts';
import { chart, effects, guards } from '../src/chart/machine.ts';
import { type Effect, type Next, next, ruleFor } from '../src/chart/rules.ts';
import { EndLoop } from '../src/data/errors.ts';
import { checkFlat } from './support/flat-chart.ts';
import { random } from './support/trees.ts';

/*
 * XState says what a chart means. `src/chart/rules.ts` goes by the same chart without it: here both are told the same events in
 * the same states, sensible and odd ones, and must come to the same.
 */

const firstSeed = Number(process.env.LOOPCHART_SEED ?? 1);
const seeds = Number(process.env.LOOPCHART_RULES ?? (process.env.LOOPCHART_LONG === undefined ? 100 : 1_000));
const eventsOfSeed = 300;

const values = Object.keys(chart.states) as LoopStateValue[];
const hooks = ['skip', 'onSkip', 'reset', 'onRunStart', 'advance', 'onRunEnd', 'abort', 'fail'];
const hookOf = (value: LoopStateValue): string | undefined => (chart.states as any)[value].invoke[0]?.id;

/** The chart with effects that do nothing: XState tells of each by its name, and with which context it was asked for. */
const asking = chart.provide({
  actions: Object.fromEntries(Object.keys(effects).map((name) => [name, () => {}])),
  actors: Object.fromEntries(hooks.map((name) => [name, fromCallback(() => {})])),
} as any);

const self = createActor(asking, { input: [] } as any);

/** Hostile values: what a hook, a child or a recording might hold. */
const odd: (() => unknown)[] = [
  () => undefined,
  () => null,
  () => Number.NaN,
  () => -0,
  () => 0n,
  () => '',
  () => Symbol('odd'),
  () => () => {},
  () => [],
  () => Object.create(null),
  () => new Map([[1, 2]]),
  () => new Error('odd'),
  () => JSON.parse('{ "__proto__": { "polluted": true }, "hook": "reset", "commit": { "__proto__": 1 } }'),
  () => Object.freeze({ hook: 'reset', commit: Object.freeze({ state: 1, steps: 'seven', more: true }) }),
  () => new Proxy({}, { has: () => assertNever('has'), get: () => assertNever('get') }),
  () => Object.defineProperty({}, 'hook', { get: () => assertNever('hook'), enumerable: true }),
];

function assertNever(what: string): never {
  throw new RangeError(`Nobody may read ${what}.`);
}

class Drawing {
  readonly #draw: () => number;

  constructor(seed: number) {
    this.#draw = random(seed);
  }

  chance(share: number): boolean {
    return this.#draw() < share;
  }

  of<T>(...all: T[]): T {
    return all[Math.floor(this.#draw() * all.length)]!;
  }

  /** Sometimes what does not belong there. */
  mostly<T>(sensible: T): T {
    return this.chance(0.92) ? sensible : (this.of(...odd)() as T);
  }

  name(context: LoopContext): string {
    const { running } = context;
    if (Array.isArray(running) && running.length > 0 && this.chance(0.7)) return this.of(...running);
    return this.of('inner', 'folds.0', 'folds.1', 'advance', 'fail', '__proto__', 'constructor');
  }

  commit(): any {
    const commit: any = {
      state: this.of<any>({ n: 1 }, { n: Number.NaN, list: [1, -0] }, null, 7),
      progress: this.of<any>({}, { progress: { total: { ready: 1 } } }),
      restarting: this.chance(0.5),
    };
    if (this.chance(0.5)) commit.children = { inner: { state: 1, progress: {}, children: {} } };
    if (this.chance(0.05)) commit.children = undefined;
    return this.mostly(commit);
  }

  thrown(): unknown {
    return this.mostly(
      this.of<any>(new TypeError('no', { cause: 'why' }), new EndLoop({ path: 'fit' } as any, 'enough'), 'text', {}),
    );
  }

  ended(): object {
    return this.chance(0.15) ? { ended: this.mostly({ reason: 'enough' }) } : {};
  }

  output(): unknown {
    const report = { hook: this.of(...hooks), value: this.of<any>(true, false, 7, undefined), commit: this.commit() };
    return this.mostly(
      this.of<any>(
        this.of<any>(true, false, 7, 'text'),
        { ...report, ...this.ended() },
        { output: 7, dict: { state: { n: 1 }, progress: {}, children: {} }, pace: this.of(null, 0, 3) },
      ),
    );
  }

  context(): LoopContext {
    const context: any = freshContext(
      this.of<any>([], [1, { a: 2 }], { name: 'inner', args: null, pace: 3, stop: null }),
    );
    if (this.chance(0.3)) context.pace = this.of(0, 1, 2);
    if (this.chance(0.15)) context.stop = { reason: 'enough' };
    if (this.chance(0.3)) context.running = this.of(['inner'], ['folds.0', 'folds.1']);
    if (this.chance(0.3)) context.steps = this.of(1, 5);
    if (this.chance(0.3)) context.done = this.chance(0.5);
    if (this.chance(0.1)) context.ended = { reason: null };
    if (this.chance(0.3))
      context.inFlight = { hooks: ['onAdvanceStart'], got: [], asked: [{ run: 'inner', at: 0 }], events: 1, ran: true };
    // Of a recording that somebody else has made.
    if (this.chance(0.05)) context.newKey = 1;
    if (this.chance(0.05)) delete context[this.of('skipped', 'error')];
    if (this.chance(0.05)) context.running = this.of(...odd)();
    if (this.chance(0.05)) context.inFlight = this.of(...odd)();
    return this.chance(0.05) ? (Object.fromEntries(Object.entries(context).reverse()) as any) : context;
  }

  event(value: LoopStateValue, context: LoopContext): { type: string; [key: string]: any } {
    const steps = this.mostly(this.of(1, 1, 0, 5));
    const commit = this.commit();
    const done = this.mostly(this.of<any>(true, false, false));
    const actor = this.chance(0.6) ? (hookOf(value) ?? 'advance') : this.name(context);
    const inside = this.chance(0.2) ? { in: 'draw' } : {};
    const event: any = this.of<() => object>(
      () => ({ type: `xstate.done.actor.${actor}`, actorId: actor, output: this.output() }),
      () => ({ type: `xstate.done.actor.${actor}`, actorId: actor, output: this.output() }),
      () => ({ type: `xstate.error.actor.${actor}`, actorId: actor, error: this.thrown() }),
      () => ({ type: 'loop.advanced', steps, commit, done, ...this.ended() }),
      () => ({ type: 'loop.advanced', steps, commit, done, before: this.mostly(1), ...this.ended() }),
      () => ({ type: 'loop.forwarded', to: this.of<any>(...values, 7), steps, commit, done, ...this.ended() }),
      () => ({ type: 'loop.hooked', hook: this.mostly('onAdvanceStart'), commit }),
      () => ({ type: 'loop.run', child: this.name(context), args: this.mostly<any>([1, 'x']), ...inside }),
      () => ({ type: 'loop.left', child: this.name(context), error: this.thrown(), pace: this.of(null, 2) }),
      () => ({ type: 'loop.asked', key: 'draw', step: this.of(context.steps, 3), ...inside }),
      () => ({ type: 'loop.once', key: 'draw', step: this.of(context.steps, 3), output: this.output(), ...inside }),
      () => ({ type: 'loop.once', key: 'draw', step: context.steps, error: this.thrown() }),
      () => ({ type: 'loop.failed', error: this.thrown(), steps, ...this.of<object>({}, { commit }) }),
      () => ({ type: this.of('loop.pause', 'loop.resume') }),
      () => ({ type: 'loop.step', n: this.mostly(this.of(1, 2, -1, 1.5)) }),
      () => ({ type: 'loop.stop', reason: this.thrown() }),
      () => ({ type: 'loop.abort', reason: this.thrown() }),
      () => ({ type: this.of(...oddTypes), actorId: this.name(context), output: this.output(), error: this.thrown() }),
    )();
    // What a sender might forget.
    if (this.chance(0.05)) delete event[this.of(...Object.keys(event).filter((key) => key !== 'type'))];
    return event;
  }
}

/** Nobody sends these. */
const oddTypes = [
  ...['', 'loop', 'loop.', 'loop.*', 'LOOP.PAUSE', 'loop.pause ', '__proto__', 'constructor', 'toString'],
  ...['xstate.done.actor', 'xstate.done.actor.', 'xstate.done.actor.*', 'xstate.done.actorx', 'xstate.done.actor.a.b'],
  ...['xstate.error.actor', 'xstate.error.actor.', 'xstate.error.actorx', 'xstate.error.other', 'xstate.error'],
  ...['xstate.done.state.loop', 'xstate.init', 'xstate.stop', 'xstate.snapshot.inner', 'xstate.route', 'xstate'],
];

/** What XState makes of it, in the words of the executor. */
function byXState(value: LoopStateValue, context: LoopContext, event: { type: string }): Next {
  const before: any = asking.resolveState({ value, context } as any);
  const hook = hookOf(value);
  // The actor of the hook that runs.
  if (hook !== undefined) before.children = { [hook]: { id: hook } };
  const actions: any[] = [];
  // `transition` of XState makes an actor for each event; one is enough.
  const nowhere = { self, system: self.system, defer() {}, actionExecutor: (action: any) => actions.push(action) };
  const after = asking.transition(before, event as any, nowhere as any) as any;
  const asked = actions.map((action): Effect => {
    const { context } = action.info;
    if (action.type === 'xstate.spawnChild') return { do: 'begin', hook: action.params.src, context };
    if (action.type === 'xstate.stopChild') return { do: 'end', hook: action.params.id, context };
    return { do: action.type, context };
  });
  // Whatever runs yet is stopped where a machine ends by itself.
  if (after.status === 'error' || after.status === 'stopped') asked.splice(0);
  return {
    value: after.value,
    context: after.context,
    status: after.status,
    output: after.output,
    error: after.error,
    effects: asked,
  };
}

function tried<T>(what: () => T): { came: T } | { threw: unknown } {
  try {
    return { came: what() };
  } catch (error) {
    return { threw: error };
  }
}

function kindOfThrown(thrown: unknown): string {
  // XState puts its own error around that of a guard.
  return String((thrown as Error).message).replace(/^Unable to evaluate guard [\s\S]*?:\n/, '');
}

describe('the rules without an actor', () => {
  test(`come to what XState comes to, in ${seeds * eventsOfSeed} events`, { timeout: 900_000 }, () => {
    const seen = { moved: 0, stayed: 0, unheard: 0, threw: 0, effects: 0, done: 0, error: 0 };
    const types = new Set<string>();
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const draw = new Drawing(seed);
      let value = draw.of(...values);
      let context = draw.context();
      for (let i = 0; i < eventsOfSeed; i++) {
        if (draw.chance(0.1)) context = draw.context();
        if (value === 'finished' || draw.chance(0.2)) value = draw.of(...values.filter((one) => one !== 'finished'));
        const event = draw.event(value, context);
        const what = `LOOPCHART_SEED=${seed}, event ${i}: ${event.type} in ${value}`;
        const keysBefore = Object.keys(context).join();
        const theirs = tried(() => byXState(value, context, event));
        const ours = tried(() => next(value, context, event));
        expect(Object.keys(context).join(), what).toBe(keysBefore);
        types.add(event.type);
        if ('threw' in theirs || 'threw' in ours) {
          expect('threw' in ours && 'threw' in theirs, `${what}: one of them threw`).toBe(true);
          expect(kindOfThrown((ours as any).threw), what).toBe(kindOfThrown((theirs as any).threw));
          seen.threw++;
          continue;
        }
        const [is, said] = [ours.came, theirs.came];
        if (!isDeepStrictEqual(is, said)) expect(is, what).toStrictEqual(said);
        expect(Object.keys(is.context), what).toEqual(Object.keys(said.context));
        // Where nothing is changed it is the same object, for observers and for whoever compares.
        expect(is.context === context, what).toBe(said.context === context);
        expect(is.error, what).toBe(said.error);
        if (ruleFor(value, context, event) === undefined) seen.unheard++;
        else seen[is.value === value ? 'stayed' : 'moved']++;
        seen.effects += is.effects.length;
        if (is.status === 'done' || is.status === 'error') seen[is.status]++;
        ({ value, context } = is);
      }
    }
    // Had any of these not come, less would have been compared than the title says.
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(seeds);
    expect(types.size).toBeGreaterThan(60);
  });
});

describe('the chart', () => {
  const names = { guards, changes, effects };
  const config = chart.config as any;

  test('has nothing but what the rules know', () => {
    checkFlat(config, names);
  });

  const state = (more: object) => ({ ...config, states: { ...config.states, paused: more } });
  const wrong: [what: string, config: object, told: string][] = [
    ['`always`', state({ always: { target: 'ending' } }), 'the state "paused" has "always"'],
    ['a delay', state({ after: { 100: 'ending' } }), 'the state "paused" has "after"'],
    ['an exit action', state({ exit: 'tellParent' }), 'the state "paused" has "exit"'],
    ['states in a state', state({ initial: 'a', states: { a: {} } }), 'the state "paused" has "initial"'],
    ['a tag', state({ tags: ['quiet'] }), 'the state "paused" has "tags"'],
    ['`onDone`', state({ onDone: 'ending' }), 'the state "paused" has "onDone"'],
    ['history', state({ type: 'history' }), 'the type "history"'],
    ['an unknown entry action', state({ entry: 'sing' }), 'the entry action "sing"'],
    ['two hooks in a state', state({ invoke: [{ src: 'skip' }] }), 'what the state "paused" invokes has "0"'],
    ['`onSnapshot`', state({ invoke: { id: 'skip', src: 'skip', onSnapshot: {} } }), '"onSnapshot"'],
    ['an actor under another name', state({ invoke: { id: 'skip', src: 'reset' } }), 'an actor whose id'],
    [
      '`raise`',
      state({ on: { 'loop.stop': { actions: raise({ type: 'loop.resume' }) } } }),
      'the action of its own, raise',
    ],
    ['an unknown action', state({ on: { 'loop.stop': { actions: ['stop', 'sing'] } } }), 'the action "sing"'],
    ['an action with parameters', state({ on: { a: { actions: { type: 'stop' } } } }), 'the action {"type":"stop"}'],
    ['an unknown guard', state({ on: { a: { guard: 'sings' } } }), 'the guard "sings"'],
    ['an unknown target', state({ on: { a: { target: 'singing' } } }), 'the target "singing"'],
    ['several targets', state({ on: { a: { target: ['ending', 'failed'] } } }), 'the target ["ending","failed"]'],
    ['a state as its own target', state({ on: { a: { target: 'paused' } } }), 'the target "paused"'],
    ['`reenter`', state({ on: { a: { target: 'ending', reenter: true } } }), '"a" in the state "paused" has "reenter"'],
    ['a target alone', state({ on: { a: 'ending' } }), '"a" in the state "paused" has "ending"'],
    ['a wildcard', state({ on: { '*': {} } }), 'the event "*"'],
    ['a wildcard in the middle', state({ on: { 'a.*.b': {} } }), 'the event "a.*.b"'],
    ['states side by side', { ...config, type: 'parallel' }, 'the chart has "type"'],
    ['an action at its beginning', { ...config, entry: 'commit' }, 'the chart has "entry"'],
  ];
  test.each(wrong)('with %s would be refused by name', (_, other, told) => {
    expect(() => checkFlat(other, names)).toThrow(told);
  });

  test('is a chart that XState takes, also with what the rules do not know', () => {
    // Else the tests above would show nothing that could happen.
    expect(() => createMachine(state({ always: { target: 'ending' } }) as any)).not.toThrow();
  });
});
