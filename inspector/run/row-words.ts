import type { Line } from '../lines/line.ts';
import { describe, shortType } from '../text/describe.ts';
import { isEnd, thrownIn } from '../text/thrown.ts';
import type { Actor } from './actor.ts';
import type { Store } from './store.ts';

/** What a row of the log says. */
export interface RowWords {
  /** Which running of which loop; empty for lines that are about none. */
  who: string;
  what: string;
  /** The state that its machine came to. */
  to: string;
  say: string;
}

/** @param exactly whether numbers are told with all their digits */
export function rowWords(store: Store, row: number, line: Line = store.line(row), exactly = false): RowWords {
  return { ...rowHead(store, row, line), say: rowSays(store, row, line, exactly) };
}

/** What stands before that which there is to say of an event. */
export const rowHead = (store: Store, row: number, line: Line) => ({
  who: store.actor(row)?.short ?? '',
  what: whatOf(line),
  to: stateOf(store, row, line),
});

/** The words in what a row says that do not stand in its event. */
export const OWN_WORDS =
  'begins, already running when it was first seen; run; line lines; up to, caught by; ends; not plain data; error; caused by';

/** @param exactly whether numbers are told with all their digits */
export function rowSays(store: Store, row: number, line: Line, exactly: boolean): string {
  const said = describe(line, exactly);
  const way = wayOf(store, row);
  return way ? `${said} · ${way}` : said;
}

/** The name of an event, short. An end that is thrown is told by the same event as a failure, and is none. */
function whatOf(line: Line): string {
  if (line.type !== 'event') return line.type;
  const { type } = line.event;
  return type === 'loop.failed' && isEnd(thrownIn(line)) ? 'ends' : shortType(type);
}

/** What a machine was in when it was stopped is no state that it is in. */
function stateOf(store: Store, row: number, line: Line): string {
  if (line.type !== 'event' && line.type !== 'actor') return '';
  const phase = store.phase(row);
  return phase === 'stopped' || (phase === 'ended' && line.value === 'aborted') ? phase : line.value;
}

/** How far up went what was thrown at a row. */
function wayOf(store: Store, row: number): string {
  const failure = store.failures.all.get(row);
  const from = store.actor(row);
  if (!failure || !from) return '';
  const { top } = failure;
  const above = top.parent;
  if (top.endsAnother) return above ? `ends ${above.short}` : '';
  if (above && goesOnAfter(store, above, top))
    return `${top === from ? '' : `up to ${top.short}, `}caught by ${above.short}`;
  return top === from ? '' : `up to ${top.short}`;
}

/** Whether a loop that was left by one that failed was seen to take steps, or to end, after that. */
function goesOnAfter(store: Store, above: Actor, { endRow }: Actor): boolean {
  if (!Number.isFinite(endRow)) return false;
  const at = above.rows.upTo(endRow) + 1;
  for (let next = at; next < Math.min(above.rows.length, at + 8); next++) {
    const type = store.types.list[store.type(above.rows.row(next))]!;
    if (type === 'loop.failed') return false;
    if (type !== 'loop.left') return true;
  }
  return false;
}
