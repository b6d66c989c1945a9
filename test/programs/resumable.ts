// A program whose run signals suspend: `resumable.ts DIRECTORY [what else]`. It prints what happens, a line each.
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop } from 'loopchart';
import { fileStore, resumable } from 'loopchart/node';

const [directory, ...what] = process.argv.slice(2) as [string, ...string[]];

class Rows extends Loop<string, [name: string]> {
  override state = { n: 0 };

  get done() {
    return this.state.n >= 6;
  }

  reset() {}

  async advance(name: string) {
    if (what.includes('hangs') && this.state.n === 2) {
      console.log('hangs');
      await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
    }
    await sleep(40);
    this.state.n++;
    console.log(`${name} ${this.state.n}`);
    if (what.includes('fails') && this.state.n === 3) throw new TypeError('the line is down');
  }

  override onRunEnd(name: string) {
    return `${name}: ${this.state.n} rows`;
  }
}

if (what.includes('listens')) process.on('SIGINT', () => console.log('mine as well'));
const store = fileStore(directory);
const programs = await Promise.all(
  (what.includes('two') ? ['a', 'b'] : ['a']).map((id) =>
    resumable(new Rows(), { id, store, every: 'step', args: [id] }),
  ),
);
for (const { outcome } of programs) {
  const { status, output, exitCode } = await outcome;
  console.log(status, output ?? '', exitCode);
  process.exitCode = exitCode;
}
console.log('listeners', process.listenerCount('SIGINT'), process.listenerCount('SIGTERM'));
if (what.includes('listens') && what.includes('hangs')) process.exit();
