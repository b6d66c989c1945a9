/** A rate is that of so many milliseconds, or of the last few steps where these took longer. */
const spanMs = 5000;
const fewest = 3;

/** How fast a loop takes its steps, from looks at how many it has taken. */
export class Rate {
  /** When the count was seen to have changed; the first is when it was seen at all. */
  #seen: { time: number; count: number }[] = [];
  #steps = 0;

  /** @param time milliseconds, by a clock that is never set */
  look(time: number, steps: number): void {
    const last = this.#seen.at(-1);
    // Fewer than before: the loop was run anew.
    const more = steps >= this.#steps ? steps - this.#steps : steps;
    this.#steps = steps;
    if (last === undefined) this.#seen.push({ time, count: 0 });
    else if (more > 0) this.#seen.push({ time, count: last.count + more });
    while (this.#seen.length > fewest && this.#seen[1]!.time < time - spanMs) this.#seen.shift();
  }

  /** Steps a second; `undefined` before there was one. */
  at(time: number): number | undefined {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (first === undefined || last === undefined || last.count === first.count) return undefined;
    const steps = last.count - first.count;
    const took = last.time - first.time;
    // A step that takes much longer than those before makes it slower from then on.
    const isLate = time - last.time > (2 * took) / steps;
    return (steps * 1000) / Math.max(1, isLate ? time - first.time : took);
  }

  /** Seconds that so many more steps will take. */
  left(time: number, steps: number): number | undefined {
    const rate = this.at(time);
    if (rate === undefined) return undefined;
    const underWay = Math.min((time - this.#seen.at(-1)!.time) / 1000, 1 / rate);
    return Math.max(0, steps / rate - (steps > 0 ? underWay : 0));
  }
}
