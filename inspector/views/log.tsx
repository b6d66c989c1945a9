import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { session } from '../page/session.ts';
import { anyText, flag, keepInLink } from '../page/view-state.ts';
import { Filter } from '../run/filter.ts';
import { shortType } from '../text/describe.ts';
import { figure } from '../text/number.ts';
import { List } from '../widgets/list.tsx';
import { Loops } from '../widgets/loop-choice.tsx';
import { Range } from '../widgets/range-chip.tsx';
import { Split } from '../widgets/split.tsx';
import { LOG_ROW, LogRow, opened, pick, toggleFailure } from './log-row.tsx';

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
  const start = store.end ? store.begin : 0;
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
          <LogRow
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
