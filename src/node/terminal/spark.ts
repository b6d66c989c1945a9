const levels = '▁▂▃▄▅▆▇█';
/** How many means are held at most. */
const most = 512;

/**
 * What a number has been since it was first seen, in little room. Each place is the mean of as many values as every
 * other; when all places are taken, two become one.
 */
export class Series {
  #means: number[] = [];
  /** How many values make a mean. */
  #each = 1;
  #sum = 0;
  #count = 0;
  #last = Number.NaN;

  get last(): number {
    return this.#last;
  }

  add(value: number): void {
    this.#last = value;
    // One NaN would make all that it is put together with NaN.
    if (!Number.isFinite(value)) return;
    this.#sum += value;
    if (++this.#count < this.#each) return;
    this.#means.push(this.#sum / this.#count);
    [this.#sum, this.#count] = [0, 0];
    if (this.#means.length < most) return;
    this.#means = inPairs(this.#means);
    this.#each *= 2;
  }

  /** The lowest and the highest mean. */
  get range(): [number, number] | undefined {
    return this.#means.length === 0 ? undefined : [Math.min(...this.#means), Math.max(...this.#means)];
  }

  /** All of it in so many columns, or fewer. */
  drawn(columns: number): string {
    if (columns < 1) return '';
    const means = this.#means.length <= columns ? this.#means : inPlaces(this.#means, columns);
    const [low, high] = [Math.min(...means), Math.max(...means)];
    const level = (mean: number) =>
      high === low ? 3 : Math.round(((mean - low) / (high - low)) * (levels.length - 1));
    return means.map((mean) => levels[level(mean)]).join('');
  }
}

/** The means of so many stretches, which are as long as each other but for one value. */
function inPlaces(values: number[], places: number): number[] {
  return Array.from({ length: places }, (_, i) => {
    const stretch = values.slice(
      Math.floor((i * values.length) / places),
      Math.floor(((i + 1) * values.length) / places),
    );
    return stretch.reduce((sum, value) => sum + value, 0) / stretch.length;
  });
}

function inPairs(values: number[]): number[] {
  const pairs: number[] = [];
  for (let i = 0; i < values.length; i += 2) {
    const next = values[i + 1];
    pairs.push(next === undefined ? values[i]! : (values[i]! + next) / 2);
  }
  return pairs;
}
