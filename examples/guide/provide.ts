// Other actors in the place of hooks: a test of an app need not wait for the real ones.
import { Loop } from 'loopchart';
import { createActor, fromCallback, fromPromise, toPromise } from 'xstate';

class Upload extends Loop<string> {
  override state = { sent: 0 };

  get done(): boolean {
    return this.state.sent >= 3;
  }

  reset(): void {
    this.state.sent = 0;
  }

  async advance(): Promise<void> {
    await fetch('https://files.example/part', { method: 'POST' });
    this.state.sent++;
  }

  override onRunEnd(): string {
    return 'all is there';
  }
}

// All of the steps at once, and none of them counted.
const quick = new Upload().machine.provide({ actors: { advance: fromPromise(async () => {}) } });
console.log(await toPromise(createActor(quick).start()));

// Steps one by one, each with the state that it leaves behind.
const steps = fromCallback(({ sendBack }) => {
  for (const sent of [1, 2, 3]) {
    const commit = { state: { sent }, progress: {}, restarting: false };
    sendBack({ type: 'loop.advanced', steps: 1, commit, done: sent === 3 } as never);
  }
});
const actor = createActor(new Upload().machine.provide({ actors: { advance: steps } }));
actor.subscribe(({ value, context }) => console.log(value, context.steps, context.state?.sent ?? ''));
actor.start();
await toPromise(actor);
