// The machine of the app. It invokes the loop, which trains in the worker.
import { LoopError } from 'loopchart';
import { type RemoteSnapshot, remote } from 'loopchart/worker';
import { assign, sendTo, setup } from 'xstate';
import type { Result, Train } from './training/loops.ts';

// Vite makes a file of its own of the worker.
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

type Progress = RemoteSnapshot<Train>['context']['progress'];

interface Context {
  /** Where the training stands, as far as the worker has told. */
  progress: Progress | undefined;
  result: Result | undefined;
  error: string;
  /** Begin anew, whatever was saved. */
  anew: boolean;
}

type Event = { type: 'start' } | { type: 'pause' } | { type: 'step' } | { type: 'stop' } | { type: 'again' };

export const app = setup({
  types: { context: {} as Context, events: {} as Event, children: {} as { train: 'train' } },
  actors: { train: remote<Train>(worker).logic },
  // The inspector may pause it as well, so the loop says whether it is: the innermost one that runs.
  guards: {
    isPaused: ({ context }) => context.progress?.loops.at(-1)?.value === 'paused',
    isRunning: ({ context: { progress } }) =>
      progress !== undefined && !['entering', 'paused'].includes(progress.loops.at(-1)?.value ?? 'entering'),
  },
}).createMachine({
  context: { progress: undefined, result: undefined, error: '', anew: false },
  initial: 'training',
  states: {
    training: {
      invoke: {
        id: 'train',
        src: 'train',
        // A page that is loaded again shows where the training was, and goes on from there.
        input: ({ context }) => ({
          args: [7],
          id: 'spirals',
          from: context.anew ? undefined : 'newest',
          paused: !context.anew,
          every: 'step',
          durability: 'sync',
          inspect: true,
        }),
        onSnapshot: { actions: assign({ progress: ({ event }) => event.snapshot.context.progress }) },
        onDone: { target: 'over', actions: assign({ result: ({ event }) => event.output }) },
        onError: [
          {
            guard: ({ event }) => event.error instanceof LoopError && event.error.code === 'STORE_BUSY',
            target: 'elsewhere',
          },
          { target: 'failed', actions: assign({ error: ({ event }) => String(event.error) }) },
        ],
      },
      on: {
        start: { guard: 'isPaused', actions: sendTo('train', { type: 'loop.resume' }) },
        pause: { guard: 'isRunning', actions: sendTo('train', { type: 'loop.pause' }) },
        step: { guard: 'isPaused', actions: sendTo('train', { type: 'loop.step' }) },
        stop: { actions: sendTo('train', { type: 'loop.stop', reason: 'enough' }) },
      },
    },
    /** Another tab has the run: when that is closed, it can be gone on with here. */
    elsewhere: { after: { 1000: 'training' } },
    over: {
      on: { again: { target: 'training', actions: assign({ anew: true, result: undefined, progress: undefined }) } },
    },
    failed: { on: { again: { target: 'training', actions: assign({ anew: false }) } } },
  },
});
