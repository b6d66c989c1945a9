import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { axis, type ChartParts, lookOf, nameOfPart } from '../page/plot-choice.ts';
import { goTo, momentOn, pointTold, timeBetween } from '../page/plot-places.ts';
import { linesOf, type PlottedSeries } from '../page/plotted.ts';
import { session } from '../page/session.ts';
import { dark } from '../page/theme.ts';
import { lastLoop } from '../run/number-name.ts';
import { exact, figure } from '../text/number.ts';
import { Exact } from '../widgets/exact.tsx';
import { useInSight } from '../widgets/in-sight.ts';
import { PlotCanvas } from './plot-canvas.ts';
import { PlotLegend } from './plot-legend.tsx';
import { PlotMenu } from './plot-menu.tsx';

export interface PlotProps {
  parts: ChartParts;
  /** Where on the axis the pointer is, on whichever chart. */
  hover: Signal<number | null>;
  /** Goes up a few times a second while lines come in. */
  version: ReadonlySignal<number>;
  /** The charts that are chosen, to be put together. */
  chosen: Signal<ReadonlySet<string>>;
  /** What this one is called among them. */
  id: string;
}

/** What a chart is called: in a few words, and in full. */
export function titleOf(parts: ChartParts): { brief: string; whole: string } {
  const names = parts.map((part) => nameOfPart(part) ?? part);
  const brief = parts.map((part) => {
    const [loop, ...keys] = nameOfPart(part)?.split(' · ') ?? [];
    return loop === undefined ? part : [lastLoop(loop), ...keys].join(' · ');
  });
  return { brief: brief.join(', '), whole: names.join(', ') };
}

/** One chart, drawn while it is in sight. */
export function Plot({ parts, hover, version, chosen, id }: PlotProps) {
  const card = useRef<HTMLElement>(null);
  const seen = useInSight(card).value;
  version.value;
  const lines = seen ? linesOf(parts) : [];
  const near = useSignal<PlottedSeries | undefined>(undefined);
  const painted = useSignal(0);
  const { brief, whole } = titleOf(parts);
  return (
    <article ref={card} class={`card ${chosen.value.has(id) ? 'chosen' : ''}`} aria-label={whole}>
      <header>
        <label class="choose" title="Choose it, to put several together">
          <input
            type="checkbox"
            aria-label={`Choose ${whole}`}
            checked={chosen.value.has(id)}
            onChange={() => {
              const next = new Set(chosen.value);
              if (!next.delete(id)) next.add(id);
              chosen.value = next;
            }}
          />
        </label>
        <h3 title={whole}>{brief}</h3>
        <Reading lines={lines} near={near} hover={hover} painted={painted} />
        <PlotMenu parts={parts} whole={whole} />
      </header>
      {seen ? <Canvas parts={parts} lines={lines} hover={hover} near={near} painted={painted} whole={whole} /> : null}
      {seen ? <PlotLegend lines={lines} near={near} painted={painted} /> : null}
    </article>
  );
}

interface CanvasProps {
  parts: ChartParts;
  lines: readonly PlottedSeries[];
  hover: Signal<number | null>;
  near: Signal<PlottedSeries | undefined>;
  /** Goes up each time it was drawn. */
  painted: Signal<number>;
  whole: string;
}

function Canvas({ parts, lines, hover, near, painted, whole }: CanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<PlotCanvas | undefined>(undefined);
  const shown = useRef(lines);
  shown.current = lines;
  const range = session.range.value;
  const look = lookOf(parts);
  useEffect(() => {
    const made = new PlotCanvas(box.current!, {
      hover: (place, line) => {
        hover.value = place;
        near.value = line;
      },
      press: (place, line) => goTo(place, line),
      drag: (from, to) => {
        session.range.value = timeBetween(axis.value, shown.current, from, to) ?? session.range.value;
      },
      painted: () => {
        painted.value++;
      },
    });
    canvas.current = made;
    return () => made.leave();
  }, []);
  useEffect(() => {
    canvas.current?.show({ lines, look, axis: axis.value, theme: dark.value });
  }, [lines, look, axis.value, dark.value, range]);
  useSignalEffect(() => {
    painted.value;
    canvas.current?.place(momentOn(shown.current), hover.value ?? undefined);
  });
  useSignalEffect(() => canvas.current?.stress(near.value));
  return <div class="plot" ref={box} role="img" aria-label={`Plot of ${whole}`} />;
}

interface ReadingProps {
  lines: readonly PlottedSeries[];
  near: ReadonlySignal<PlottedSeries | undefined>;
  hover: ReadonlySignal<number | null>;
  painted: ReadonlySignal<number>;
}

/** The value at the pointer, or at the moment that is shown: of several lines, of the one that the pointer is at. */
function Reading({ lines, near, hover, painted }: ReadingProps) {
  painted.value;
  const line = lines.length === 1 ? lines[0] : lines.find(({ series }) => series === near.value?.series);
  const at = line ? pointTold(line, hover.value) : -1;
  if (!line || at < 0) return <span class="read dim">{lines.length > 1 ? `${figure(lines.length)} lines` : ''}</span>;
  const value = line.series.values.at(at);
  return (
    <span class="read">
      {lines.length > 1 ? <span class={`hue${line.hue}`}>{line.label} </span> : null}
      <Exact class={Number.isFinite(value) ? '' : 'bad'} exact={exact(value)}>
        {figure(value)}
      </Exact>
    </span>
  );
}
