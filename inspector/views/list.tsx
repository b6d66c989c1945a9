import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useRoom } from './room.ts';

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
  const top = useSignal(0);
  const { height } = useRoom(box).value;
  const ours = useRef(false);

  const full = count * rowHeight;
  const tall = Math.min(full, TALLEST);
  // How far the rows move for one pixel of scrolling.
  const scale = full > tall ? (full - height) / (tall - height) : 1;
  const seen = Math.ceil(height / rowHeight) + 1;
  const offset = top.value * scale;
  const first = Math.max(0, Math.min(Math.floor(offset / rowHeight), count - seen + 1));

  useLayoutEffect(() => {
    if (reveal < 0 || !height) return;
    const element = box.current!;
    const y = reveal * rowHeight;
    const now = element.scrollTop * scale;
    if (y >= now && y + rowHeight <= now + height) return;
    // A jump puts the row in the middle; the next row below comes in at the edge.
    const near = y > now && y < now + height + rowHeight * 3;
    const to = near ? y + rowHeight - height : y - height / 2;
    ours.current = true;
    element.scrollTop = Math.max(0, to / scale);
    top.value = element.scrollTop;
  }, [reveal, count, height]);

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
        top.value = scrollTop;
        if (!ours.current) onScroll?.(scrollTop + clientHeight > scrollHeight - rowHeight);
        ours.current = false;
      }}
    >
      <div role="presentation" style={{ height: `${tall}px` }}>
        <div role="presentation" style={{ transform: `translateY(${top.value - (offset - first * rowHeight)}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}
