import { type ReadonlySignal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** Whether a part of the page is in sight, or nearly. */
export function useInSight(place: RefObject<Element | null>): ReadonlySignal<boolean> {
  const seen = useSignal(false);
  useEffect(() => {
    const watch = new IntersectionObserver(
      (entries) => {
        seen.value = entries.at(-1)!.isIntersecting;
      },
      { rootMargin: '120px' },
    );
    watch.observe(place.current!);
    return () => watch.disconnect();
  }, []);
  return seen;
}
