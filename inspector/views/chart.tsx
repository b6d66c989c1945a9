import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { HEAD, LINE, largest, type Picture } from '../drawing/chart-layout.ts';
import { picturesOf } from '../drawing/chart-pictures.ts';
import type { ChartLine } from '../lines/line.ts';
import { session } from '../page/session.ts';
import type { Actor } from '../run/actor.ts';
import { enteredAt, entryOf } from '../run/entry-reason.ts';
import { type Standing, standing } from '../run/standing.ts';
import { type Told, toldOf } from '../run/standing-in-words.ts';
import { stateInWords, statesIn } from '../run/state-value.ts';
import { edgeKey, TransitionCounts, taken } from '../run/transition-counts.ts';
import { shortType } from '../text/describe.ts';
import { fewSigns, figure } from '../text/number.ts';
import { useRoom } from '../widgets/element-size.ts';
import { Mark } from '../widgets/phase-mark.tsx';
import { Scroll } from '../widgets/scroll.tsx';
import { Send } from './send.tsx';

/** How much larger it is than drawn; `read` for as large as there is room, and no smaller than can be read; `fit` for all of it. */
const zoom = signal<number | 'read' | 'fit'>('read');
const zoomBy = (factor: number) => {
  const { value } = zoom;
  zoom.value = (typeof value === 'number' ? value : 1) * factor;
};
/** From here on the text, which is of 10 units, has 11 pixels. Where there is no room for that, the chart is scrolled. */
const READABLE = 1.1;
/** What the pane has around the chart. */
const MARGIN = { width: 20, height: 10 };

const NO_STATES: ReadonlySet<string> = new Set();

/** What an actor without a chart is. */
const ofKind = (kind: string): string =>
  kind === 'actor'
    ? 'an actor of a logic of its own, without a chart'
    : `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}, without a chart`;

let counts: TransitionCounts | undefined;

/** The selected loop's machine: where it is, and how often each way was taken. */
export function Chart() {
  const { store } = session;
  const now = session.now.value;
  const actor = session.actor.value;
  const chart = actor && store.charts.get(actor.chart);
  const plan = chart && picturesOf(chart);
  const box = useRef<HTMLElement>(null);
  const room = useRoom(box).value;
  const here = actor && standing(store, actor, now);
  const told = actor && here && toldOf(store, session.contexts, actor, here);
  if (actor && counts?.actor !== actor) counts = new TransitionCounts(store, actor);
  if (actor) counts!.moveTo(now);
  return (
    <section class="chart" aria-label="Chart">
      <header class="tools">
        {actor ? <Around actor={actor} /> : null}
        {actor ? (
          <span class={`who hue${actor.path.hue}`} title={actor.id}>
            {actor.short}
          </span>
        ) : null}
        <span class="grow" />
        <button type="button" class="flat" title="Smaller" aria-label="Smaller" onClick={() => zoomBy(1 / 1.25)}>
          −
        </button>
        <button
          type="button"
          class="flat"
          title="All of it in sight"
          aria-pressed={zoom.value === 'fit'}
          onClick={() => {
            zoom.value = zoom.value === 'fit' ? 'read' : 'fit';
          }}
        >
          fit
        </button>
        <button type="button" class="flat" title="Larger" aria-label="Larger" onClick={() => zoomBy(1.25)}>
          +
        </button>
      </header>
      {actor && here && told ? <Why actor={actor} here={here} told={told} now={now} /> : null}
      {actor && here && actor.kind !== '' ? <Send key={actor.id} actor={actor} value={here.value} /> : null}
      <Scroll id="chart" label="Statechart" box={box}>
        {!actor ? <p class="note">The chart of the loop you choose is shown here.</p> : null}
        {actor && !chart && actor.chart === '' && actor.kind !== '' ? (
          <p class="note">
            {actor.id} is{' '}
            {actor.kind === 'machine' ? 'a machine whose chart is too large to be told' : ofKind(actor.kind)}. What it
            holds is shown beside the log.
          </p>
        ) : actor && !chart ? (
          <p class="note">
            Expected a chart of {actor.id} in the lines, but there is none: the first ones were not seen. A recording
            from the beginning holds it.
          </p>
        ) : null}
        {plan === 'failed' ? (
          <p class="note">
            This chart could not be laid out: the part of the page that does so was not found, or cannot read it. Reload
            the page; the other views do without it.
          </p>
        ) : null}
        {plan === 'working' ? <p class="note">Laying out…</p> : null}
        {plan && typeof plan === 'object' && room.height ? (
          <Drawing
            plan={largest(plan, room.width - MARGIN.width, room.height - MARGIN.height)}
            value={here ? stateInWords(here.value) : ''}
            lit={chart && here ? statesIn(chart.root, here.value) : NO_STATES}
            left={told !== undefined && told.more !== ''}
            row={here?.row ?? -1}
          />
        ) : null}
      </Scroll>
    </section>
  );
}

/** The way here from the nest: the loops next around this one, each a way to its chart. */
function Around({ actor }: { actor: Actor }) {
  const around: Actor[] = [];
  for (let outer = actor.parent; outer && around.length < 2; outer = outer.parent) around.unshift(outer);
  return (
    <>
      <button
        type="button"
        class="flat"
        title="Back to the nest"
        aria-label="Back to the nest"
        onClick={() => {
          session.pane.value = 'nest';
        }}
      >
        ←
      </button>
      {around.length ? (
        <span class="around">
          {around.map((outer) => (
            <button
              key={outer.index}
              type="button"
              class={`flat hue${outer.path.hue}`}
              title={outer.id}
              onClick={() => session.select(outer.id)}
            >
              {outer.name} ›
            </button>
          ))}
        </span>
      ) : null}
    </>
  );
}

/** Why the loop is in its state: the first thing that people ask a chart. */
function Why({ actor, here, told, now }: { actor: Actor; here: Standing; told: Told; now: number }) {
  const { store, contexts } = session;
  const entered = enteredAt(actor, now);
  const entry = useMemo(
    () => (entered === undefined ? undefined : entryOf(store, contexts, actor, entered)),
    [store, actor, entered],
  );
  const line = entry && store.line(entry.row);
  // The loop's own hooks are named by their events already.
  const from = line?.type === 'event' && !line.from?.startsWith(`${actor.id}/`) ? line.from : undefined;
  return (
    <p class="why">
      <Mark phase={told.phase} /> <b>{told.more || actor.kind !== '' ? told.words : here.value}</b>
      {told.more ? (
        <>
          {' '}
          {told.more}; last seen <b>{here.value}</b>
        </>
      ) : null}
      {entry ? (
        <>
          {entry.because ? <> because {words(entry.because)}</> : null}
          <span class="dim">
            {line?.type === 'event' ? ` · ${shortType(line.event.type)}` : ''}
            {entry.from ? ` from ${entry.from}` : ''}
            {from ? `, sent by ${from}` : ''}
          </span>{' '}
          <button
            type="button"
            class="flat at"
            title="Go to the moment at which it was entered"
            onClick={() => session.jump(entry.row)}
          >
            {figure(store.seq(entry.row))}
          </button>
        </>
      ) : (
        <span class="dim"> entered before the first event that is held</span>
      )}
    </p>
  );
}

/** What stands between backticks is code. */
const words = (text: string): ComponentChildren =>
  text.split('`').map((part, at) => (at % 2 ? <code key={part}>{part}</code> : part));

interface DrawingProps {
  plan: Picture;
  /** The state that the machine was last seen in, in words. */
  value: string;
  /** The ids of that state and those around it. */
  lit: ReadonlySet<string>;
  /** Whether it is in it no more, or nobody knows. */
  left: boolean;
  row: number;
}

function Drawing({ plan, value, lit, left, row }: DrawingProps) {
  const svg = useRef<SVGSVGElement>(null);
  const last = new Set(row >= session.store.first ? taken(session.store, row) : []);
  const count = ({ source, target, type }: { source: string; target: string; type: string }) =>
    counts?.of(source, target, type) ?? 0;
  // A large chart is shown around the state it is in.
  useEffect(() => {
    svg.current?.querySelector('.box.lit')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [value, zoom.value]);
  const { value: chosen } = zoom;
  const least = chosen === 'read' ? READABLE : 0;
  const size =
    typeof chosen === 'number'
      ? { width: plan.width * chosen, height: plan.height * chosen }
      : { style: { minWidth: `${plan.width * least}px`, minHeight: `${plan.height * least}px` } };
  return (
    <svg
      ref={svg}
      id="statechart"
      class={`${typeof chosen === 'number' ? '' : 'fit'} ${left ? 'left' : ''}`}
      viewBox={`0 0 ${plan.width} ${plan.height}`}
      {...size}
      role="img"
      aria-label={`Statechart, ${left ? 'last seen' : 'in state'} ${value}`}
    >
      <defs>
        <marker
          id="head"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          markerUnits="userSpaceOnUse"
          orient="auto-start-reverse"
        >
          <path d="M1 1 7 4 1 7z" fill="context-stroke" />
        </marker>
      </defs>
      {plan.boxes.map((box) => (
        <g key={box.id} class={`box ${lit.has(box.id) ? 'lit' : ''} ${box.final ? 'final' : ''}`} data-state={box.name}>
          <rect x={box.x} y={box.y} width={box.width} height={box.height} rx="6" />
          {box.final ? (
            <rect class="inner" x={box.x + 3} y={box.y + 3} width={box.width - 6} height={box.height - 6} rx="4" />
          ) : null}
          {box.initial ? <circle cx={box.x + 11} cy={box.y + HEAD / 2} r="3" /> : null}
          <text
            class="title"
            x={box.x + box.width / 2 + (box.initial ? 5 : 0)}
            y={box.y + HEAD / 2 + 4}
            text-anchor="middle"
          >
            {box.name}
          </text>
          {box.notes.map((note, index) => (
            <text
              key={edgeKey(note.source, note.target, note.type)}
              class={`note ${count(note) ? 'taken' : ''} ${last.has(edgeKey(note.source, note.target, note.type)) ? 'last' : ''}`}
              x={box.x + 9}
              y={box.y + HEAD + 6 + index * LINE}
            >
              {note.text}
              <Guard of={note} />
              <Times count={count(note)} />
            </text>
          ))}
        </g>
      ))}
      {plan.arrows.map((arrow) => {
        const sum = arrow.events.reduce((all, event) => all + count(event), 0);
        const flashed = arrow.events.some((event) => last.has(edgeKey(event.source, event.target, event.type)));
        return (
          // The key holds the row, so that the flash begins again each time the same way is taken.
          <g
            key={flashed ? `${arrow.id} ${row}` : arrow.id}
            class={`arrow ${sum ? 'taken' : ''} ${flashed ? 'last' : ''}`}
          >
            <path d={arrow.d} marker-end="url(#head)" />
            <rect
              class="under"
              x={arrow.label.x}
              y={arrow.label.y}
              width={arrow.label.width}
              height={arrow.label.height}
              rx="3"
            />
            {arrow.events.map((event, index) => (
              <text
                key={event.type}
                x={arrow.label.x + arrow.label.width / 2}
                y={arrow.label.y + 10.5 + index * LINE}
                text-anchor="middle"
              >
                {event.text}
                <Guard of={event} />
                <Times count={count(event)} />
              </text>
            ))}
          </g>
        );
      })}
    </svg>
  );
}

const Guard = ({ of: { guard } }: { of: { guard: string } }) =>
  guard ? <tspan class="guard"> if {guard}</tspan> : null;

/** How often a way was taken; pointed at, exactly. */
const Times = ({ count }: { count: number }) =>
  count ? (
    <tspan class="times">
      <title>{figure(count)}</title> {fewSigns(count)}
    </tspan>
  ) : null;

/** The picture of the selected loop's chart, for those who save it. */
export function chartNow(): ChartLine | undefined {
  const actor = session.actor.value;
  return actor && session.store.charts.get(actor.chart);
}
