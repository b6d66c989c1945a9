// Stop in the middle of a child's run, go on in new instances, and lose nothing.
import { type Checkpoint, Loop, memoryStore } from 'loopchart';

class Pages extends Loop<string[], [site: string]> {
  override state = { read: [] as string[] };

  get done(): boolean {
    return this.state.read.length >= 3;
  }

  reset(): void {
    this.state.read = [];
  }

  async advance(site: string): Promise<void> {
    const page = `${site}/${this.state.read.length + 1}`;
    console.log('  read', page);
    this.state.read.push(page);
    if (page === 'b.example/2') void run.suspend('the laptop is closed');
  }

  override onRunEnd(): string[] {
    return this.state.read;
  }
}

class Sites extends Loop<string> {
  override state = { found: 0, next: 0 };
  pages = new Pages();

  get done(): boolean {
    return this.state.next >= 2;
  }

  reset(): void {
    this.state = { found: 0, next: 0 };
  }

  async advance(): Promise<void> {
    const site = ['a.example', 'b.example'][this.state.next]!;
    const key = await this.once('log in', () => console.log('  log in to', site) ?? `key of ${site}`);
    this.state.found += (await this.pages.run(site)).length;
    this.state.next++;
    console.log('  done with', site, 'using the', key);
  }

  override onRunEnd(): string {
    return `${this.state.found} pages`;
  }
}

const store = memoryStore();
let run = new Sites().start({ store, id: 'import' });
console.log('first process:', (await run.outcome).status);

// As another process would: the checkpoint goes through JSON, the loops are new.
const from = JSON.parse(JSON.stringify(await store.load('import'))) as Checkpoint;
run = new Sites().start({ from, store });
console.log('second process:', await run.output);
