import { Loop } from 'loopchart';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type AnyActorRef,
  createActor,
  fromPromise,
  type InspectionEvent,
  StateMachine,
  setup,
  toPromise,
} from 'xstate';
import { freshContext } from '../src/chart/context.ts';
import { chart } from '../src/chart/machine.ts';
import { allowQuick, quickened } from '../src/chart/quick-transition.ts';
import { Count, Family, Slow, turn } from './support/loops.ts';
import { random, randomTree, Tree } from './support/trees.ts';

/*
 * Events that only change the context do not go through XState's algorithm. Nobody who watches can tell: the same runs are
 * watched with and without the quick way, and everything that observers get is compared.
 */

// For the library, no time passes: else loops side by side would take turns as the clock says, and no two runs be the same.
const realNow = vi.hoisted(() => {
  const { now } = performance;
  performance.now = () => 0;
  return now;
});
performance.now = realNow;

const firstSeed = Number(process.env.LOOPCHART_SEED ?? 1);
const trees = Number(process.env.LOOPCHART_TREES ?? (process.env.LOOPCHART_LONG === undefined ? 40 : 400));

afterEach(() => {
  allowQuick(true);
  vi.restoreAllMocks();
});

/** Writes down all that an observer can tell of what it gets: properties in order, and which objects are the same as before. */
class Transcript {
  readonly lines: string[] = [];
  readonly #known = new Map<unknown, number>();

  readonly next = (event: InspectionEvent): void => {
    const { rootId, ...rest } = event;
    this.lines.push(`${Object.keys(event)} ${JSON.stringify(this.#seen(rest))}`);
    const { snapshot } = event as { snapshot?: any };
    if (event.type === '@xstate.microstep' && snapshot?.machine !== undefined) this.lines.push(this.#asked(snapshot));
  };

  /** What a snapshot answers. */
  #asked(snapshot: any): string {
    const types = ['loop.pause', 'loop.advanced', 'loop.resume', 'xstate.done.actor.advance', 'nothing'];
    const can = types.map((type) => snapshot.can({ type, steps: 1, done: false }));
    const matches = ['advancing', 'paused', { advancing: {} }].map((value) => snapshot.matches(value));
    return JSON.stringify([can, matches, snapshot.hasTag('any'), snapshot.getMeta(), snapshot.toJSON()], this.#plain);
  }

  /** Of an actor, its id: that of one without a name is another in each run. */
  readonly #plain = (_: string, value: unknown) =>
    typeof value === 'bigint' || typeof value === 'symbol' ? String(value) : value;

  #number(value: unknown): number {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    this.#known.set(value, this.#known.size);
    return -1;
  }

  #seen(value: unknown): unknown {
    if (typeof value === 'function') return `function ${value.name} ${this.#number(value)}`;
    if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
    const number = this.#number(value);
    if (number >= 0) return `#${number}`;
    const actor = value as Partial<AnyActorRef>;
    if (typeof actor.sessionId === 'string') return `actor ${actor.id === actor.sessionId ? 'unnamed' : actor.id}`;
    const node = value as { id?: string; machine?: object; order?: number; root?: object };
    if (node.root !== undefined && 'implementations' in node) return `machine ${node.id}`;
    if (typeof node.order === 'number' && node.machine !== undefined) return `state ${node.id}`;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (value instanceof Set) return ['set', ...value];
    const of = Object.getPrototypeOf(value)?.constructor.name;
    return [
      of,
      ...Reflect.ownKeys(value).map((key) => {
        const { value: inner, ...how } = Object.getOwnPropertyDescriptor(value, key)!;
        return [String(key), Object.values(how).join(), this.#seen(inner)];
      }),
    ];
  }
}

/** What is told of a run with the quick way and without, and how many events XState has had of loops' machines. */
async function bothWays(
  watched: (watch: (event: InspectionEvent) => void) => Promise<unknown>,
): Promise<{ quick: string[]; slow: string[]; byXState: { quick: number; slow: number } }> {
  const said: { [way: string]: string[] } = {};
  const byXState: { [way: string]: number } = {};
  for (const way of ['quick', 'slow']) {
    allowQuick(way === 'quick');
    const transition = vi.spyOn(StateMachine.prototype, 'transition');
    const transcript = new Transcript();
    await watched(transcript.next);
    said[way] = transcript.lines;
    byXState[way] = transition.mock.calls.length;
    transition.mockRestore();
  }
  return { quick: said.quick!, slow: said.slow!, byXState: byXState as { quick: number; slow: number } };
}

function same(quick: string[], slow: string[], what = ''): void {
  const at = quick.findIndex((line, i) => line !== slow[i]);
  if (at >= 0) expect(quick[at], `${what}: entry ${at}`).toBe(slow[at]);
  expect(quick.length, what).toBe(slow.length);
}

class Failing extends Slow {
  override async advance() {
    await super.advance();
    if (this.state.n === 2) throw new RangeError('two is too much');
  }
}

/** Ends itself, draws, and draws what fails. */
class Drawing extends Slow {
  override async advance() {
    await this.once('draw', () => 7);
    await this.once('fail', () => Promise.reject(new TypeError('no'))).catch(() => {});
    await super.advance();
    if (this.state.n === 3) throw this.end({ at: 3 });
  }
}

/** With both hooks around its steps, of which one draws. */
class Hooked extends Loop<number> {
  override state = { n: 0, got: [] as number[] };
  readonly child: Count = new Slow(2);
  readonly failing: Count = new Failing(3);

  get done() {
    return this.state.n >= 3;
  }

  reset() {}

  override async onAdvanceStart() {
    this.state.got.push(await this.once('start', () => Number.NaN));
  }

  async advance() {
    this.state.got.push(await this.child.run());
    await this.failing.run().catch(() => {});
    this.state.n++;
  }

  override async onAdvanceEnd() {
    await turn();
    this.state.got.push(Number.NEGATIVE_INFINITY);
  }

  override onRunEnd() {
    return this.state.n;
  }
}

type Watch = (event: InspectionEvent) => void;

async function settled(run: { outcome: Promise<unknown> }): Promise<void> {
  await run.outcome;
  await turn();
}

const programs: { [what: string]: (watch: Watch) => Promise<unknown> } = {
  'synchronous steps': (inspect) => settled(new Count(20).start({ inspect })),
  'steps that wait': (inspect) => settled(new Slow(20).start({ inspect })),
  'loops in loops, one after another and side by side': (inspect) => settled(new Family().start({ inspect })),
  'hooks around steps, and a failure that is caught': (inspect) => settled(new Hooked().start({ inspect })),
  'a failure': (inspect) => settled(new Failing(5).start({ inspect })),
  'results of `once`, and an end': (inspect) => settled(new Drawing(9).start({ inspect })),
  async 'an abort'(inspect) {
    const run = new Family().start({ inspect });
    for (let i = 0; i < 4; i++) await turn();
    run.abort(new Error('enough'));
    await settled(run);
  },
  async 'a pause, single steps, a stop'(inspect) {
    const loop = new Slow(50);
    const run = loop.start({ inspect });
    while (loop.state.n < 3) await turn();
    await run.pause();
    await run.step();
    await run.step(3);
    run.resume();
    while (loop.state.n < 12) await turn();
    run.stop('enough');
    await settled(run);
  },
  async 'somebody who comes late, and leaves'(inspect) {
    const loop = new Slow(30);
    const run = loop.start();
    while (loop.state.n < 5) await turn();
    const subscription = run.actor.system.inspect(inspect);
    while (loop.state.n < 15) await turn();
    subscription.unsubscribe();
    await settled(run);
  },
  async 'a run that goes on from a checkpoint'(inspect) {
    const first = new Family().start({ inspect });
    for (let i = 0; i < 6; i++) await turn();
    const from = await first.checkpoint();
    first.stop();
    await settled(first);
    await settled(new Family().start({ from, inspect }));
  },
  async 'a loop in the machine of an app'(inspect) {
    const app = setup({ actors: { train: new Hooked().machine } }).createMachine({
      id: 'app',
      initial: 'training',
      states: {
        training: { invoke: { id: 'train', src: 'train', input: [], onDone: 'ready' } },
        ready: { type: 'final' },
      },
    });
    await toPromise(createActor(app, { inspect }).start());
  },
  async 'a machine with another hook in it'(inspect) {
    const machine = new Slow(5).machine.provide({ actors: { onRunEnd: fromPromise(async () => 7) } });
    expect(await toPromise(createActor(machine, { input: [], inspect }).start())).toBe(7);
  },
  async 'an actor that is subscribed to, and one that is put back from its snapshot'(inspect) {
    const actor = createActor(new Slow(9).machine, { input: [], inspect });
    const subscriber: any[] = [];
    actor.subscribe((snapshot) => subscriber.push(snapshot.context.steps));
    actor.start();
    while (actor.getSnapshot().context.steps < 4) await turn();
    const snapshot = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
    actor.stop();
    const again = createActor(new Slow(9).machine, { input: [], snapshot, inspect });
    expect(await toPromise(again.start())).toBe(9);
    expect(subscriber.at(-1)).toBe(4);
  },
};

describe('who watches can tell nothing', () => {
  test.each(Object.keys(programs))('%s', async (what) => {
    const { quick, slow, byXState } = await bothWays(programs[what]!);
    same(quick, slow);
    expect(quick.length).toBeGreaterThan(20);
    // It did go the quick way.
    expect(byXState.quick).toBeLessThan(byXState.slow);
  });

  test(`random trees (${trees})`, { timeout: 300_000 }, async () => {
    for (let seed = firstSeed; seed < firstSeed + trees; seed++) {
      const next = random(seed);
      const node = randomTree(next, { depth: 1 + Math.floor(next() * 3), parallel: next() < 0.5 });
      const { quick, slow } = await bothWays(async (inspect) => {
        await settled(new Tree(node, []).start({ args: [5], inspect }));
      });
      same(quick, slow, `LOOPCHART_SEED=${seed}`);
    }
  });
});

test('of a run of a hundred watched steps, XState has the few events that do more than change the context', async () => {
  const { byXState } = await bothWays((inspect) => settled(new Count(100).start({ inspect })));
  expect(byXState.slow - byXState.quick).toBe(99);
  expect(byXState.quick).toBeLessThan(10);
});

describe('what is unusual is left to XState', () => {
  const commit = { state: { n: 1 }, progress: {}, restarting: false };
  const advanced = { type: 'loop.advanced', steps: 1, commit, done: false };
  const machine = () => quickened(chart.provide({}));

  /** What became of an event, by whom. */
  function taken(
    of: any,
    {
      event = advanced,
      ...more
    }: { event?: any; context?: object; change?: (snapshot: any) => any; tell?: () => void } = {},
  ): { after: any; threw: unknown; quick: boolean } {
    const context = { ...freshContext([]), begun: true, ...more.context };
    let before = of.resolveState({ value: 'advancing', context } as any);
    before = more.change?.(before) ?? before;
    const self = createActor(chart.provide({ actors: { skip: fromPromise(async () => {}) } as any }), {
      input: [],
    } as any);
    const system = more.tell === undefined ? self.system : { _sendInspectionEvent: more.tell };
    const scope = { self, system, defer() {}, stopChild() {}, actionExecutor() {} };
    const asked = vi.spyOn(StateMachine.prototype, 'getTransitionData');
    try {
      return { after: of.transition(before, event, scope), threw: undefined, quick: asked.mock.calls.length === 0 };
    } catch (threw) {
      return { after: undefined, threw, quick: asked.mock.calls.length === 0 };
    } finally {
      asked.mockRestore();
    }
  }

  test('and the usual is not', () => {
    const { after, quick } = taken(machine());
    expect(quick).toBe(true);
    expect(after).toMatchObject({ value: 'advancing', context: { steps: 1, state: { n: 1 } } });
    expect(taken(machine().provide({ actors: {} })).quick).toBe(true);
    expect(taken(chart).quick).toBe(false);
  });

  test('guards and actions that `provide()` put in the place of the chart’s own', () => {
    const held = machine().provide({ guards: { held: () => true } } as any);
    expect(taken(held)).toMatchObject({ quick: false, after: { value: 'paused' } });
    const seen = vi.fn();
    expect(taken(machine().provide({ actions: { advance: seen } } as any)).quick).toBe(false);
    // Also in what is made of such a machine later.
    expect(taken(held.provide({ actors: {} })).quick).toBe(false);
  });

  test('a snapshot of another machine, of a run that is over, and one that was changed by hand', () => {
    const of = machine();
    expect(
      taken(of, { change: () => machine().resolveState({ value: 'advancing', context: freshContext([]) } as any) })
        .quick,
    ).toBe(false);
    expect(taken(of, { change: (snapshot) => ({ ...snapshot, status: 'done' }) }).quick).toBe(false);
    expect(taken(of, { change: (snapshot) => ({ ...snapshot, _nodes: [of.root] }) }).quick).toBe(false);
    expect(taken(of, { change: (snapshot) => ({ ...snapshot, context: undefined }) }).quick).toBe(false);
    expect(taken(of, { change: (snapshot) => ({ ...snapshot, machine: chart }) })).toMatchObject({
      quick: false,
      after: { machine: chart },
    });
    // XState gives each snapshot its methods anew.
    const { after } = taken(of, { change: (snapshot) => ({ ...snapshot, matches: () => true }) });
    expect(after.matches('paused')).toBe(false);
  });

  test('a context with other keys keeps them, in their order', () => {
    const odd = { more: 1 };
    const { after, quick } = taken(machine(), { context: odd });
    expect(quick).toBe(true);
    expect(Object.entries(after.context)).toEqual(Object.entries(taken(chart, { context: odd }).after.context));
  });

  test('an event that lacks something fails in the words of XState', () => {
    for (const event of [{ type: 'loop.advanced' }, { ...advanced, commit: null }, { type: 'loop.hooked' }]) {
      for (const context of [{}, { running: null, inFlight: 7 }, { inFlight: { hooks: 1 } }]) {
        const [quick, slow] = [taken(machine(), { event, context }), taken(chart, { event, context })];
        expect(String(quick.threw)).toBe(String(slow.threw));
        expect(quick.after?.context).toEqual(slow.after?.context);
      }
    }
  });

  test('an observer that throws: its error comes out, and nobody is told twice', () => {
    for (const of of [machine(), chart]) {
      let told = 0;
      const { threw } = taken(of, {
        tell() {
          told++;
          throw new RangeError('observer');
        },
      });
      expect([String(threw), told]).toEqual(['RangeError: observer', 1]);
    }
  });
});

describe('an XState that does it another way has all events', () => {
  type Transition = (snapshot: any, event: any, scope: any) => any;
  const later: { [what: string]: (own: Transition) => Transition } = {
    'a snapshot with one key more':
      (own) =>
      (...args) => ({ ...own(...args), since: 0 }),
    'a snapshot with its keys in another order':
      (own) =>
      (...args) => {
        const { status, ...rest } = own(...args);
        return { ...rest, status };
      },
    'a snapshot of a class':
      (own) =>
      (...args) =>
        Object.assign(Object.create({ isOfAClass: true }), own(...args)),
    'a method of its own in each snapshot':
      (own) =>
      (...args) => ({ ...own(...args), can: () => true }),
    'tags where there were none':
      (own) =>
      (...args) => ({ ...own(...args), tags: new Set(['new']) }),
    'a getter':
      (own) =>
      (...args) =>
        Object.defineProperty(own(...args), 'output', { get: () => undefined }),
    'a context that keeps less':
      (own) =>
      (...args) => ({ ...own(...args), context: { steps: 1 } }),
    'one more inspection event': (own) => (snapshot, event, scope) => {
      scope.system._sendInspectionEvent({ type: '@xstate.transition', actorRef: scope.self, event });
      return own(snapshot, event, scope);
    },
    'another inspection event': (own) => (snapshot, event, scope) => {
      const tell = (told: object) => scope.system._sendInspectionEvent({ ...told, since: 0 });
      return own(snapshot, event, { ...scope, system: { ...scope.system, _sendInspectionEvent: tell } });
    },
    'none at all': (own) => (snapshot, event, scope) =>
      own(snapshot, event, { ...scope, system: { _sendInspectionEvent() {} } }),
    'a list of snapshot and actions':
      (own) =>
      (...args) => [own(...args), []],
    'something that is done later': (own) => (snapshot, event, scope) => {
      scope.defer(() => {});
      return own(snapshot, event, scope);
    },
    'something of the scope that was not there': (own) => (snapshot, event, scope) => {
      scope.begin();
      return own(snapshot, event, scope);
    },
  };

  /** The library anew, on an XState whose machines take events another way. */
  async function freshly(change: (own: Transition) => Transition): Promise<boolean> {
    vi.resetModules();
    const { StateMachine } = await import('xstate');
    const own = StateMachine.prototype.transition as (this: unknown, ...args: Parameters<Transition>) => any;
    StateMachine.prototype.transition = function (this: unknown, ...args: Parameters<Transition>) {
      return change(own.bind(this))(...args);
    } as any;
    try {
      const { chart } = await import('../src/chart/machine.ts');
      const { quickened } = await import('../src/chart/quick-transition.ts');
      const machine: any = chart.provide({});
      const { transition, provide } = machine;
      expect(quickened(machine)).toBe(machine);
      expect(machine.provide === provide).toBe(machine.transition === transition);
      return machine.transition !== transition;
    } finally {
      StateMachine.prototype.transition = own as any;
      vi.resetModules();
    }
  }

  test.each(Object.keys(later))('%s', async (what) => {
    expect(await freshly(later[what]!)).toBe(false);
  });

  test('and this one is as it was when this was written', async () => {
    expect(await freshly((own) => own)).toBe(true);
  });
});
