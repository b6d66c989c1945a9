import { Loop } from 'loopchart';
import { assign, fromCallback, fromPromise, fromTransition, setup } from 'xstate';

/** Counts to its argument. */
export class Steps extends Loop<number, [to: number]> {
  override state = { n: 0 };
  #to = 0;

  get done(): boolean {
    return this.state.n >= this.#to;
  }

  reset(to: number): void {
    this.#to = to;
    this.state = { n: 0 };
  }

  async advance(): Promise<void> {
    this.state.n++;
  }

  override onRunEnd(): number {
    return this.state.n;
  }
}

/** An app that loads something, runs a loop, and takes orders; an actor of every kind runs beside it. */
export function shop(steps: Steps = new Steps()) {
  return setup({
    types: {
      context: {} as { rows: number; orders: unknown[]; done?: number },
      events: {} as { type: 'open' } | { type: 'order'; item: unknown } | { type: 'crash' } | { type: 'pong' },
    },
    actors: {
      load: fromPromise(async () => 3),
      ping: fromCallback<{ type: 'ping' }>(({ sendBack, receive }) => receive(() => sendBack({ type: 'pong' }))),
      till: fromTransition((sum: number, event: { type: string }) => (event.type === 'ping' ? sum + 1 : sum), 0),
      steps: steps.machine,
    },
    guards: { hasRows: ({ context }) => context.rows > 0 },
    actions: {
      crash: () => {
        throw new TypeError('the shop is on fire');
      },
    },
  }).createMachine({
    id: 'shop',
    context: { rows: 0, orders: [] },
    invoke: [
      { src: 'ping', id: 'ping' },
      { src: 'till', id: 'till' },
    ],
    on: {
      order: { actions: assign({ orders: ({ context, event }) => [...context.orders, event.item] }) },
      crash: { actions: 'crash' },
    },
    initial: 'closed',
    states: {
      closed: { on: { open: 'loading' } },
      loading: {
        invoke: { src: 'load', onDone: { target: 'checking', actions: assign({ rows: ({ event }) => event.output }) } },
      },
      checking: { always: { guard: 'hasRows', target: 'working' } },
      working: {
        initial: 'busy',
        states: { busy: {} },
        invoke: {
          src: 'steps',
          id: 'steps',
          input: ({ context }) => [context.rows],
          onDone: { target: 'ready', actions: assign({ done: ({ event }) => event.output }) },
        },
      },
      ready: {},
    },
  });
}
