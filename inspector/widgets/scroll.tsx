import type { ComponentChildren, RefObject } from 'preact';

export interface ScrollProps {
  id: string;
  label: string;
  class?: string;
  box?: RefObject<HTMLElement | null>;
  /** Told how far it is scrolled, in pixels. */
  onScroll?: (top: number) => void;
  children: ComponentChildren;
}

/** A part of the page that scrolls by itself, and that the keyboard can reach to do so. */
export function Scroll({ id, label, class: name = '', box, onScroll, children }: ScrollProps) {
  return (
    <section
      id={id}
      class={`scroll ${name}`}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: without it, it could not be scrolled by keys
      tabIndex={0}
      onScroll={onScroll && ((event) => onScroll(event.currentTarget.scrollTop))}
      {...(box && { ref: box })}
    >
      {children}
    </section>
  );
}
