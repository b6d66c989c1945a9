import { type ChartParts, lookOf, setLook } from '../page/plot-choice.ts';
import { closeChart, partsOfChart, splitChart } from '../page/plot-picks.ts';
import { figure } from '../text/number.ts';
import { Menu } from '../widgets/menu.tsx';

/** What can be done with a chart, and how it is drawn. */
export function PlotMenu({ parts, whole }: { parts: ChartParts; whole: string }) {
  const { smoothing, log } = lookOf(parts);
  return (
    <Menu
      label={
        <>
          <span aria-hidden="true">⋯</span>
          <span class="told">{`Options of ${whole}`}</span>
        </>
      }
    >
      {(close) => {
        const into = partsOfChart(parts).length;
        return (
          <div class="sheet actions">
            <label class="check">
              smooth
              <input
                type="range"
                min="0"
                max="0.99"
                step="0.01"
                value={smoothing}
                onInput={(event) => setLook(parts, { smoothing: Number(event.currentTarget.value) })}
              />
              <span class="fixed">{smoothing ? smoothing.toFixed(2) : 'off'}</span>
            </label>
            <label class="check">
              <input
                type="checkbox"
                checked={log}
                onChange={(event) => setLook(parts, { log: event.currentTarget.checked })}
              />
              log scale
            </label>
            <button
              type="button"
              disabled={into < 2}
              onClick={() => {
                close();
                splitChart(parts);
              }}
            >
              {into < 2 ? 'split' : `split into ${figure(into)} charts`}
            </button>
            <button
              type="button"
              onClick={() => {
                close();
                closeChart(parts);
              }}
            >
              close
            </button>
          </div>
        );
      }}
    </Menu>
  );
}
