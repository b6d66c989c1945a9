import { type ReadonlySignal, type Signal, useSignal } from '@preact/signals';
import { goToLine } from '../page/plot-places.ts';
import type { PlottedSeries } from '../page/plotted.ts';
import { session } from '../page/session.ts';
import type { Odd } from '../run/series.ts';
import { figure } from '../text/number.ts';

/** More lines are listed only when somebody asks. */
const LISTED = 4;

interface PlotLegendProps {
  lines: readonly PlottedSeries[];
  near: Signal<PlottedSeries | undefined>;
  painted: ReadonlySignal<number>;
}

/** Which line is which, and where the first value was that is not finite. */
export function PlotLegend({ lines, near, painted }: PlotLegendProps) {
  painted.value;
  const open = useSignal(false);
  const many = lines.length > LISTED;
  const odd = lines.filter(({ series }) => series.firstOdd);
  if (lines.length < 2 && !odd.length) return null;
  return (
    <footer>
      <OddLink lines={odd} of={lines.length} />
      {many ? (
        <button
          type="button"
          class="flat"
          aria-expanded={open.value}
          onClick={() => {
            open.value = !open.value;
          }}
        >
          {figure(lines.length)} lines {open.value ? '▾' : '▸'}
        </button>
      ) : null}
      {lines.length > 1 && (!many || open.value) ? (
        <ul class="legend">
          {lines.map((line) => (
            <LegendLine key={line.label} line={line} near={near} />
          ))}
        </ul>
      ) : null}
    </footer>
  );
}

/** The name of a line: pointed at, it stands out; pressed, its loop is looked at. */
function LegendLine({ line, near }: { line: PlottedSeries; near: Signal<PlottedSeries | undefined> }) {
  const stress = () => {
    near.value = line;
  };
  const rest = () => {
    near.value = undefined;
  };
  return (
    <li>
      <button
        type="button"
        class="flat"
        title={`Look at ${line.path.name}`}
        onMouseEnter={stress}
        onMouseLeave={rest}
        onFocus={stress}
        onBlur={rest}
        onClick={() => {
          const { recording } = line.of;
          const actor = line.path.actors.at(-1);
          if (recording) session.lookAt(recording, line.run);
          if (actor && line.store === session.store) session.select(actor.id);
        }}
      >
        <i class={`swatch hue${line.hue} dash${line.dash}`} aria-hidden="true" />
        {line.label}
      </button>
    </li>
  );
}

function OddLink({ lines, of }: { lines: readonly PlottedSeries[]; of: number }) {
  let first: { odd: Odd; line: PlottedSeries } | undefined;
  for (const line of lines) {
    const { firstOdd: odd } = line.series;
    if (odd && !(first && first.odd.row <= odd.row)) first = { odd, line };
  }
  if (!first) return null;
  const { odd, line } = first;
  const held = odd.row >= line.store.first;
  return (
    <button
      type="button"
      class="flat odd"
      disabled={!held}
      title={held ? `Go to that step${of > 1 ? ` of ${line.label}` : ''}` : 'That step is no longer held'}
      onClick={() => goToLine(line, odd.row)}
    >
      {figure(odd.value)}, first at step {figure(odd.step)}
      {of > 1 ? ` (${figure(lines.length)} of ${figure(of)} lines)` : ''}
    </button>
  );
}
