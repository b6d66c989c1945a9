// `throw this.end()` ends the loop that it names, from any depth, like a labelled break.
import { Loop } from 'loopchart';

class Row extends Loop<void, [y: number]> {
  override state = { x: 0 };
  readonly #search: Search;

  constructor(search: Search) {
    super();
    this.#search = search;
  }

  get done(): boolean {
    return this.state.x >= 3;
  }

  reset(): void {
    this.state.x = 0;
  }

  advance(y: number): void {
    this.state.x++;
    console.log(`look at ${this.state.x},${y}`);
    if (this.state.x === 2 && y === 1) throw this.end('a wall');
    if (this.state.x === 1 && y === 2) throw this.#search.end('found it');
  }

  override onRunEnd(y: number): void {
    console.log(`row ${y} is over`);
  }
}

class Search extends Loop<string> {
  override state = { y: 0 };
  row = new Row(this);

  get done(): boolean {
    return this.state.y >= 9;
  }

  reset(): void {
    this.state.y = 0;
  }

  async advance(): Promise<void> {
    await this.row.run(++this.state.y);
  }

  override onRunEnd(): string {
    return `stopped in row ${this.state.y}`;
  }
}

const { status, output, reason } = await new Search().start().outcome;
console.log({ status, output, reason });
