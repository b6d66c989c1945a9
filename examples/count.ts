// A small loop, and the states that it goes through.
import { Loop } from 'loopchart';
import { createActor } from 'xstate';

class Count extends Loop<string> {
  override state = { n: 0 };

  get done(): boolean {
    return this.state.n >= 3;
  }

  reset(): void {
    this.state.n = 0;
  }

  advance(): void {
    this.state.n++;
  }

  override onRunEnd(): string {
    return `counted to ${this.state.n}`;
  }
}

console.log(await new Count().run());

// A loop is a machine: this is what an XState user does with it.
const actor = createActor(new Count().machine);
actor.subscribe({
  next: ({ value, context, output }) => console.log(value, context.state, output ?? ''),
  complete: () => console.log('the actor is done'),
});
actor.start();
