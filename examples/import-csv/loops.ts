import { Loop } from 'loopchart';
import { readRows } from './csv.ts';
import type { Database } from './database.ts';

const rowsInChunk = 100;

/** file > chunk > row: each loop counts, and runs the one below for what it has counted to. */
export class Import extends Loop<number, [files: string[]]> {
  override state = { total: 0, file: 0, rows: 0 };
  readonly chunks: Chunks;

  constructor(db: Database) {
    super();
    this.chunks = new Chunks(db);
  }

  get done(): boolean {
    return this.state.file >= this.state.total;
  }

  reset(files: string[]): void {
    this.state = { total: files.length, file: 0, rows: 0 };
  }

  async advance(files: string[]): Promise<void> {
    this.state.rows += await this.chunks.run(files[this.state.file]!);
    this.state.file++;
  }

  override onRunEnd(): number {
    return this.state.rows;
  }
}

class Chunks extends Loop<number, [file: string]> {
  override state = { total: 0, chunk: 0 };
  readonly rows: Rows;
  /** What is in the file, which is read again where the program is started in the middle of it. */
  #read: { file: string; rows: string[][] } | undefined;

  constructor(db: Database) {
    super();
    this.rows = new Rows(db);
  }

  get done(): boolean {
    return this.state.chunk >= this.state.total;
  }

  reset(file: string): void {
    this.state = { total: Math.ceil(this.#rowsOf(file).length / rowsInChunk), chunk: 0 };
  }

  async advance(file: string): Promise<void> {
    const from = this.state.chunk * rowsInChunk;
    await this.rows.run(this.#rowsOf(file).slice(from, from + rowsInChunk));
    this.state.chunk++;
  }

  override onRunEnd(file: string): number {
    return this.#rowsOf(file).length;
  }

  #rowsOf(file: string): string[][] {
    if (this.#read?.file !== file) this.#read = { file, rows: readRows(file) };
    return this.#read.rows;
  }
}

class Rows extends Loop<void, [rows: string[][]]> {
  override state = { total: 0, row: 0 };
  readonly #db: Database;

  constructor(db: Database) {
    super();
    this.#db = db;
  }

  get done(): boolean {
    return this.state.row >= this.state.total;
  }

  reset(rows: string[][]): void {
    this.state = { total: rows.length, row: 0 };
  }

  /** Neither begins nor commits anything: the store does, with the checkpoint. */
  advance(rows: string[][]): void {
    const [date, precipitation, max, min, wind, weather] = rows[this.state.row]!;
    const insert = this.#db.prepare('INSERT INTO weather VALUES (?, ?, ?, ?, ?, ?)');
    insert.run(date, Number(precipitation), Number(max), Number(min), Number(wind), weather);
    this.state.row++;
  }
}
