import type { Phase } from '../../checkpoint/contents.ts';
import { MisconfigurationError } from '../../data/errors.ts';

/** The loops that ran at once, if any did. */
export function inParallel({ children }: Phase, path: string): string | undefined {
  const names = Object.keys(children);
  if (names.length > 1) return names.map((name) => `${path}.${name}`).join(', ');
  return names.length === 0 ? undefined : inParallel(children[names[0]!]!, `${path}.${names[0]}`);
}

/** The step of one of them may be under way, its rows half written, while the others stand. */
export function sideBySide(runId: string, loops: string): MisconfigurationError {
  return new MisconfigurationError(
    `Expected the loops of run "${runId}" to run one after the other, so that the rows of whole steps are committed with its ` +
      `checkpoint, got ${loops} side by side. Run them in turn; or make the store with \`transaction: false\`.`,
  );
}
