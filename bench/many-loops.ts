import { Loop } from 'loopchart';

/** So many loops lie on each level: 200 in all, in 6. */
const LEVELS = [1, 3, 9, 27, 60, 100];

/** A loop with others in it, each of another name. One with none takes steps itself. */
export class Part extends Loop {
  override state = { total: 0, n: 0, loss: 2.3 };
  readonly #pass: () => void | Promise<void>;
  readonly #parts: Part[] = [];
  #endless = false;

  constructor(pass: () => void | Promise<void>) {
    super();
    this.#pass = pass;
  }

  get done(): boolean {
    return !this.#endless && this.state.n >= this.state.total;
  }

  reset(): void {
    this.state.n = 0;
    // What does not end has no total.
    this.state.total = this.#endless ? Number.NaN : this.#parts.length || 400;
  }

  advance(): void | Promise<void> {
    const { state } = this;
    const part = this.#parts[state.n % Math.max(1, this.#parts.length)];
    state.n++;
    state.loss = 2.3 * Math.exp(-state.n / 400) + Math.sin(state.n) * 0.05;
    return part ? part.run().then(() => {}) : this.#pass();
  }

  /** The outermost of 200 loops, which does not end. */
  static tree(pass: () => void | Promise<void>): Part {
    const root = new Part(pass);
    root.#endless = true;
    let above = [root];
    for (const [level, count] of LEVELS.entries()) {
      if (!level) continue;
      const own = Array.from({ length: count }, (_, at) => {
        const part = new Part(pass);
        const around = above[at % above.length]!;
        around.#parts.push(part);
        Object.assign(around, { [`part${level}x${at}`]: part });
        return part;
      });
      above = own;
    }
    return root;
  }
}
