// Press Ctrl-C in the middle and start it again: it goes on from there.
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop } from 'loopchart';
import { fileStore } from 'loopchart/node';

class Import extends Loop<string> {
  override state = { rows: 0 };

  get done(): boolean {
    return this.state.rows >= 6;
  }

  reset(): void {
    this.state.rows = 0;
  }

  async advance(): Promise<void> {
    await sleep(500);
    this.state.rows++;
    console.log('row', this.state.rows);
  }

  override onRunEnd(): string {
    return `${this.state.rows} rows`;
  }
}

const store = fileStore('.runs');
const from = await store.load('import'); // undefined at the first start
const run = new Import().start({ id: 'import', store, from });

// A second Ctrl-C changes nothing. A run that cannot be saved ends with the error.
process.on('SIGINT', () => run.suspend('Ctrl-C').catch((error) => run.abort(error)));

const { status, output, error } = await run.outcome;
if (status === 'failed' || status === 'aborted') throw error;
console.log(status, output ?? '');
