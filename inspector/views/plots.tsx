import { computed, type ReadonlySignal, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { AXES, axis, chartKey, type PlotAxis } from '../page/plot-choice.ts';
import { putTogether } from '../page/plot-picks.ts';
import { chartsNow, lookForNumbers, numbersNow, trimSeries } from '../page/plotted.ts';
import { session } from '../page/session.ts';
import { figure } from '../text/number.ts';
import { clock, stamp } from '../text/time.ts';
import { Range } from '../widgets/range-chip.tsx';
import { Scroll } from '../widgets/scroll.tsx';
import { useThrottled } from '../widgets/throttled.ts';
import { Plot } from './plot.tsx';
import { PlotNumbers } from './plot-numbers.tsx';

/** Goes up when lines have come in, of whichever recording. */
const changed = computed(() => session.version.value + session.arrived.value);
/** While lines stream in, four times a second is often enough. */
const OFTEN = 250;
/** More charts are no help, and a page of them is long. */
const MOST = 200;

const SAYS: Record<PlotAxis, string> = {
  step: 'over steps',
  time: 'over time since the start',
  clock: 'over the time of day',
};

/** The numbers of the states as small charts, and which of them there are. */
export function Plots() {
  const version = useThrottled(changed, OFTEN);
  const hover = useSignal<number | null>(null);
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  useLook(version.value);
  const all = chartsNow();
  const together = all.filter((parts) => chosen.value.has(chartKey(parts)));
  useSignalEffect(() => {
    version.value;
    trimSeries();
  });
  return (
    <section class="plots" aria-label="Plots">
      <header class="tools">
        <button
          type="button"
          disabled={together.length < 2}
          title="Make one chart of those whose boxes are ticked"
          onClick={() => {
            putTogether(together);
            chosen.value = new Set();
          }}
        >
          together{together.length > 1 ? ` (${figure(together.length)})` : ''}
        </button>
        <select
          aria-label="X axis"
          value={axis.value}
          onChange={(event) => {
            axis.value = AXES.find((one) => one === event.currentTarget.value) ?? 'step';
          }}
        >
          {AXES.map((one) => (
            <option key={one} value={one}>
              {SAYS[one]}
            </option>
          ))}
        </select>
        <At hover={hover} />
        <Range />
      </header>
      <div class="plotted">
        <PlotNumbers />
        <Scroll id="plots" class="cards" label="Charts">
          {all.length || !numbersNow().length ? null : <p class="note">Tick a number to see how it goes.</p>}
          {all.slice(0, MOST).map((parts) => (
            <Plot
              key={chartKey(parts)}
              id={chartKey(parts)}
              parts={parts}
              hover={hover}
              version={version}
              chosen={chosen}
            />
          ))}
          {all.length > MOST ? <p class="note">{figure(all.length - MOST)} more charts are not drawn.</p> : null}
        </Scroll>
      </div>
    </section>
  );
}

/** Looks for numbers, over some frames where there are many loops. */
function useLook(version: number): void {
  const turn = useSignal(0);
  turn.value;
  const whole = lookForNumbers();
  useEffect(() => {
    if (whole) return;
    const frame = requestAnimationFrame(() => {
      turn.value++;
    });
    return () => cancelAnimationFrame(frame);
  }, [turn.value, version]);
}

/** Where the pointer is. */
function At({ hover }: { hover: ReadonlySignal<number | null> }) {
  const at = hover.value;
  if (at === null) return null;
  const told = { step: `step ${figure(Math.floor(at))}`, time: stamp(at * 1000), clock: clock(at * 1000, 10) };
  return <span class="of">{told[axis.value]} at pointer</span>;
}
