import type { Phase } from '../run/actor.ts';

const SHAPES: Record<Phase, string> = {
  running: 'M4 2.5v7l6-3.5z',
  paused: 'M3 2.5h2.2v7H3zM6.8 2.5H9v7H6.8z',
  done: 'M2 6.2 4.8 9 10 3.2l-1-.9L4.7 7 3 5.3z',
  skipped: 'M2 2.5v7L6 6v3.5L10.500 6 6 2.5V6z',
  // A flag: somebody said that it is enough.
  ended: 'M3 1.5h1v.8h5.5L8 4.8l1.5 2.5H4v3.7H3z',
  failed: 'M3 2 2 3l3 3-3 3 1 1 3-3 3 3 1-1-3-3 3-3-1-1-3 3z',
  aborted: 'M3 2 2 3l3 3-3 3 1 1 3-3 3 3 1-1-3-3 3-3-1-1-3 3z',
  stopped: 'M3 3h6v6H3z',
  // A ring: open, as the question is.
  unknown: 'M6 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8zm0 1.600a2.400 2.400 0 1 1 0 4.8 2.400 2.400 0 0 1 0-4.8z',
};

/** The sign of how a loop stands: shape and colour both say it. */
export function Mark({ phase }: { phase: Phase }) {
  return (
    <svg class={`mark ${phase}`} viewBox="0 0 12 12" width="12" height="12" role="img" aria-label={phase}>
      <path d={SHAPES[phase]} />
    </svg>
  );
}
