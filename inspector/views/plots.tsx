import { signal, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { inOrder, isPicked, picksOf, togglePick } from '../page/plotted.ts';
import { session } from '../page/session.ts';
import { lastUpTo, numbersOf, pickName, Series } from '../run/series.ts';
import { exact, figure } from '../text/number.ts';
import { stamp } from '../text/time.ts';
import { Exact } from '../widgets/exact.tsx';
import { Range } from '../widgets/range-chip.tsx';
import { Scroll } from '../widgets/scroll.tsx';
import { axis, log, PLOT_HUES, Plot, smoothing } from './plot.tsx';

const find = signal('');

/** More numbers than this are searched. */
const MANY = 12;

/** Numbers of the states over steps or time. */
export function Plots() {
  const { store } = session;
  const hover = useSignal<number | null>(null);
  session.version.value;
  const now = session.now.value;
  const run = session.run.value;
  const found = [...(run?.paths.values() ?? [])].flatMap((path) => numbersOf(store, path));
  const all = inOrder(found);
  const wanted = find.value.trim().toLowerCase();
  const listed = all.filter((pick) => isPicked(pick.path, pick.keys) || pickName(pick).toLowerCase().includes(wanted));
  const picks = picksOf(all);
  const names = picks.map(pickName).join('\n');
  const series = useMemo(() => (run ? picks.map((pick) => new Series(pick, run)) : []), [run, names]);
  for (const one of series) one.grow(store);
  const x = hover.value ?? undefined;
  const of = momentTold(series, x, now);
  return (
    <section class="plots" aria-label="Plots">
      <header class="tools">
        <select
          aria-label="X axis"
          value={axis.value}
          onChange={(e) => {
            axis.value = e.currentTarget.value as 'step' | 'time';
          }}
        >
          <option value="step">over steps</option>
          <option value="time">over time</option>
        </select>
        <label class="check">
          smooth
          <input
            type="range"
            min="0"
            max="0.99"
            step="0.01"
            value={smoothing.value}
            onInput={(e) => {
              smoothing.value = Number(e.currentTarget.value);
            }}
          />
          <span class="fixed">{smoothing.value.toFixed(2)}</span>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={log.value}
            onChange={(e) => {
              log.value = e.currentTarget.checked;
            }}
          />
          log scale
        </label>
        <Range />
      </header>
      <div class="plotted">
        <Scroll id="plots" class="picks" label="Numbers">
          {!all.length ? (
            <p class="note">
              No state holds a number yet. Every number in a loop's <code>state</code> can be plotted.
            </p>
          ) : null}
          {all.length > MANY ? (
            <input
              type="search"
              placeholder={`Search ${figure(all.length)} numbers`}
              aria-label="Search the numbers"
              value={find.value}
              onInput={(e) => {
                find.value = e.currentTarget.value;
              }}
            />
          ) : null}
          {of ? (
            <p class="of">
              <b>{of}</b> {x === undefined ? 'shown' : 'at pointer'}
            </p>
          ) : null}
          {listed.map((pick) => {
            const name = pickName(pick);
            const index = picks.findIndex((other) => pickName(other) === name);
            const one = series[index];
            const told = one ? indexTold(one, x, now) : -1;
            return (
              <label key={name} class="pick" title={name}>
                <input
                  type="checkbox"
                  checked={index >= 0}
                  onChange={() => {
                    togglePick(pick.path, pick.keys);
                  }}
                />
                <i class={index >= 0 ? `swatch hue${PLOT_HUES[index % PLOT_HUES.length]}` : 'swatch'} />
                <span class="where">{pick.path.slice(pick.path.lastIndexOf('.') + 1)}</span>
                <span class="key">{pick.keys.join('.')}</span>
                {one && told >= 0 ? (
                  <Exact class="read" exact={exact(one.values[told]!)}>
                    {figure(one.values[told]!)}
                  </Exact>
                ) : (
                  <span class="read" />
                )}
              </label>
            );
          })}
        </Scroll>
        <Plot series={series} hover={hover} />
      </div>
    </section>
  );
}

/** Which of a series' steps is told of: the last one up to the pointer, or to the moment that is shown. */
function indexTold(one: Series, x: number | undefined, now: number): number {
  if (x === undefined) return one.upTo(now);
  if (axis.value === 'step') return lastUpTo(one.steps, x);
  const start = session.store.end ? session.store.t(session.store.first) : 0;
  // A hair more: seconds were milliseconds before, and not all of them come back the same.
  return lastUpTo(one.times, start + x * 1000 + 1e-4);
}

/** Of which step, and of when, the first of the series that has one is told. */
function momentTold(series: readonly Series[], x: number | undefined, now: number): string {
  const start = session.store.end ? session.store.t(session.store.first) : 0;
  for (const one of series) {
    const at = indexTold(one, x, now);
    if (at >= 0) return `step ${figure(one.steps[at]!)} · ${stamp(one.times[at]! - start)}`;
  }
  return '';
}
