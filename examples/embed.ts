// An app's own machine invokes a loop as it would invoke any other.
import { Loop, outcomeOf } from 'loopchart';
import { assign, createActor, setup, waitFor } from 'xstate';

class Import extends Loop<number, [rows: string[]]> {
  override state = { row: 0, imported: 0 };
  #rows = 0;

  get done(): boolean {
    return this.state.row >= this.#rows;
  }

  reset(rows: string[]): void {
    this.#rows = rows.length;
    this.state = { row: 0, imported: 0 };
  }

  async advance(rows: string[]): Promise<void> {
    const row = rows[this.state.row++]!;
    if (row === '') throw this.end('an empty row ends the file');
    this.state.imported++;
  }

  override onRunEnd(): number {
    return this.state.imported;
  }
}

const importRows = new Import();

const app = setup({
  types: { context: {} as { rows: string[]; imported: number; why?: unknown } },
  actors: { importRows: importRows.machine },
}).createMachine({
  context: { rows: ['ada', 'grace', '', 'alan'], imported: 0 },
  initial: 'idle',
  states: {
    idle: { on: { upload: 'importing' } },
    importing: {
      invoke: {
        src: 'importRows',
        input: ({ context }) => [context.rows],
        onDone: {
          target: 'ready',
          actions: assign({ imported: ({ event }) => event.output, why: ({ event }) => outcomeOf(event).reason }),
        },
        onError: 'broken',
      },
    },
    ready: {},
    broken: {},
  },
});

const actor = createActor(app).start();
actor.subscribe(({ value, context }) => console.log(value, context.imported, context.why ?? ''));
actor.send({ type: 'upload' });
await waitFor(actor, ({ value }) => value !== 'importing');
