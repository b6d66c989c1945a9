import type { ComponentChildren } from 'preact';
import type { Actor } from '../run/actor.ts';
import type { TreeWords } from '../run/tree-words.ts';
import { Exact } from '../widgets/exact.tsx';
import { FirstOdd } from '../widgets/first-odd.tsx';
import { ForkedFrom } from '../widgets/forked-from.tsx';
import { Mark } from '../widgets/phase-mark.tsx';
import { Steady } from '../widgets/steady.ts';

interface TreeNodeProps {
  id: string;
  words: TreeWords;
  depth: number;
  selected: boolean;
  /** Whether it can be unfolded. */
  folds: boolean;
  /** It, where a number of it was not finite by the moment that is shown. */
  odd: Actor | undefined;
  /** It, where it is the outermost loop of a fork. */
  fork: Actor | undefined;
}

/** A row of the tree. A step changes few of them. */
export class TreeNode extends Steady<TreeNodeProps> {
  override render({ id, words, depth, selected, folds, odd, fork }: TreeNodeProps): ComponentChildren {
    const { phase, open, times, failed, late } = words;
    return (
      <div
        id={id}
        role="treeitem"
        aria-level={depth + 1}
        aria-selected={selected}
        aria-expanded={folds ? open : undefined}
        tabIndex={-1}
        class={`node ${phase} ${odd ? 'is-odd' : ''}`}
        title={words.title}
        style={{ '--depth': depth }}
      >
        <div class="line">
          <Mark phase={phase} />
          <span class={`name hue${words.hue}`}>{words.name}</span>
          {times ? (
            <button type="button" tabIndex={-1} title="Unfold, fold (Enter)" class="times">
              × {times} {open ? '▾' : '▸'}
            </button>
          ) : (
            <span class="occurrence">{words.which || null}</span>
          )}
          {failed ? <span class="bad">{failed}</span> : null}
          {late ? <span class="dim">late</span> : null}
          <span class="value">{words.words}</span>
        </div>
        {odd ? <FirstOdd path={odd.path} inTree /> : null}
        <div class="line sub">
          <Steps words={words} />
          <span class="rate">{words.rate || null}</span>
          <span class="time">{words.time}</span>
        </div>
        {fork ? (
          <div class="line sub">
            <ForkedFrom root={fork} within />
          </div>
        ) : null}
      </div>
    );
  }
}

/** How many steps it has taken, and of how many. */
function Steps({ words: { steps, stepsTitle, total, totalExactly, part } }: { words: TreeWords }) {
  return (
    <>
      <span class="steps" title={stepsTitle || undefined}>
        {steps}
        {total ? (
          <Exact class="dim" exact={totalExactly}>
            {total}
          </Exact>
        ) : null}
      </span>
      <span class="bar" aria-hidden="true">
        {total ? <i style={{ width: `${part * 100}%` }} /> : null}
      </span>
    </>
  );
}
