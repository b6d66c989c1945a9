import { PANES } from './selection.ts';
import { session } from './session.ts';
import { flag, keepInLink, oneOf } from './view-state.ts';

/*
 * What a link keeps of the moment and the loop that are looked at. A link without them leaves both as they are: a page that
 * has just been opened shows the newest, and the loop that runs.
 */

keepInLink('pane', oneOf(session.pane, PANES));

/** @param only whether it is about just this run of the loop */
const loop = (only: boolean) => ({
  write: () => {
    const { selected, follows, chosen } = session;
    // Read in any case, so that whoever follows what is written is told of the choice.
    const id = selected.value;
    return chosen && follows.value !== only ? id : '';
  },
  read(id: string) {
    if (id === '') return true;
    const known = session.store.actors.has(id);
    if (known) session.select(id, only);
    return known;
  },
});
keepInLink('loop', loop(false));
keepInLink('only', loop(true));

keepInLink('seq', {
  write: () => {
    const { cursor, store, now } = session;
    return cursor.value !== null && store.end ? String(store.seq(now.peek())) : '';
  },
  read(said) {
    const row = said === '' ? null : rowOf(said);
    if (typeof row === 'number') session.jump(row);
    return row !== undefined;
  },
});

keepInLink('pin', {
  write: () => {
    const { pinned, store } = session;
    const row = pinned.value;
    return row !== null && row >= store.first && row < store.end ? String(store.seq(row)) : '';
  },
  read(said) {
    const row = said === '' ? null : rowOf(said);
    if (row !== undefined) session.pinned.value = row;
    return row !== undefined;
  },
});

keepInLink('log.follow', flag(session.tail));

/** The row of a number that a link names; null for what is none, `undefined` while it has not come in. */
function rowOf(said: string): number | null | undefined {
  const seq = Number(said);
  if (!(seq > 0)) return null;
  const { store } = session;
  return store.end && store.seq(store.last) >= seq ? store.rowOfSeq(seq) : undefined;
}
