// Shows a run, and nothing else: `terminal.ts ends`, `fails`, `paused`.
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop } from 'loopchart';
import { terminal } from 'loopchart/node';

const [what] = process.argv.slice(2);

class Steps extends Loop {
  override state = { total: 20, n: 0 };

  get done() {
    return this.state.n >= 20;
  }

  reset() {}

  async advance() {
    await sleep(20);
    this.state.n++;
    if (what === 'fails' && this.state.n === 10) throw new TypeError('the line is down');
    if (this.state.n % 5 === 0) console.log('step', this.state.n);
  }
}

terminal(new Steps().start({ paused: what === 'paused' }), { every: 50 });
