import { Loop } from 'loopchart';
import { type CutError, everyCut } from 'loopchart/testing';

/** Counts the names in some rows, each once. */
class Names extends Loop<number, [rows: string[]]> {
  override state = { row: 0, names: 0 };
  private seen = new Set<string>();

  get done(): boolean {
    return this.state.row >= 5;
  }

  reset(): void {
    this.state = { row: 0, names: 0 };
  }

  advance(rows: string[]): void {
    const name = rows[this.state.row++]!;
    if (!this.seen.has(name)) this.state.names++;
    this.seen.add(name);
  }

  override onRunEnd(): number {
    return this.state.names;
  }
}

const rows = ['Ada', 'Alan', 'Ada', 'Grace', 'Alan'];
await everyCut(() => new Names(), { args: [rows] }).catch((error: CutError) => console.log(error.message));

/** The same, with what it has seen in its state. */
class Exact extends Names {
  override state = { row: 0, names: 0, seen: [] as string[] };

  override reset(): void {
    this.state = { row: 0, names: 0, seen: [] };
  }

  override advance(rows: string[]): void {
    const name = rows[this.state.row++]!;
    if (!this.state.seen.includes(name)) this.state.names = this.state.seen.push(name);
  }
}

console.log();
console.log(String(await everyCut(() => new Exact(), { args: [rows] })));
