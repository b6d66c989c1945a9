/** So many steps are taken at most between two looks at the clock. */
const most = 8192;

/**
 * How many steps are taken between two looks at the clock: as many as take about half a millisecond, for a look costs as
 * much as some steps, and steps may be of any length. At first, one.
 */
export class Stride {
  size = 1;

  /** @param ms how long the steps of the last stride took */
  took(ms: number): void {
    if (ms < 0.25) this.size = Math.min(this.size * 2, most);
    else if (ms > 0.5) this.size = Math.max(1, this.size >> 1);
  }
}
