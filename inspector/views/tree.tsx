import { useEffect } from 'preact/hooks';
import { firstOddWords } from '../page/alerts.ts';
import { session } from '../page/session.ts';
import { chooseRow, enterRow, moveSelection, rowsNow, selectedIndex, toggleGroup } from '../page/tree-selection.ts';
import { type Actor, begun, type Phase } from '../run/actor.ts';
import { toldOf } from '../run/standing-in-words.ts';
import { rateOf, rowKey, type TreeRow, totalOf } from '../run/tree-at.ts';
import { exact, figure } from '../text/number.ts';
import { duration, rate } from '../text/time.ts';
import { Exact } from '../widgets/exact.tsx';
import { FirstOdd } from '../widgets/first-odd.tsx';
import { ForkedFrom } from '../widgets/forked-from.tsx';
import { Mark } from '../widgets/phase-mark.tsx';
import { Split } from '../widgets/split.tsx';

/** The most rows that are drawn: a tree of more is folded by hand. */
const DRAWN = 500;

function onKey(event: KeyboardEvent): void {
  const rows = rowsNow();
  const row = rows[selectedIndex(rows)];
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') moveSelection(event.key === 'ArrowDown' ? 1 : -1);
  else if (event.key === 'Enter' && row) enterRow(rows, row);
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
          const odd = firstOddWords(actor.path);
          const vague = !row.array && store.isVague(actor, now);
          const { phase, words, more } = toldOf(store, contexts, actor, row);
          // Of an array it is told how many of its loops are over.
          const total = row.array ? { total: row.times, guess: false } : totalOf(contexts, actor, now);
          const speed = row.array ? undefined : rateOf(store, actor, now);
          const end = actor.end <= t ? actor.end : t;
          const part = total && total.total > 0 ? Math.min(1, row.steps / total.total) : 0;
          if (actor.kind !== '') {
            return <AppNode key={rowKey(row)} row={row} phase={phase} words={words} selected={index === selected} />;
          }
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
              class={`node ${phase} ${odd ? 'is-odd' : ''}`}
              title={
                row.array
                  ? `${row.array.name}: ${row.times} loops`
                  : titleOf(actor, more ? `${words} ${more}; last seen ${row.value}` : words)
              }
              onClick={() => chooseRow(row)}
              style={{ '--depth': row.depth }}
            >
              <div class="line">
                <Mark phase={phase} />
                <span class={`name hue${actor.path.hue}`}>{row.array?.name ?? actor.name}</span>
                {row.times > 1 ? (
                  <button
                    type="button"
                    tabIndex={-1}
                    title="Unfold, fold (Enter)"
                    class="times"
                    onClick={(event) => {
                      event.stopPropagation();
                      toggleGroup(row);
                    }}
                  >
                    × {figure(row.times)} {row.open ? '▾' : '▸'}
                  </button>
                ) : (
                  <span class="occurrence">{whichOf(actor)}</span>
                )}
                {row.failed > 0 && row.times > 1 ? <span class="bad">{row.failed} failed</span> : null}
                {actor.late ? <span class="dim">late</span> : null}
                <span class="value">{words}</span>
              </div>
              <FirstOdd path={actor.path} inTree />
              <div class="line sub">
                <span
                  class="steps"
                  title={
                    row.array
                      ? 'How many are over'
                      : vague
                        ? 'At least: lines are missing in which it may have taken steps'
                        : undefined
                  }
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
              {actor.forkOf ? (
                <div class="line sub">
                  <ForkedFrom root={actor} within />
                </div>
              ) : null}
            </div>
          );
        })}
        {rows.length > DRAWN ? <p class="note">{figure(rows.length - DRAWN)} more: fold a group to see them.</p> : null}
      </div>
    </section>
  );
}

interface AppNodeProps {
  row: TreeRow;
  phase: Phase;
  words: string;
  selected: boolean;
}

/** An actor of the app, which is no loop: it takes no steps. */
function AppNode({ row, phase, words, selected }: AppNodeProps) {
  const { actor } = row;
  const count = begun(actor.path.actors, session.now.value);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree itself has the keys
    <div
      id={`tree-${rowKey(row)}`}
      role="treeitem"
      aria-level={1}
      aria-selected={selected}
      tabIndex={-1}
      class={`node of-app ${phase}`}
      title={titleOf(actor, words)}
      onClick={() => chooseRow(row)}
      style={{ '--depth': 0 }}
    >
      <div class="line">
        <Mark phase={phase} />
        <span class="name">{actor.path.name}</span>
        {count > 1 ? <span class="occurrence">× {figure(count)}</span> : null}
        <span class="kind">{actor.kind}</span>
        <span class="value">{words}</span>
      </div>
    </div>
  );
}

const titleOf = ({ id, loop, late }: Actor, stands: string): string =>
  `${id}${loop ? ` (${loop})` : ''}: ${stands}${late ? '. Its beginning was not seen' : ''}`;

/** Which of its runs it is, where there are several. */
function whichOf(actor: Actor): string {
  const { run, actors } = actor.path;
  const isOneOfMany = actor.parent ? actors.length > 1 : session.store.runs.length > 1;
  if (!isOneOfMany) return '';
  return actor.parent || run.name === actor.id ? `#${actor.occurrence}` : run.name;
}

/** How many runs of loops had begun by a row. */
function begunBy(row: number): number {
  let count = 0;
  for (const { paths } of session.store.runs) for (const { actors } of paths.values()) count += begun(actors, row);
  return count;
}
