// A step that waits for a person, and is suspended meanwhile: the answer comes to another process, a day later.
import { Loop, memoryStore } from 'loopchart';

class Expenses extends Loop<string> {
  override state = { bills: [80, 4200, 35], next: 0, paid: 0 };

  get done(): boolean {
    return this.state.next >= this.state.bills.length;
  }

  reset(): void {
    this.state.next = 0;
    this.state.paid = 0;
  }

  async advance(): Promise<void> {
    const bill = this.state.bills[this.state.next]!;
    if (bill < 1000 || (await this.isApproved(this.state.next))) this.state.paid += bill;
    this.state.next++;
  }

  async isApproved(bill: number): Promise<boolean> {
    const answer = this.receive<boolean>(`approve bill ${bill}`);
    // Whichever comes first. Nobody has said yes in three days: no.
    return Promise.race([answer, this.sleep('three days', 3 * 24 * 3600_000).then(() => false)]);
  }

  override onRunEnd(): string {
    return `paid ${this.state.paid}`;
  }
}

const store = memoryStore(); // in a program: files, or a database
const every = { id: 'expenses', store, durability: 'sync' } as const;

const run = new Expenses().start(every);
while (run.waitingFor.every((loop) => !loop.includes('receive')))
  await new Promise((resolve) => setTimeout(resolve, 10));
console.log('waits for', run.waitingFor.join());
await run.suspend('no process has to run until then');

/** What a web server calls when somebody has clicked the link in a mail. */
async function webhook(bill: number, yes: boolean): Promise<string> {
  const from = await store.load('expenses');
  const again = new Expenses().start({ ...every, from });
  await again.give(`approve bill ${bill}`, yes); // it is saved when this is over
  console.log('acknowledged');
  return again.output;
}
console.log(await webhook(1, true));
