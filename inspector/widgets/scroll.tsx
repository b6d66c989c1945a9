import type { ComponentChildren, RefObject } from 'preact';

export interface ScrollProps {
  id: string;
  label: string;
  class?: string;
  box?: RefObject<HTMLElement | null>;
  children: ComponentChildren;
}

/** A part of the page that scrolls by itself, and that the keyboard can reach to do so. */
export function Scroll({ id, label, class: name = '', box, children }: ScrollProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it, it could not be scrolled by keys
    <section id={id} class={`scroll ${name}`} aria-label={label} tabIndex={0} {...(box && { ref: box })}>
      {children}
    </section>
  );
}
