import { Loop } from 'loopchart';
import { Inspection } from '../../src/inspect/inspection.ts';
import { serveInspection } from '../../src/node/inspector.ts';

// An inspector that fails to tell where it is, and a run that is inspected.
class Count extends Loop<number> {
  override state = { n: 0 };
  get done() {
    return this.state.n >= 3;
  }
  reset() {}
  async advance() {
    this.state.n++;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  override onRunEnd() {
    return this.state.n;
  }
}

const tell = () => {
  throw new Error('no');
};
const inspector = await serveInspection(new Inspection(), { tell }, process.argv[2]!);
process.stdout.write(`${await new Count().start({ inspect: inspector }).output}\n`);
