// The same newsletter, sent by a loop.
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop } from 'loopchart';

const readers = ['ada', 'grace', 'alan', 'edsger'];

async function send(reader: string): Promise<void> {
  await sleep(20);
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

console.log(await new Newsletter().run());
