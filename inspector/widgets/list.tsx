import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useRoom } from './element-size.ts';

/** No browser scrolls further than about this many pixels: a longer list moves by more than it is scrolled. */
const TALLEST = 8_000_000;

export interface ListProps {
  id: string;
  label: string;
  count: number;
  rowHeight: number;
  /** The row that is kept in sight, -1 for none. It is scrolled to when it changes. */
  reveal: number;
  /** The id of the row that is current. */
  active?: string | undefined;
  row: (index: number) => ComponentChildren;
  onKey?: (event: KeyboardEvent) => void;
  /** It was scrolled, not from here: by hand, or since the list has become higher. Tells whether its end is in sight. */
  onScroll?: (atEnd: boolean) => void;
}

/** A list of rows of one height, of which only those in sight are in the document. */
export function List({ id, label, count, rowHeight, reveal, active, row, onKey, onScroll }: ListProps) {
  const box = useRef<HTMLDivElement>(null);
  const { height } = useRoom(box).value;
  /** How far it is scrolled, in pixels: read from it, it would be laid out anew each time. */
  const top = useRef(0);
  const scrolled = useSignal(0);
  scrolled.value;
  const shown = useRef({ reveal: -1, count: 0, height: 0 });
  /** It has yet to be scrolled to there. */
  const moved = useRef(false);
  /** It has been, from here, and has yet to say so. */
  const ours = useRef(false);

  const full = count * rowHeight;
  const tall = Math.min(full, TALLEST);
  // How far the rows move for one pixel of scrolling.
  const scale = full > tall ? (full - height) / (tall - height) : 1;
  const seen = Math.ceil(height / rowHeight) + 1;
  const last = shown.current;
  if (reveal >= 0 && height && (last.reveal !== reveal || last.count !== count || last.height !== height)) {
    const y = reveal * rowHeight;
    const now = top.current * scale;
    if (y < now || y + rowHeight > now + height) {
      // A jump puts the row in the middle; the next row below comes in at the edge.
      const near = y > now && y < now + height + rowHeight * 3;
      const to = near ? y + rowHeight - height : y - height / 2;
      top.current = Math.round(Math.min(Math.max(0, to / scale), Math.max(0, tall - height)));
      moved.current = true;
    }
  }
  shown.current = { reveal, count, height };
  const offset = top.current * scale;
  const first = Math.max(0, Math.min(Math.floor(offset / rowHeight), count - seen + 1));

  useLayoutEffect(() => {
    const element = box.current!;
    if (!moved.current) return;
    moved.current = false;
    // It would not say that it has been scrolled to where it is.
    if (element.scrollTop === top.current) return;
    ours.current = true;
    element.scrollTop = top.current;
  });

  const rows: ComponentChildren[] = [];
  for (let index = first; index < Math.min(count, first + seen); index++) rows.push(row(index));
  return (
    <div
      class="list"
      id={id}
      ref={box}
      tabIndex={0}
      role="listbox"
      aria-label={label}
      aria-activedescendant={active}
      onKeyDown={onKey}
      onScroll={(event) => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        if (scrollTop !== top.current) {
          top.current = scrollTop;
          scrolled.value++;
        }
        if (!ours.current) onScroll?.(scrollTop + clientHeight > scrollHeight - rowHeight);
        ours.current = false;
      }}
    >
      <div role="presentation" style={{ height: `${tall}px` }}>
        <div role="presentation" style={{ transform: `translateY(${top.current - (offset - first * rowHeight)}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}
