import { Loop } from 'loopchart';

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
