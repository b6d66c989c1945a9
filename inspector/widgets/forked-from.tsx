import { session } from '../page/session.ts';
import type { Actor } from '../run/actor.ts';
import { forkedFrom } from '../run/fork-words.ts';

interface ForkedFromProps {
  /** The outermost loop of a run. */
  root: Actor;
  /** It stands in something that has the keys. */
  within?: boolean;
}

/** Says of a fork from which run it was begun, and leads to that moment. */
export function ForkedFrom({ root, within = false }: ForkedFromProps) {
  // The moment may be let go of.
  session.version.value;
  const { store } = session;
  const words = forkedFrom(store, root);
  if (words === undefined) return null;
  const { id, seq } = root.forkOf!;
  const isHere = seq !== undefined && store.actors.has(id) && store.end > 0 && seq >= store.seq(store.first);
  if (!isHere) return <span class="forked dim">forked from {words}</span>;
  return (
    <span class="forked">
      <span class="dim">forked from </span>
      <button
        type="button"
        class="to"
        tabIndex={within ? -1 : undefined}
        title="Go to that moment of the run that it is a fork of"
        onClick={(event) => {
          event.stopPropagation();
          session.jump(store.rowOfSeq(seq));
          session.select(id);
        }}
      >
        {words}
      </button>
    </span>
  );
}
