import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export interface MenuProps {
  label: ComponentChildren;
  /** The sheet. A function is asked for it each time the menu opens, and can close it. */
  children: ComponentChildren | ((close: () => void) => ComponentChildren);
}

/** A button with a sheet below it. One is open at a time; Esc, a press elsewhere and leaving it by Tab close it. */
export function Menu({ label, children }: MenuProps) {
  const box = useRef<HTMLDetailsElement>(null);
  const open = useSignal(false);
  const close = () => {
    box.current!.open = false;
  };
  // As soon as it is open, and not once that has been painted: the next key may come before.
  useLayoutEffect(() => {
    if (!open.value) return;
    // Before whatever was pressed sees it: that may take itself, and the way here, out of the document.
    const onPress = (event: Event) => {
      if (!event.composedPath().includes(box.current!)) close();
    };
    // Before the page's keys see it: Esc would also clear the range.
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      close();
      box.current!.querySelector('summary')!.focus();
    };
    addEventListener('pointerdown', onPress, true);
    addEventListener('keydown', onKey, true);
    return () => {
      removeEventListener('pointerdown', onPress, true);
      removeEventListener('keydown', onKey, true);
    };
  }, [open.value]);
  return (
    // Those of one name close one another.
    <details
      ref={box}
      class="menu"
      name="menu"
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
      onFocusOut={({ relatedTarget }) => {
        if (relatedTarget && !box.current!.contains(relatedTarget as Node)) close();
      }}
    >
      {/* At once: `toggle` comes later than the next key may. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a summary is no static element */}
      <summary
        onClick={() => {
          open.value = !box.current!.open;
        }}
      >
        {label}
      </summary>
      {typeof children !== 'function' ? children : open.value ? children(close) : null}
    </details>
  );
}
