/* biome-ignore-all lint/a11y/useSemanticElements: a grid that is no table: few of its rows are in the document */
/* biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and what can be pressed in it */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import {
  AFTER,
  BEFORE,
  columns,
  type ListedRun,
  type RunList,
  runList,
  sort,
  sortBy,
  toggleColumn,
  wanted,
} from '../page/run-list.ts';
import { session } from '../page/session.ts';
import { figure } from '../text/number.ts';
import { Menu } from '../widgets/menu.tsx';
import { VirtualRows } from '../widgets/virtual-rows.tsx';
import { Opened } from './opened.tsx';
import { HEAD, ROW, RunRow, rowId } from './run-row.tsx';

/** While lines come in, the list is made anew so often, in milliseconds. */
const EVERY = 250;
const ticks = signal(0);

/** The runs of all that is open: what each was given, how it ended, how well it did. */
export function Runs() {
  session.recordings.value;
  const list = useList();
  const { rows, total, shown, numbers } = list;
  const chosen = session.compared.value.length;
  return (
    <section class="runs" aria-label="Runs" style={{ '--numbers': shown.length }}>
      <header class="tools">
        <input
          type="search"
          class="wanted"
          placeholder="Filter: a word, loss<0.3"
          aria-label="Filter the runs"
          title="Words that a run has in its name, its arguments or its outcome, and conditions on numbers: adam loss<0.3 took>60"
          value={wanted.value}
          onInput={(event) => {
            wanted.value = event.currentTarget.value;
          }}
        />
        <span class="dim" role="status">
          {rows.length < total ? `${figure(rows.length)} of ` : ''}
          {figure(total)} {total === 1 ? 'run' : 'runs'}
        </span>
        <span class="grow" />
        {numbers.length ? <Numbers numbers={numbers} shown={shown} /> : null}
        <button
          type="button"
          disabled={chosen < 2}
          title={chosen < 2 ? 'Choose two runs or more in the list' : undefined}
          onClick={() => {
            session.pane.value = 'compare';
          }}
        >
          Compare {chosen > 1 ? figure(chosen) : ''}
        </button>
      </header>
      <Opened />
      <Grid list={list} />
    </section>
  );
}

/** The list as it is now; while lines come in, as it was a moment ago. */
function useList(): RunList {
  const { arrived, recordings, narrow } = session;
  const last = useRef<{ of: string; at: number; list: RunList } | null>(null);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  ticks.value;
  narrow.value;
  // What was done here shows at once; what came in, soon.
  const asked = `${sort.value.by} ${sort.value.down} ${wanted.value} ${columns.value?.join('\n')} ${recordings.value.map(({ number }) => number).join()}`;
  const came = `${arrived.value}`;
  const known = last.current;
  const now = performance.now();
  if (known && known.of === `${asked} ${came}` && !known.list.unfinished) return known.list;
  if (known?.of.startsWith(`${asked} `) && now - known.at < EVERY) {
    again(timer, EVERY - (now - known.at));
    return known.list;
  }
  const list = runList();
  last.current = { of: `${asked} ${came}`, at: now, list };
  if (list.unfinished) again(timer, list.rows.length < list.total ? EVERY : EVERY + 50);
  return list;
}

function again(timer: { current: number }, ms: number): void {
  clearTimeout(timer.current);
  timer.current = window.setTimeout(() => {
    ticks.value++;
  }, ms);
}

/** Which numbers are columns. */
function Numbers({ numbers, shown }: { numbers: readonly string[]; shown: readonly string[] }) {
  return (
    <Menu label={`Numbers (${shown.length})`}>
      <div class="sheet numbers">
        {numbers.map((name) => (
          <label key={name} class="check">
            <input type="checkbox" checked={shown.includes(name)} onChange={() => toggleColumn(name, shown)} />
            {name}
          </label>
        ))}
      </div>
    </Menu>
  );
}

function Grid({ list: { rows, shown } }: { list: RunList }) {
  const looked = session.run.value;
  const current = rows.findIndex(({ run }) => run === looked);
  const look = (at: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, at))];
    if (row) session.lookAt(row.recording, row.run);
  };
  const onKey = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -rows.length, End: rows.length }[
      event.key
    ];
    if (by !== undefined) look(current + by);
    else if (event.key === ' ' && rows[current]) session.toggleCompared(rows[current].recording, rows[current].run);
    else return;
    event.preventDefault();
  };
  return (
    <VirtualRows
      id="runs"
      class="run-list"
      label="Runs"
      count={rows.length}
      rowHeight={ROW}
      reveal={current}
      active={current >= 0 ? rowId(current) : undefined}
      onKey={onKey}
      head={<Head shown={shown} />}
      headHeight={HEAD}
      row={(at) => <RunRow key={at} at={at} listed={rows[at] as ListedRun} shown={shown} isLooked={at === current} />}
    />
  );
}

function Head({ shown }: { shown: readonly string[] }) {
  const { by, down } = sort.value;
  const head = (name: string, words: preact.ComponentChildren, kind = name) => (
    <span
      key={name}
      role="columnheader"
      class={`cell ${kind}`}
      aria-sort={by === name ? (down ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" class="flat" title={`Sort by ${name}`} onClick={() => sortBy(name)}>
        {words}
        {by === name ? (down ? ' ↓' : ' ↑') : ''}
      </button>
    </span>
  );
  return (
    <div role="row" class="run-row head" aria-rowindex={1}>
      <span role="columnheader" class="cell box" aria-label="compared" title="Which are compared">
        ≷
      </span>
      {BEFORE.map((name) => head(name, name))}
      {shown.map((name) => head(name, shortName(name), 'number'))}
      {AFTER.map((name) => head(name, name))}
    </div>
  );
}

/** `batches` above `loss` for `fit.epochs.batches · loss` */
function shortName(name: string) {
  const [path = '', keys = ''] = name.split(' · ');
  return (
    <>
      <small>{path.slice(path.lastIndexOf('.') + 1)} </small>
      {keys}
    </>
  );
}
