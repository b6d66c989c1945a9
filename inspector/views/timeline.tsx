import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { drawFlame, markAt } from '../drawing/flame.ts';
import { lanesOf, type Palette, tall } from '../drawing/flame-scene.ts';
import { barAt, type TimelineBar } from '../drawing/flame-sections.ts';
import { alertsNow, goTo } from '../page/alerts.ts';
import { filePart, goToTime } from '../page/file-part.ts';
import { session } from '../page/session.ts';
import { colour, dark } from '../page/theme.ts';
import { bringIn, everything, knowsMore, pan, showAll, sight, sightNow, zoom } from '../page/time-zoom.ts';
import { standing } from '../run/standing.ts';
import { toldOf } from '../run/standing-in-words.ts';
import { figure } from '../text/number.ts';
import { duration, rate } from '../text/time.ts';
import { useRoom } from '../widgets/element-size.ts';
import { Scroll } from '../widgets/scroll.tsx';
import { Split } from '../widgets/split.tsx';

const palette = (): Palette => ({
  ground: colour('ground'),
  text: colour('text'),
  dim: colour('dim'),
  line: colour('line'),
  accent: colour('accent'),
  bad: colour('bad'),
  warn: colour('warn'),
  hook: colour('hook'),
  step: colour('step'),
  onBar: colour('on-bar'),
  hues: [0, 1, 2, 3, 4, 5, 6, 7].map((hue) => colour(`bar${hue}`)),
});

/** More than this are scrolled. All in sight are whole: of a lane that is cut one sees that it is there, not what it is. */
const LANES = 7;

interface Drag {
  x: number;
  t: number;
  pans: boolean;
  moved: boolean;
}

/** When each loop ran, nested, with its steps, hooks and pauses. */
export function Timeline() {
  const box = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const room = useRoom(box);
  const colours = useSignal<Palette | undefined>(undefined);
  const hover = useSignal<{ x: number; y: number; text: string } | null>(null);
  const drag = useRef<Drag | null>(null);
  const frame = useRef(0);
  session.version.value;
  const lanes = lanesOf(session.store);

  useSignalEffect(() => {
    dark.value;
    colours.value = palette();
  });
  // What is shown stays in sight when it moves.
  useSignalEffect(() => {
    const now = session.now.value;
    if (session.cursor.value !== null && now >= 0) bringIn(session.store.t(now));
  });
  useSignalEffect(() => {
    // Bars that have no end are drawn so.
    session.store.goesOn.value;
    const scene = {
      store: session.store,
      ...sightNow(),
      now: session.now.value,
      selected: session.actor.value,
      range: session.range.value,
      marks: alertsNow(),
      width: room.value.width,
      palette: colours.value,
    };
    session.version.value;
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => {
      const element = canvas.current;
      const ctx = element?.getContext('2d');
      if (!element || !ctx || !scene.palette || !scene.width) return;
      const height = tall(lanesOf(scene.store));
      const ratio = devicePixelRatio;
      // Setting a size clears and allocates: only when it is another.
      if (element.width !== Math.round(scene.width * ratio) || element.height !== Math.round(height * ratio)) {
        element.width = Math.round(scene.width * ratio);
        element.height = Math.round(height * ratio);
      }
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      drawFlame(ctx, { ...scene, palette: scene.palette });
    });
  });

  useEffect(() => {
    // Not by a prop: the wheel may only be kept from scrolling by a listener that is not passive.
    const element = box.current!;
    const onWheel = (event: WheelEvent) => {
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
        event.preventDefault();
        pan((event.deltaX || event.deltaY) / 800);
        return;
      }
      if (!event.ctrlKey && !event.metaKey && element.scrollHeight > element.clientHeight + 2) return;
      event.preventDefault();
      zoom(1.0018 ** event.deltaY, timeAt(event.clientX));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);

  const place = (clientX: number) => clientX - box.current!.getBoundingClientRect().left;
  const timeAt = (clientX: number) => {
    const { from, to } = sightNow();
    return from + (Math.max(0, place(clientX)) / room.value.width) * (to - from);
  };
  const under = (event: PointerEvent) => {
    const bounds = canvas.current!.getBoundingClientRect();
    return barAt(
      { store: session.store, ...sightNow(), width: room.value.width },
      event.clientX - bounds.left,
      event.clientY - bounds.top,
    );
  };
  const marked = (event: PointerEvent) => {
    const bounds = canvas.current!.getBoundingClientRect();
    const sight = { ...sightNow(), width: room.value.width };
    return markAt(sight, alertsNow(), event.clientX - bounds.left, event.clientY - bounds.top);
  };
  const onMove = (event: PointerEvent) => {
    const { store } = session;
    if (!store.end) return;
    const t = timeAt(event.clientX);
    const held = drag.current;
    if (held) {
      held.moved ||= Math.abs(event.clientX - held.x) > 3;
      if (!held.moved) return;
      if (held.pans) {
        pan((held.x - event.clientX) / room.value.width);
        held.x = event.clientX;
      } else session.range.value = { from: Math.min(held.t, t), to: Math.max(held.t, t) };
      return;
    }
    const alert = marked(event);
    const bar = under(event);
    const bounds = box.current!.getBoundingClientRect();
    const text = alert ? `${alert.actor.id}: ${alert.says}` : bar && wordsOf(bar, t);
    hover.value = text ? { x: event.clientX - bounds.left, y: event.clientY - bounds.top, text } : null;
  };

  return (
    <section class="timeline" aria-label="Timeline" style={{ '--lanes': `${tall(Math.min(LANES, lanes))}px` }}>
      <Split name="timeline" />
      <Scroll id="timeline" box={box} label="Timeline: w and s zoom, a and d move">
        <canvas
          ref={canvas}
          style={{ width: '100%', height: `${tall(lanes)}px` }}
          role="img"
          aria-label="When each loop ran"
          onPointerDown={(event) => {
            drag.current = {
              x: event.clientX,
              t: timeAt(event.clientX),
              pans: event.shiftKey || event.button === 1,
              moved: false,
            };
            event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={onMove}
          onPointerLeave={() => {
            hover.value = null;
          }}
          onPointerUp={(event) => {
            const held = drag.current;
            drag.current = null;
            if (!held || held.moved || !session.store.end) return;
            const alert = marked(event);
            if (alert) return goTo(alert);
            const bar = under(event);
            const t = timeAt(event.clientX);
            // First the time: another part of a file begins with no loop chosen.
            goToTime(!bar || bar.isHeld ? t : Math.max(bar.from, Math.min(bar.end, t)));
            if (bar) session.select(bar.id);
          }}
        />
      </Scroll>
      <Tip hover={hover.value} width={room.value.width} />
      <Extents />
    </section>
  );
}

/** What a bar stands for, and how its loop stood at a time. */
function wordsOf({ id, from, end, actor, isHeld }: TimelineBar, t: number): string {
  const { store, contexts } = session;
  const told = `${id} · ${duration(end - from)}`;
  if (!isHeld)
    return `${told} · its events are not held${filePart() ? ': press it to read the part of the file it lies in' : ' any more'}`;
  if (!actor) return told;
  const here = standing(store, actor, store.rowOfTime(t));
  const steps = `${store.isVague(actor, store.last) ? 'at least ' : ''}${figure(actor.steps)} steps`;
  const fast = end > from ? `, ${rate((actor.steps * 1000) / (end - from))}` : '';
  const now = here ? ` · here ${toldOf(store, contexts, actor, here).words}, step ${figure(here.steps)}` : '';
  return `${told} · ${steps}${fast}${now}`;
}

/** Leads back to all of the time, and to what is not held. */
function Extents() {
  session.version.value;
  const more = knowsMore();
  const { lanes, around } = session.store;
  const isHeld = !sight.value && !everything.value;
  const isAll = !sight.value && everything.value;
  return (
    <span class="extents">
      {isHeld ? null : (
        <button
          type="button"
          class="chip"
          title={more ? 'Show all of the time of which events are held' : 'Show all of the time'}
          onClick={() => showAll(false)}
        >
          {more ? 'what is held' : 'all'}
        </button>
      )}
      {more && !isAll ? (
        <button
          type="button"
          class="chip"
          title="Show all runs of loops that are known of, also those whose events are not held"
          onClick={() => showAll(true)}
        >
          all {figure((around ?? lanes).count)} runs
        </button>
      ) : null}
    </span>
  );
}

/** What is under the pointer, on the side of it that has more room. */
function Tip({ hover, width }: { hover: { x: number; y: number; text: string } | null; width: number }) {
  if (!hover) return null;
  const { x, y, text } = hover;
  const beside = x < width / 2 ? { left: x + 12, room: width - x } : { right: width - x + 12, room: x };
  const px = (length?: number) => (length === undefined ? undefined : `${length}px`);
  return (
    <div
      class="tip"
      style={{ left: px(beside.left), right: px(beside.right), maxWidth: px(beside.room - 24), top: `${y + 14}px` }}
    >
      {text}
    </div>
  );
}
