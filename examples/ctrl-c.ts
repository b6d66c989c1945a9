// Press Ctrl-C in the middle and start it again: it goes on from there.
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop } from 'loopchart';
import { fileStore, resumable, terminal } from 'loopchart/node';

class Import extends Loop<string> {
  override state = { total: 6, rows: 0 };

  get done(): boolean {
    return this.state.rows >= this.state.total;
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

const { run, outcome } = await resumable(new Import(), { id: 'import', store: fileStore('.runs') });
terminal(run);
const { output, exitCode } = await outcome;
if (output !== undefined) console.log(output);
process.exitCode = exitCode;
