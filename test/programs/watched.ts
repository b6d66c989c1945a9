import { Loop } from 'loopchart';
import { recordTo } from 'loopchart/node';
import { Inspection } from '../../src/inspect/inspection.ts';
import { serveInspection } from '../../src/node/inspector.ts';

// A run that is recorded and served; nothing is closed, and nothing else keeps the process.
class Count extends Loop {
  override state = { n: 0 };
  get done() {
    return this.state.n >= 5;
  }
  reset() {}
  advance() {
    this.state.n++;
  }
}

const [, , file, page, how] = process.argv;
const inspector = await serveInspection(new Inspection(), {}, page!);
await new Count().start({ inspect: [inspector, recordTo(file!)], paused: how === 'paused' }).output;
