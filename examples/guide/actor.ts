// What an XState user does with a loop: it is a machine, and its run is an actor.
import { Loop } from 'loopchart';
import { createActor, toPromise, waitFor } from 'xstate';

class Count extends Loop<string, [to: number]> {
  override state = { n: 0, to: 0 };

  get done(): boolean {
    return this.state.n >= this.state.to;
  }

  reset(to: number): void {
    this.state = { n: 0, to };
  }

  async advance(): Promise<void> {
    this.state.n++;
  }

  override onRunEnd(): string {
    return `counted to ${this.state.n}`;
  }
}

const actor = createActor(new Count().machine, { input: [5] });
actor.start();
actor.send({ type: 'loop.pause' });
await waitFor(actor, (snapshot) => snapshot.matches('paused'));
actor.send({ type: 'loop.step', n: 2 });
const { context } = await waitFor(actor, (snapshot) => snapshot.matches('paused') && snapshot.context.steps >= 2);
console.log(context.state);

// Persisted and restored, as any actor, in a new instance.
const persisted = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
actor.stop();
const restored = createActor(new Count().machine, { input: [5], snapshot: persisted });
restored.start();
restored.send({ type: 'loop.resume' });
console.log(await toPromise(restored));
