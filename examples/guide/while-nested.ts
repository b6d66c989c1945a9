// Two loops, one in the other: for each reader, each of their mails. Both survive an interruption.
import { Loop, memoryStore } from 'loopchart';

class Mails extends Loop<number, [reader: string]> {
  override state = { sent: 0 };

  get done(): boolean {
    return this.state.sent >= 2;
  }

  reset(): void {
    this.state.sent = 0;
  }

  async advance(reader: string): Promise<void> {
    await this.once('send', () => console.log(`mail ${this.state.sent + 1} to ${reader}`));
    this.state.sent++;
  }

  override onRunEnd(): number {
    return this.state.sent;
  }
}

class Newsletter extends Loop<string> {
  override state = { next: 0, sent: 0 };
  mails = new Mails();

  get done(): boolean {
    return this.state.next >= 2;
  }

  reset(): void {
    this.state = { next: 0, sent: 0 };
  }

  async advance(): Promise<void> {
    this.state.sent += await this.mails.run(['ada', 'grace'][this.state.next]!);
    this.state.next++;
  }

  override onRunEnd(): string {
    return `${this.state.sent} sent`;
  }
}

const store = memoryStore();
const first = new Newsletter().start({ store, id: 'newsletter', paused: true });
await first.step(3);
await first.suspend('Ctrl-C');
console.log('-- interrupted, and started again');
console.log(await new Newsletter().start({ store, id: 'newsletter', from: await store.load('newsletter') }).output);
