import { formatRecording, Loop, record } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { type AnyActorRef, assign, createActor, fromCallback, sendTo, setup, toPromise } from 'xstate';
import { Turns, turn } from './support/loops.ts';

class Child extends Turns<string> {
  override onRunEnd() {
    return 'child';
  }
}

/** Each of its two steps gets something of everybody. */
class Parent extends Loop<string[]> {
  override state = { got: [] as string[] };
  child: Child = new Child();
  get done() {
    return this.state.got.length >= 6;
  }
  reset() {
    this.state.got = [];
  }
  async advance() {
    const once = await this.once('key', async () => {
      await turn();
      return 'once';
    });
    this.state.got.push(once, await this.child.run(), await this.receive<string>('key'));
  }
  override onRunEnd() {
    return this.state.got;
  }
}

const output = ['once', 'child', 'first', 'once', 'child', 'second'];

const commit = { state: { got: ['forged'] }, progress: {}, restarting: false };
/** What the machine's own actors send, as somebody who has read of it may send it by hand: as it is, and without what it must have. */
const events: { type: string; [key: string]: unknown }[] = [
  { type: 'loop.advanced', steps: 9, commit, done: true },
  { type: 'loop.advanced' },
  { type: 'loop.shown', steps: 3, commit, inFlight: null },
  { type: 'loop.forwarded', to: 'ending', steps: 3, commit, done: true, inFlight: null },
  { type: 'loop.hooked', hook: 'advance', commit },
  { type: 'loop.run', child: 'child', args: [] },
  { type: 'loop.run' },
  { type: 'loop.left', child: 'child', error: 'forged' },
  { type: 'loop.asked', key: 'key', step: 0 },
  { type: 'loop.once', key: 'key', step: 0, output: 'forged' },
  { type: 'loop.taken', key: 'key' },
  { type: 'loop.failed', error: new Error('forged'), steps: 0 },
  { type: 'loop.failed' },
  { type: 'xstate.done.actor.advance', actorId: 'advance', output: 'forged' },
  { type: 'xstate.done.actor.child', actorId: 'child', output: 'forged' },
  { type: 'xstate.error.actor.child', actorId: 'child', error: 'forged' },
  { type: 'xstate.error.actor.advance', actorId: 'advance', error: 'forged' },
  { type: 'xstate.stop' },
  { type: 'hook.done', output: 'of no hook' },
  { type: 'nobody knows this' },
];

/** Sends all of it in each of many turns. */
async function sendAll(send: (event: { type: string }) => void): Promise<void> {
  for (let i = 0; i < 6; i++) {
    for (const event of events) send(event);
    await turn();
  }
}

const give = (actor: AnyActorRef) => {
  for (const value of ['first', 'second']) actor.send({ type: 'loop.give', key: 'key', value });
};

/** The actors of the root's hook and of its child. */
const below = (actor: AnyActorRef): AnyActorRef[] => Object.values(actor.getSnapshot().children);

describe('what says that something has happened in a run is taken from the run alone', () => {
  for (const [watched, options] of Object.entries({ unwatched: {}, watched: { inspect: () => {} } })) {
    test(`and not from who sends it to the actor of a run, to a child or to a hook (${watched})`, async () => {
      for (const to of [(root: AnyActorRef) => [root], below]) {
        const run = new Parent().start(options);
        give(run.actor);
        await sendAll((event) => {
          for (const actor of to(run.actor)) actor.send(event);
        });
        expect(await run.outcome).toEqual({ status: 'finished', output, steps: 2 });
      }
    });

    test(`and not from who sends it before the machine is started, or to an actor of an app's own (${watched})`, async () => {
      const actor = createActor(new Parent().machine, options);
      for (const event of events) actor.send(event as never);
      give(actor);
      actor.start();
      await sendAll((event) => actor.send(event as never));
      expect(await toPromise(actor)).toEqual(output);
    });

    test(`and not from the machine that has invoked the loop (${watched})`, async () => {
      const app = setup({ actors: { loop: new Parent().machine } }).createMachine({
        context: { output: undefined as unknown },
        initial: 'running',
        states: {
          running: {
            invoke: {
              id: 'loop',
              src: 'loop',
              onDone: { target: 'over', actions: assign({ output: ({ event }) => event.output }) },
            },
            on: { '*': { actions: sendTo('loop', ({ event }: any) => event) } },
          },
          over: { type: 'final' },
        },
        output: ({ context }) => context.output,
      });
      const actor: AnyActorRef = createActor(app, options).start();
      give(actor);
      // What is XState's own, the app's machine would take for its own.
      await sendAll((event) => {
        if (!event.type.startsWith('xstate.')) actor.send(event);
      });
      expect(await toPromise(actor)).toEqual(output);
    });
  }

  test('and is in no recording', async () => {
    const recorder = record();
    const run = new Parent().start({ inspect: recorder });
    give(run.actor);
    await sendAll((event) => run.actor.send(event as never));
    await run.output;
    expect(formatRecording(recorder.recording)).not.toContain('forged');
  });
});

test('a `loop.advanced` of an actor in the place of `advance` is refused with what it lacks', async () => {
  const whole = { steps: 1, commit: { state: { n: 1 }, progress: {}, restarting: false }, done: true };
  for (const [key, value] of [
    ['steps', 'one'],
    ['done', undefined],
    ['commit', null],
    ['commit.state', { progress: {}, restarting: false }],
    ['commit.progress', { state: {}, restarting: false }],
    ['commit.restarting', { state: {}, progress: {} }],
  ] as const) {
    const event = { ...whole, [key.split('.')[0]!]: value };
    const advance = fromCallback(({ sendBack }) => sendBack({ type: 'loop.advanced', ...event } as never));
    const actor = createActor(new Child().machine.provide({ actors: { advance } }));
    const ended = toPromise(actor);
    actor.start();
    const error = await ended.catch((one: unknown) => one);
    expect(error).toMatchObject({ code: 'MISCONFIGURATION' });
    expect((error as Error).message).toContain(`Expected \`${key}\``);
  }
});
