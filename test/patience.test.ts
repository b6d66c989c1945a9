import { describe, expect, test } from 'vitest';
import { Patience } from '../src/actors/patience.ts';

/** Loops that stand in vain until `over` says so, each time taking a step of so many milliseconds in between. */
function inVain(patience: Patience, step: number, harmless: boolean, over: (now: number) => boolean) {
  let now = 0;
  let [tries, stood] = [0, 0];
  patience.begin(now);
  for (;;) {
    let one = patience.next(now);
    now += one;
    for (let more = patience.more(now, one, step, harmless); more > 0; ) {
      one += more;
      now += more;
      more = patience.more(now, one, step, harmless);
    }
    tries++;
    stood += one;
    if (over(now)) return { now, tries, stood };
    patience.failed(one, harmless);
    now += step;
  }
}

describe('loops that stand in vain', () => {
  test('beside a step that may be run again: for four tries, or a second', () => {
    const quick = new Patience();
    expect(inVain(quick, 2, true, (now) => quick.isEnough(now))).toEqual({ now: 306, tries: 4, stood: 300 });
    const slow = new Patience();
    expect(inVain(slow, 30_000, true, (now) => slow.isEnough(now))).toEqual({ now: 1000, tries: 1, stood: 1000 });
  });

  test('beside one that must be waited for: as long as their own last steps, or for half of the time', () => {
    for (const step of [1, 10, 100, 1000]) {
      const patience = new Patience();
      const { now, stood } = inVain(patience, step, false, (time) => time > 200 * step + 2000);
      expect(stood / now).toBeLessThan(0.65);
      expect(stood / now).toBeGreaterThan(0.4);
    }
  });

  test('for a suspend: for five seconds', () => {
    const patience = new Patience();
    patience.suspends = true;
    const { now } = inVain(patience, 2, true, (time) => patience.isEnough(time));
    expect(now).toBeGreaterThanOrEqual(5000);
    expect(now).toBeLessThan(10_000);
  });
});

describe('what one checkpoint needed is learned for the next', () => {
  test('where all came quickly once the others had gone on, the first try is as short', () => {
    const patience = new Patience();
    patience.begin(0);
    expect(patience.next(0)).toBe(20);
    patience.failed(20, true);
    patience.succeeded(3);
    patience.begin(100);
    expect(patience.next(100)).toBe(6);
  });

  test('where they came late, it is longer, and no longer than 160 ms', () => {
    const patience = new Patience();
    for (const [needed, next] of [
      [50, 100],
      [90, 100],
      [400, 160],
    ] as const) {
      patience.begin(0);
      patience.succeeded(needed);
      expect(patience.next(0)).toBe(next);
    }
  });

  test('where it was given up again and again, nearly no time is lost any more', () => {
    const patience = new Patience();
    const times = Array.from({ length: 6 }, () => {
      const { stood } = inVain(patience, 3000, true, (now) => patience.isEnough(now));
      patience.gaveUp();
      return stood;
    });
    expect(times).toEqual([1000, 1000, 1000, 2.5, 2, 2]);
  });
});

test('that a checkpoint has been wanted for a minute is said once, and once more of the next', () => {
  const patience = new Patience();
  for (let round = 0; round < 2; round++) {
    patience.begin(0);
    expect([59_999, 60_000, 70_000].map((now) => patience.isTooLong(now))).toEqual([false, true, false]);
  }
});
