import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** A signal that follows another, and changes no more often than once in so many milliseconds. */
export function useThrottled<Value>(other: ReadonlySignal<Value>, ms: number): ReadonlySignal<Value> {
  const mine = useSignal(other.peek());
  useEffect(() => {
    let timer = 0;
    let last = Number.NEGATIVE_INFINITY;
    const stop = other.subscribe(() => {
      if (timer) return;
      timer = window.setTimeout(
        () => {
          timer = 0;
          last = performance.now();
          mine.value = other.peek();
        },
        Math.max(0, last + ms - performance.now()),
      );
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
  return mine;
}
