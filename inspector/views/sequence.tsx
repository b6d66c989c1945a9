import { useMemo, useRef } from 'preact/hooks';
import { session } from '../page/session.ts';
import { type Lifelines, lifelinesOf } from '../run/lifelines.ts';
import { type Message, Messages } from '../run/messages.ts';
import { shortType } from '../text/describe.ts';
import { figure } from '../text/number.ts';
import { stamp } from '../text/time.ts';
import { useRoom } from '../widgets/element-size.ts';
import { List } from '../widgets/list.tsx';
import { Range } from '../widgets/range-chip.tsx';

const ROW = 28;
/** What stands left of the lifelines: when it was. */
const TIMES = 84;
/** A lifeline takes at least this much room, so that what is sent between two can be read. */
const NARROWEST = 104;
const MOST = 12;
/** In less room there are no times, and three lifelines. */
const LITTLE = 420;

let messages: { store: object; all: Messages } | undefined;

/** Who sent what to whom: in the selected range, or up to the moment that is shown. */
export function Sequence() {
  const { store } = session;
  const now = session.now.value;
  const range = session.range.value;
  const box = useRef<HTMLElement>(null);
  const { width } = useRoom(box).value;
  if (messages?.store !== store) messages = { store, all: new Messages(store) };
  const found = range
    ? messages.all.between(store.rowFromTime(range.from), store.rowOfTime(range.to))
    : { messages: messages.all.before(now), cut: false };
  const list = found.messages;
  const times = width >= LITTLE;
  const left = times ? TIMES : 6;
  const most = Math.max(3, Math.min(MOST, Math.floor((width - left - 24) / NARROWEST)));
  const lines = useMemo(() => lifelinesOf(list, most), [list, most]);
  const current = list.findLastIndex(({ row }) => row <= now);
  const room = Math.max(1, (width - left - 24) / Math.max(1, lines.lines.length));
  const start = store.end ? store.begin : 0;
  const go = (index: number) => {
    const message = list[Math.min(list.length - 1, Math.max(0, index))];
    if (message) pick(message);
  };
  return (
    <section class="sequence" aria-label="Sequence" ref={box}>
      <header class="tools">
        <span class="dim">
          {range ? 'in the selected range' : 'up to the moment shown'} · {figure(list.length)}
          {found.cut ? ' and more' : ''} {list.length === 1 ? 'event' : 'events'} between actors
        </span>
        <Range />
        <span class="grow" />
      </header>
      {list.length ? (
        <>
          <div class="heads" aria-hidden="true">
            {lines.lines.map(({ name, path }, at) => (
              <span
                key={name}
                class={`head ${path?.actors[0]?.kind === '' ? `hue${path.hue}` : ''}`}
                style={{ left: `${left + at * room}px`, width: `${room}px` }}
                title={name}
              >
                {name}
              </span>
            ))}
          </div>
          <List
            id="sequence"
            label="Events between actors"
            count={list.length}
            rowHeight={ROW}
            reveal={current}
            active={current >= 0 ? `sequence-${list[current]!.row}` : undefined}
            onKey={(event) => {
              const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[event.key];
              if (!by) return;
              event.preventDefault();
              go(current + by);
            }}
            row={(index) => (
              <Arrow
                key={list[index]!.row}
                message={list[index]!}
                lines={lines}
                left={left}
                room={room}
                isCurrent={index === current}
                at={times ? stamp(store.t(list[index]!.row) - start) : ''}
              />
            )}
          />
        </>
      ) : (
        <p class="note">
          No actor has sent another anything {range ? 'in this range' : 'up to this moment'}, as far as was seen. What a
          loop's own hooks tell it stands in the log.
        </p>
      )}
    </section>
  );
}

/** Who is done or has failed, the arrow says. */
const endWords = (type: string): string =>
  type.startsWith('xstate.done.actor.')
    ? 'done ✓'
    : type.startsWith('xstate.error.actor.')
      ? 'failed ✕'
      : shortType(type);

/** Goes to the moment, and to whom it was sent. */
function pick({ row, to }: Message): void {
  session.jump(row);
  session.select(to.id);
}

interface ArrowProps {
  message: Message;
  lines: Lifelines;
  left: number;
  room: number;
  isCurrent: boolean;
  at: string;
}

function Arrow({ message, lines, left, room, isCurrent, at }: ArrowProps) {
  const { row, from, to, type, begins } = message;
  const middle = (index: number) => left + (index + 0.5) * room;
  const [a, b] = [middle(lines.indexOf(from)), middle(lines.indexOf(to))];
  const width = left + lines.lines.length * room;
  const text = begins ? 'begins' : endWords(type);
  // Of two that share a line, a loop back to it.
  const d = a === b ? `M${a} 10h22v9h-17` : `M${a} 18H${b + (b > a ? -5 : 5)}`;
  const tip =
    b > a
      ? `M${b - 6} 14 ${b} 18 ${b - 6} 22z`
      : `M${b + 6} ${a === b ? 15 : 14} ${b} ${a === b ? 19 : 18} ${b + 6} ${a === b ? 23 : 22}z`;
  const [begin, wide] = a === b ? [a + 26, room] : [Math.min(a, b), Math.abs(a - b)];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list itself has the keys
    <div
      id={`sequence-${row}`}
      role="option"
      tabIndex={-1}
      aria-selected={isCurrent}
      class={`message ${begins ? 'begins' : ''}`}
      style={{ height: `${ROW}px` }}
      title={`${from?.id ?? 'somebody outside'} → ${to.id}: ${type}`}
      aria-label={`${from?.short ?? 'somebody outside'} to ${to.short}: ${text}`}
      onClick={() => pick(message)}
    >
      <span class="at">{at}</span>
      <svg width={width} height={ROW} aria-hidden="true">
        {lines.lines.map(({ name }, index) => (
          <line key={name} x1={middle(index)} x2={middle(index)} y1="0" y2={ROW} />
        ))}
        <path class="way" d={d} />
        <path class="tip" d={tip} />
      </svg>
      <span class={`type ${a === b ? 'back' : ''}`} style={{ left: `${begin}px`, width: `${wide}px` }}>
        <span>{text}</span>
      </span>
    </div>
  );
}
