import { batch, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { session } from '../page/session.ts';
import { type Actor, begun } from '../run/actor.ts';
import { toldOf } from '../run/standing-in-words.ts';
import { groupKey, rateOf, rowKey, type TreeRow, totalOf, treeAt } from '../run/tree-at.ts';
import { exact, figure } from '../text/number.ts';
import { duration, rate } from '../text/time.ts';
import { Exact } from '../widgets/exact.tsx';
import { Mark } from '../widgets/phase-mark.tsx';
import { Split } from '../widgets/split.tsx';

const unfolded = signal<ReadonlySet<string>>(new Set());

/** The most rows that are drawn: a tree of more is folded by hand. */
const DRAWN = 500;

const rowsNow = () => treeAt(session.store, session.now.value, unfolded.value);

function toggle(row: TreeRow): void {
  const next = new Set(unfolded.value);
  const key = groupKey(row.actor);
  if (!next.delete(key)) next.add(key);
  unfolded.value = next;
}

/** The row that was chosen last. Only it can tell a group inside a run from the latest run of that group. */
const chosen = signal('');

/** Which row the selection is on: the run itself, or the folded group it is in. */
function selectedIndex(rows: readonly TreeRow[]): number {
  const actor = session.actor.value;
  const only = !session.follows.value;
  const tests: ((row: TreeRow) => boolean)[] = [
    (row) => row.actor === actor && row.only === only && rowKey(row) === chosen.value,
    (row) => row.actor === actor && row.only === only,
    (row) => row.actor === actor,
    (row) => row.actor.path === actor?.path && row.actor.parent === actor?.parent,
    (row) => row.actor.path === actor?.path,
  ];
  for (const test of tests) {
    const index = rows.findIndex(test);
    if (index >= 0) return index;
  }
  return -1;
}

function choose(row: TreeRow): void {
  batch(() => {
    chosen.value = rowKey(row);
    session.select(row.actor.id, row.only);
  });
}

/** Selects the loop that is so many rows further down. */
export function moveSelection(by: number): void {
  const rows = rowsNow();
  const next = rows[Math.min(rows.length - 1, Math.max(0, selectedIndex(rows) + by))];
  if (next) choose(next);
}

/** Unfolds or folds a group; on one of its runs, folds the group that the run is listed in. */
function enter(rows: readonly TreeRow[], row: TreeRow): void {
  const group = row.listed
    ? rows.find(({ actor, listed, open }) => !listed && open && groupKey(actor) === groupKey(row.actor))
    : row;
  if (!group || group.times < 2) return;
  toggle(group);
  choose(group);
}

function onKey(event: KeyboardEvent): void {
  const rows = rowsNow();
  const row = rows[selectedIndex(rows)];
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') moveSelection(event.key === 'ArrowDown' ? 1 : -1);
  else if (event.key === 'Enter' && row) enter(rows, row);
  else return;
  event.preventDefault();
}

/** Every loop: its state, how far it is, how fast, for how long. */
export function Tree() {
  const { store, contexts } = session;
  const now = session.now.value;
  const rows = rowsNow();
  const selected = selectedIndex(rows);
  const t = now >= 0 ? store.t(now) : 0;
  const active = rows[selected] && `tree-${rowKey(rows[selected])}`;
  useEffect(() => {
    if (active) document.getElementById(active)?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <section class="tree" aria-label="Loops">
      <Split name="tree" />
      <h2>
        Loops <small>{rows.length ? figure(begunBy(now)) : ''}</small>
      </h2>
      <div
        id="tree"
        class="scroll"
        role="tree"
        aria-label="Loops"
        tabIndex={0}
        aria-activedescendant={active}
        onKeyDown={onKey}
      >
        {rows.slice(0, DRAWN).map((row, index) => {
          const { actor } = row;
          const vague = store.isVague(actor, now);
          const { phase, words, more } = toldOf(store, contexts, actor, row);
          const total = totalOf(contexts, actor, now);
          const speed = rateOf(store, actor, now);
          const end = actor.end <= t ? actor.end : t;
          const part = total && total.total > 0 ? Math.min(1, row.steps / total.total) : 0;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the tree itself has the keys
            <div
              key={rowKey(row)}
              id={`tree-${rowKey(row)}`}
              role="treeitem"
              aria-level={row.depth + 1}
              aria-selected={index === selected}
              aria-expanded={row.times > 1 ? row.open : undefined}
              tabIndex={-1}
              class={`node ${phase}`}
              title={titleOf(actor, more ? `${words} ${more}; last seen ${row.value}` : words)}
              onClick={() => choose(row)}
              style={{ '--depth': row.depth }}
            >
              <div class="line">
                <Mark phase={phase} />
                <span class={`name hue${actor.path.hue}`}>{actor.name}</span>
                {row.times > 1 ? (
                  <button
                    type="button"
                    tabIndex={-1}
                    title="Unfold, fold (Enter)"
                    class="times"
                    onClick={(event) => {
                      event.stopPropagation();
                      toggle(row);
                    }}
                  >
                    × {figure(row.times)} {row.open ? '▾' : '▸'}
                  </button>
                ) : (
                  <span class="occurrence">{actor.path.actors.length > 1 ? `#${actor.occurrence}` : ''}</span>
                )}
                {row.failed > 0 && row.times > 1 ? <span class="bad">{row.failed} failed</span> : null}
                {actor.late ? <span class="dim">late</span> : null}
                <span class="value">{words}</span>
              </div>
              <div class="line sub">
                <span
                  class="steps"
                  title={vague ? 'At least: lines are missing in which it may have taken steps' : undefined}
                >
                  {vague ? '≥ ' : ''}
                  {figure(row.steps)}
                  {total ? (
                    <Exact class="dim" exact={` / ${total.guess ? '~' : ''}${exact(total.total)}`}>
                      {` / ${total.guess ? '~' : ''}${figure(total.total)}`}
                    </Exact>
                  ) : null}
                </span>
                <span class="bar" aria-hidden="true">
                  {total ? <i style={{ width: `${part * 100}%` }} /> : null}
                </span>
                <span class="rate">{speed ? rate(speed) : ''}</span>
                <span class="time">{duration(end - actor.from)}</span>
              </div>
            </div>
          );
        })}
        {rows.length > DRAWN ? <p class="note">{figure(rows.length - DRAWN)} more: fold a group to see them.</p> : null}
      </div>
    </section>
  );
}

const titleOf = ({ id, loop, late }: Actor, stands: string): string =>
  `${id}${loop ? ` (${loop})` : ''}: ${stands}${late ? '. Its beginning was not seen' : ''}`;

/** How many runs of loops had begun by a row. */
function begunBy(row: number): number {
  let count = 0;
  for (const { actors } of session.store.paths.values()) count += begun(actors, row);
  return count;
}
