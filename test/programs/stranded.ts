// A hook that asks something of its own run, and awaits it or not. What is said when the program has nothing left to do.
import { Loop, type LoopRun } from 'loopchart';
import { turn } from '../support/loops.ts';

const [call, hook, awaits] = process.argv.slice(2) as [
  'pause' | 'step' | 'stop' | 'suspend' | 'checkpoint',
  string,
  string,
];
process.on('warning', (warning) => console.log(JSON.stringify(warning.message)));

class Own extends Loop {
  override state = { n: 0 };

  get done() {
    return this.state.n >= 2;
  }

  reset() {
    this.state.n = 0;
  }

  async #calls(at: string): Promise<void> {
    if (at !== hook || this.state.n !== 1) return;
    if (awaits === 'await') await run[call]();
    else void run[call]();
  }

  async advance() {
    await turn();
    this.state.n++;
    await this.#calls('advance');
    if (hook === 'once') await this.once('call', () => this.#calls('once'));
  }

  override async onAdvanceEnd() {
    await this.#calls('onAdvanceEnd');
  }
}

const run: LoopRun<unknown> = new Own().start({ id: 'a' });
void run.outcome.then(({ status }) => console.log(JSON.stringify(status)));
