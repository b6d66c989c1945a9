import { Loop } from 'loopchart';
import { Inspection } from '../../src/inspect/inspection.ts';
import { serveInspection } from '../../src/node/inspector.ts';

// A run that is inspected and goes on until its parent has gone. It tells how far it is when it is asked.
class Steps extends Loop {
  override state = { n: 0, text: 'x'.repeat(2000) };
  get done() {
    return false;
  }
  reset() {}
  async advance() {
    this.state.n++;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const [, , page] = process.argv;
const inspector = await serveInspection(new Inspection(), { tell: () => {} }, page!);
const run = new Steps().start({ inspect: inspector });
process.on('message', () => process.send!({ steps: run.progress.steps, pages: inspector.pages }));
process.on('disconnect', () => process.exit());
process.send!({ port: inspector.port, token: inspector.token });
