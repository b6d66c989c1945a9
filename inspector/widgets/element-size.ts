import { type ReadonlySignal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** How much room an element has for what is in it, in pixels, as that changes. Nothing until it is known. */
export function useRoom(box: RefObject<HTMLElement | null>): ReadonlySignal<{ width: number; height: number }> {
  const room = useSignal({ width: 0, height: 0 });
  useEffect(() => {
    const watch = new ResizeObserver(() => {
      // When another run takes over, a view is gone before the news of its size is.
      if (box.current) room.value = { width: box.current.clientWidth, height: box.current.clientHeight };
    });
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  return room;
}
