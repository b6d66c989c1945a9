import { useEffect } from 'preact/hooks';
import { firstOddWords } from '../page/alerts.ts';
import { session } from '../page/session.ts';
import { chooseRow, enterRow, moveSelection, rowsNow, selectedIndex, toggleGroup } from '../page/tree-selection.ts';
import { begun } from '../run/actor.ts';
import { toldOf } from '../run/standing-in-words.ts';
import { rowKey, type TreeRow } from '../run/tree-at.ts';
import { begunBy, titleOf, treeWords } from '../run/tree-words.ts';
import { figure } from '../text/number.ts';
import { Mark } from '../widgets/phase-mark.tsx';
import { Split } from '../widgets/split.tsx';
import { TreeNode } from './tree-node.tsx';

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

/** A row was pressed, or in it what unfolds it. */
function onPress(event: MouseEvent): void {
  const target = event.target as Element;
  const id = target.closest('.node')?.id;
  const row = rowsNow().find((one) => idOf(one) === id);
  if (!row) return;
  if (target.closest('button.times')) toggleGroup(row);
  else chooseRow(row);
}

const idOf = (row: TreeRow): string => `tree-${rowKey(row)}`;

/** The same for all runs of a loop, unless they are listed: to begin a row anew for each costs more than to change it. */
const placeKey = (row: TreeRow): string => {
  const { path } = row.actor;
  return row.only ? rowKey(row) : `${path.run.number} ${path.name}${row.array ? ' []' : ''}`;
};

/** Every loop: its state, how far it is, how fast, for how long. */
export function Tree() {
  const { store, contexts } = session;
  const now = session.now.value;
  const rows = rowsNow();
  const selected = selectedIndex(rows);
  const active = rows[selected] && idOf(rows[selected]);
  useEffect(() => {
    if (active) document.getElementById(active)?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <section class="tree" aria-label="Loops">
      <Split name="tree" />
      <h2>
        Loops <small>{rows.length ? figure(begunBy(store, now)) : ''}</small>
      </h2>
      <div
        id="tree"
        class="scroll"
        role="tree"
        aria-label="Loops"
        tabIndex={0}
        aria-activedescendant={active}
        onKeyDown={onKey}
        onClick={onPress}
      >
        {rows
          .slice(0, DRAWN)
          .map((row, index) =>
            row.actor.kind === '' ? (
              <TreeNode
                key={placeKey(row)}
                id={idOf(row)}
                words={treeWords(store, contexts, row, now)}
                depth={row.depth}
                selected={index === selected}
                folds={row.times > 1}
                odd={firstOddWords(row.actor.path) ? row.actor : undefined}
                fork={row.actor.forkOf ? row.actor : undefined}
              />
            ) : (
              <AppNode key={rowKey(row)} row={row} selected={index === selected} />
            ),
          )}
        {rows.length > DRAWN ? <p class="note">{figure(rows.length - DRAWN)} more: fold a group to see them.</p> : null}
      </div>
    </section>
  );
}

interface AppNodeProps {
  row: TreeRow;
  selected: boolean;
}

/** An actor of the app, which is no loop: it takes no steps. */
function AppNode({ row, selected }: AppNodeProps) {
  const { store, contexts } = session;
  const { actor } = row;
  const { phase, words } = toldOf(store, contexts, actor, row);
  const count = begun(actor.path.actors, session.now.value);
  return (
    <div
      id={idOf(row)}
      role="treeitem"
      aria-level={1}
      aria-selected={selected}
      tabIndex={-1}
      class={`node of-app ${phase}`}
      title={titleOf(actor, words)}
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
