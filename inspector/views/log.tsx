import { effect, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { session } from '../page/session.ts';
import { anyText, flag, keepInLink } from '../page/view-state.ts';
import { isOver } from '../run/actor.ts';
import type { Failure } from '../run/failures.ts';
import { Filter } from '../run/filter.ts';
import { rowWords } from '../run/row-words.ts';
import { shortType } from '../text/describe.ts';
import { figure } from '../text/number.ts';
import { stamp } from '../text/time.ts';
import { Exact } from '../widgets/exact.tsx';
import { List } from '../widgets/list.tsx';
import { Loops } from '../widgets/loop-choice.tsx';
import { Range } from '../widgets/range-chip.tsx';
import { Short } from '../widgets/short-name.tsx';
import { Split } from '../widgets/split.tsx';

const path = signal('');
const type = signal('');
const text = signal('');
const regex = signal(false);
keepInLink('log.loop', anyText(path));
keepInLink('log.type', anyText(type));
keepInLink('log.text', anyText(text));
keepInLink('log.regex', flag(regex));
/** Goes up while a search goes on. */
const searched = signal(0);

/** The failures that are listed with all the rows that tell of them, by their own rows. */
const opened = signal<ReadonlySet<number>>(new Set());
// Another recording has other rows.
effect(() => {
  session.recording.value;
  opened.value = new Set();
});

const LOG_ROW = 24;
/** Fewer rows than this have been looked through before one could say so. */
const AT_ONCE = 5000;

/** All events, and which of them are wanted. */
export function Log() {
  const { store } = session;
  const now = session.now.value;
  const version = session.version.value;
  const range = session.range.value;
  searched.value;
  const filter = useMemo(
    () =>
      new Filter(
        store,
        { path: path.value, type: type.value, text: text.value, regex: regex.value, range },
        opened.value,
      ),
    [store, path.value, type.value, text.value, regex.value, range, opened.value],
  );
  useEffect(() => {
    let frame = 0;
    const go = () => {
      const more = filter.search();
      searched.value++;
      if (more) frame = requestAnimationFrame(go);
    };
    if (filter.length < store.end - store.first || filter.progress < 1) frame = requestAnimationFrame(go);
    return () => cancelAnimationFrame(frame);
  }, [filter, version]);

  const current = now < 0 ? -1 : filter.upTo(now);
  const live = session.cursor.value === null;
  const reveal = live ? (session.tail.value ? filter.length - 1 : -1) : current;
  const start = store.end ? store.t(store.first) : 0;
  const go = (index: number) => {
    if (index >= 0 && index < filter.length) pick(filter.row(index));
  };
  return (
    <section class="log" aria-label="Log">
      {session.narrow.value ? null : <Split name="log" />}
      <header class="tools">
        <h2>Log</h2>
        <Loops path={path} none="all loops" others={[...store.apps.keys()]} />
        <select
          aria-label="Type"
          value={type.value}
          onChange={(e) => {
            type.value = e.currentTarget.value;
          }}
        >
          <option value="">all events</option>
          {[...store.types.list].sort().map((name) => (
            <option key={name} value={name}>
              {shortType(name)}
            </option>
          ))}
        </select>
        <div class={`find ${filter.fault ? 'fault' : ''}`}>
          <input
            id="log-text"
            type="search"
            placeholder="Search  /"
            aria-label="Search the log"
            aria-invalid={filter.fault !== ''}
            title={filter.fault}
            value={text.value}
            onInput={(e) => {
              text.value = e.currentTarget.value;
            }}
          />
          <button
            type="button"
            class="flat"
            aria-pressed={regex.value}
            title="Search by regular expression"
            onClick={() => {
              regex.value = !regex.value;
            }}
          >
            .*
          </button>
        </div>
        <Range />
        <span class="grow" />
        <span class="dim count" role="status">
          {filter.left > AT_ONCE ? `searching ${Math.floor(filter.progress * 100)} % · ` : ''}
          <b id="log-count">{figure(filter.matches)}</b> of {figure(store.end - store.first)}
        </span>
        <label class="check">
          <input
            type="checkbox"
            checked={session.tail.value}
            onChange={(e) => {
              session.tail.value = e.currentTarget.checked;
            }}
          />
          follow
        </label>
      </header>
      {filter.fault ? <p class="note">{filter.fault}</p> : null}
      {!filter.length && filter.progress === 1 && store.end ? (
        <p class="note">No event matches. Clear the search or the selected range (Esc).</p>
      ) : null}
      <List
        id="log"
        label="Events"
        count={filter.length}
        rowHeight={LOG_ROW}
        reveal={reveal}
        active={current >= 0 ? `log-${filter.row(current)}` : undefined}
        onScroll={(atEnd) => {
          if (live) session.tail.value = atEnd;
        }}
        onKey={(event) => {
          const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[event.key];
          const failure = event.key === 'Enter' ? store.failures.all.get(filter.row(current)) : undefined;
          if (!by && !failure) return;
          event.preventDefault();
          if (failure) toggleFailure(failure.head);
          else if (by) go(Math.min(filter.length - 1, Math.max(0, current + by)));
        }}
        row={(index) => (
          <Row
            row={filter.row(index)}
            now={now}
            start={start}
            index={index}
            count={filter.length}
            selected={index === current}
          />
        )}
      />
    </section>
  );
}

/** Lists all rows that tell of a failure, or that one alone at which it came. */
function toggleFailure(head: number): void {
  const next = new Set(opened.value);
  if (!next.delete(head)) next.add(head);
  opened.value = next;
}

/** Goes to a row's moment, and to the loop it is about. */
function pick(row: number): void {
  // Who has drawn over its text wants to copy it.
  if (getSelection()?.isCollapsed === false) return;
  const actor = session.store.actor(row);
  session.jump(row);
  if (actor) session.select(actor.id);
}

function Row({
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
