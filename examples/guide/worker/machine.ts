// An app's machine invokes a run in a worker.
import { Worker } from 'node:worker_threads';
import { remote } from 'loopchart/worker';
import { assign, createActor, sendTo, setup, waitFor } from 'xstate';
import type { Train } from './train.ts';

const worker = new Worker(new URL('./thread.mjs', import.meta.url));

const app = setup({
  types: { context: {} as { epoch: number; weight?: number }, children: {} as { train: 'train' } },
  actors: { train: remote<Train>(worker).logic },
}).createMachine({
  context: { epoch: 0 },
  initial: 'training',
  states: {
    training: {
      invoke: {
        id: 'train',
        src: 'train',
        input: { args: [0.25], id: 'train', from: 'newest' },
        onSnapshot: {
          actions: assign({ epoch: ({ event }) => event.snapshot.context.progress.loops[0].state?.epoch ?? 0 }),
        },
        onDone: { target: 'ready', actions: assign({ weight: ({ event }) => event.output }) },
        onError: 'broken',
      },
      on: {
        hold: { actions: sendTo('train', { type: 'loop.pause' }) },
        goOn: { actions: sendTo('train', { type: 'loop.resume' }) },
      },
    },
    ready: {},
    broken: {},
  },
});

const actor = createActor(app).start();
actor.send({ type: 'hold' });
actor.send({ type: 'goOn' });
const { value, context } = await waitFor(actor, (snapshot) => !snapshot.matches('training'));
console.log(value, context);
await worker.terminate();
