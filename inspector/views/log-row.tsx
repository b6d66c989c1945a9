import { effect, type Signal, signal } from '@preact/signals';
import { session } from '../page/session.ts';
import { isOver } from '../run/actor.ts';
import type { Failure } from '../run/failures.ts';
import { rowWords } from '../run/row-words.ts';
import { figure } from '../text/number.ts';
import { stamp } from '../text/time.ts';
import { Exact } from '../widgets/exact.tsx';
import { Short } from '../widgets/short-name.tsx';

/** How high a row is, in pixels. */
export const LOG_ROW = 24;

/** The failures that are listed with all the rows that tell of them, by their own rows. */
export const opened: Signal<ReadonlySet<number>> = signal(new Set());
// Another recording has other rows.
effect(() => {
  session.recording.value;
  opened.value = new Set();
});

/** Lists all rows that tell of a failure, or that one alone at which it came. */
export function toggleFailure(head: number): void {
  const next = new Set(opened.value);
  if (!next.delete(head)) next.add(head);
  opened.value = next;
}

/** Goes to a row's moment, and to the loop it is about. */
export function pick(row: number): void {
  // Who has drawn over its text wants to copy it.
  if (getSelection()?.isCollapsed === false) return;
  const actor = session.store.actor(row);
  session.jump(row);
  if (actor) session.select(actor.id);
}

/** An event in the log. */
export function LogRow({
  row,
  now,
  start,
  index,
  count,
  selected,
}: {
  row: number;
  now: number;
  start: number;
  index: number;
  count: number;
  selected: boolean;
}) {
  const { store } = session;
  if (row < store.first || row >= store.end) return null;
  const line = store.line(row);
  const actor = store.actor(row);
  const phase = actor ? store.phase(row) : 'running';
  const future = row > now;
  const tone =
    line.type === 'lagged'
      ? 'lagged'
      : phase === 'failed' || phase === 'aborted'
        ? 'failed'
        : phase === 'paused'
          ? 'paused'
          : isOver(phase)
            ? 'done'
            : '';
  const words = rowWords(store, row, line);
  const failure = store.failures.all.get(row);
  const part = store.failures.headOf(row) !== undefined;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list itself has the keys
    <div
      id={selected ? `log-${row}` : undefined}
      role="option"
      tabIndex={-1}
      aria-selected={selected}
      aria-setsize={count}
      aria-posinset={index + 1}
      class={`row ${tone} ${part ? 'part' : ''} ${future ? 'future' : ''} ${actor && actor === session.actor.value ? 'own' : ''}`}
      style={{ height: `${LOG_ROW}px` }}
      onClick={() => pick(row)}
    >
      <span class="seq">{line.seq}</span>
      <span class="at">{stamp(store.t(row) - start)}</span>
      <span class={`who hue${actor?.path.hue ?? ''}`} title={actor?.id}>
        <Short actor={actor} />
      </span>
      <span class="what" title={line.type === 'event' ? line.event.type : line.type}>
        {words.what}
      </span>
      <span class="to">{words.to}</span>
      {failure?.parts ? <Parts failure={failure} /> : null}
      <Exact class="say" exact={rowWords(store, row, line, true).say}>
        {words.say}
      </Exact>
    </div>
  );
}

/** Opens the rows that tell what became of what was thrown, and closes them. */
function Parts({ failure: { head, parts } }: { failure: Failure }) {
  const isOpen = opened.value.has(head);
  return (
    // A row is one choice of a list: it holds no button, and the list has the key.
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: Enter does the same
    <span
      class="parts"
      title="The events by which it went up (Enter)"
      onClick={(event) => {
        event.stopPropagation();
        toggleFailure(head);
      }}
    >
      {isOpen ? '▾' : '▸'} {figure(parts)} more
    </span>
  );
}
