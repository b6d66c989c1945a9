import type { Asked, Got, InFlight } from '../chart/journal.ts';
import type { Json } from '../data/json.ts';
import { withoutNotes } from '../step/what-changed.ts';
import type { Phase } from './contents.ts';

/**
 * A checkpoint without the seals of what steps in flight had changed (see `what-changed.ts`): of one that somebody has changed
 * on purpose, they are of something else.
 */
export function phaseWithoutChanges(phase: Phase, { read, write }: Form = asItIs): Phase {
  const { changedArgs: _, inFlight = null, ...context } = phase.context;
  const journal = journalWithout(read(inFlight) as unknown as InFlight | null) as unknown as Json;
  const children = Object.entries(phase.children).map(
    ([name, child]) => [name, phaseWithoutChanges(child, { read, write })] as const,
  );
  return { ...phase, context: { ...context, inFlight: write(journal) }, children: Object.fromEntries(children) };
}

/** How the values of a checkpoint are written. */
interface Form {
  read(value: Json): Json;
  write(value: Json): Json;
}

const asItIs: Form = { read: (value) => value, write: (value) => value };

function journalWithout(inFlight: InFlight | null): InFlight | null {
  if (inFlight === null) return null;
  const journal = withoutNotes(inFlight);
  return { ...journal, asked: journal.asked.map(unsealed), got: journal.got.map((piece) => piece.map(unsealed)) };
}

function unsealed<What extends Asked | Got>({ changed: _, ...what }: What): Omit<What, 'changed'> {
  return what;
}
