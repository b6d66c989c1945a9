// The newsletter again: Ctrl-C stops it, and it goes on with the next reader when it is started again.
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop } from 'loopchart';
import { fileStore, resumable } from 'loopchart/node';

const readers = ['ada', 'grace', 'alan', 'edsger'];

async function send(reader: string): Promise<void> {
  await sleep(500);
  console.log('sent to', reader);
}

class Newsletter extends Loop<string> {
  override state = { next: 0 };

  get done(): boolean {
    return this.state.next >= readers.length;
  }

  reset(): void {
    this.state.next = 0;
  }

  async advance(): Promise<void> {
    await send(readers[this.state.next]!);
    this.state.next++;
  }

  override onRunEnd(): string {
    return `${this.state.next} sent`;
  }
}

const { outcome } = await resumable(new Newsletter(), {
  id: 'newsletter',
  store: fileStore('.runs'),
  every: 'step', // save after each step
  durability: 'sync', // and wait until that is on the disk
});
const { output, exitCode } = await outcome;
if (output !== undefined) console.log(output);
process.exitCode = exitCode;
