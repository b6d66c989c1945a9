import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useRoom } from './element-size.ts';

interface VirtualRowsProps {
  id: string;
  class: string;
  label: string;
  /** How many there are, the head not counted. */
  count: number;
  /** Pixels. */
  rowHeight: number;
  /** The row that is kept in sight when it becomes another one, -1 for none. */
  reveal: number;
  /** The id of the row that is current. */
  active: string | undefined;
  /** The row of the columns' names: it stays on top. */
  head: ComponentChildren;
  /** Pixels. */
  headHeight: number;
  row: (at: number) => ComponentChildren;
  onKey: (event: KeyboardEvent) => void;
}

/** A grid whose rows have one height, and of which only those in sight are in the document. It has the keys of its rows. */
export function VirtualRows(props: VirtualRowsProps) {
  const { id, class: name, label, count, rowHeight, reveal, active, head, headHeight, row, onKey } = props;
  const box = useRef<HTMLDivElement>(null);
  const { height } = useRoom(box).value;
  const top = useSignal(0);
  const seen = Math.ceil(height / rowHeight) + 1;
  const first = Math.max(0, Math.min(Math.floor(top.value / rowHeight), count - seen + 1));
  useLayoutEffect(() => {
    const element = box.current!;
    if (reveal < 0 || !height) return;
    const y = reveal * rowHeight;
    // The head lies over the first row.
    const room = height - headHeight;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + rowHeight > element.scrollTop + room) element.scrollTop = y + rowHeight - room;
  }, [reveal, height > 0]);
  const rows: ComponentChildren[] = [];
  for (let at = first; at < Math.min(count, first + seen); at++) rows.push(row(at));
  return (
    // biome-ignore lint/a11y/useSemanticElements: no table: few of its rows are in the document
    <div
      id={id}
      ref={box}
      class={name}
      role="grid"
      aria-label={label}
      aria-rowcount={count + 1}
      aria-activedescendant={active}
      tabIndex={0}
      onKeyDown={(event) => {
        // A box or a button in it has keys of its own.
        if (event.target === event.currentTarget || event.key.startsWith('Arrow')) onKey(event);
      }}
      onScroll={(event) => {
        top.value = event.currentTarget.scrollTop;
      }}
    >
      {head}
      <div role="presentation" style={{ height: `${count * rowHeight}px` }}>
        <div role="presentation" style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}
