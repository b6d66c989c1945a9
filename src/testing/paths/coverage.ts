import type { Targets } from './choose.ts';

/** How many of something the paths cover. */
export interface Covered {
  readonly covered: number;
  readonly of: number;
  /** Those that no path covers. */
  readonly missing: readonly string[];
}

/** What the paths cover of all that a run can do. */
export interface Coverage {
  readonly states: Covered;
  /** A transition is what happens in a state, and where it leads: `paused: resume > advancing`. */
  readonly transitions: Covered;
  /** Two transitions, one right behind the other. */
  readonly pairs: Covered;
  /** `10 of 10 states, 61 of 61 transitions, 300 of 412 pairs of transitions` */
  toString(): string;
}

export function coverageOf(all: Targets, parts: readonly Targets[]): Coverage {
  const of = (kind: keyof Targets): Covered => {
    const covered = new Set(parts.flatMap((part) => [...part[kind]]));
    const missing = [...all[kind]].filter((one) => !covered.has(one));
    return { covered: all[kind].size - missing.length, of: all[kind].size, missing };
  };
  const [states, transitions, pairs] = [of('states'), of('transitions'), of('pairs')];
  const text = ({ covered, of }: Covered) => `${covered} of ${of}`;
  return {
    states,
    transitions,
    pairs,
    toString: () => `${text(states)} states, ${text(transitions)} transitions, ${text(pairs)} pairs of transitions`,
  };
}
