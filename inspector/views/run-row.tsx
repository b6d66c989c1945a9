/* biome-ignore-all lint/a11y/useSemanticElements: a grid that is no table: few of its rows are in the document */
/* biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and what can be pressed in it */
import type { ListedRun } from '../page/run-list.ts';
import { session } from '../page/session.ts';
import { exact, figure } from '../text/number.ts';
import { duration } from '../text/time.ts';
import { Exact } from '../widgets/exact.tsx';
import { Mark } from '../widgets/phase-mark.tsx';

/** How high a row is, in pixels. */
export const ROW = 30;
/** And the row of the names of the columns. */
export const HEAD = 40;

export const rowId = (at: number): string => `run-${at}`;

interface RunRowProps {
  at: number;
  listed: ListedRun;
  /** The numbers that are columns. */
  shown: readonly string[];
  /** All views are about it. */
  isLooked: boolean;
}

/** A run in a row: chosen by a press, compared by its box. */
export function RunRow({ at, listed: { recording, run, label, summary }, shown, isLooked }: RunRowProps) {
  const compared = session.compared.value.some((one) => one.run === run);
  const { args, argsExactly, start, took, phase, outcome, why, numbers } = summary;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid itself has the keys
    <div
      role="row"
      id={rowId(at)}
      class={`run-row ${phase}`}
      aria-rowindex={at + 2}
      aria-selected={isLooked}
      tabIndex={-1}
      style={{ height: `${ROW}px` }}
      onClick={() => session.lookAt(recording, run)}
    >
      <span role="gridcell" class="cell box">
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: only so that a press beside the box is no press on the row */}
        <label class="tick" onClick={(event) => event.stopPropagation()}>
          <input
            type="checkbox"
            checked={compared}
            aria-label={`Compare ${label}`}
            onChange={() => session.toggleCompared(recording, run)}
          />
        </label>
      </span>
      <Cell name="run" title={`${run.name} of ${recording.title}`}>
        <i class={`swatch hue${session.hues.of(run)}`} />
        <span class="label">{label}</span>
      </Cell>
      <Cell name="arguments">
        <Exact class="mono" exact={argsExactly} title={args.length > 16 ? args : undefined}>
          {args || '–'}
        </Exact>
      </Cell>
      <Cell name="outcome" title={why ? `${outcome}: ${why}` : outcome}>
        <Mark phase={phase} />
        <span class="word">{outcome}</span>
        {why ? <span class="reason">{why}</span> : null}
      </Cell>
      {shown.map((name) => {
        const value = numbers.get(name);
        return (
          <Cell key={name} name={`number ${value !== undefined && !Number.isFinite(value) ? 'bad' : ''}`}>
            {value === undefined ? '–' : <Exact exact={exact(value)}>{figure(value)}</Exact>}
          </Cell>
        );
      })}
      <Cell name="took">{duration(took)}</Cell>
      <Cell name="started" title={whenExactly(start)}>
        {when(start)}
      </Cell>
    </div>
  );
}

function Cell({
  name,
  title,
  children,
}: {
  name: string;
  title?: string | undefined;
  children: preact.ComponentChildren;
}) {
  return (
    <span role="gridcell" class={`cell ${name}`} title={title}>
      {children}
    </span>
  );
}

// Kept, because making one costs a hundred times what using it does.
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** The time of day, and where that is not today, the day. */
function when(ms: number): string {
  const date = new Date(ms);
  const isToday = date.toDateString() === new Date().toDateString();
  return `${isToday ? '' : `${day.format(date)} `}${clock.format(date)}`;
}

const whenExactly = (ms: number): string => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
};
