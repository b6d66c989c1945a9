import { effect } from '@preact/signals';
import { session } from '../page/session.ts';
import { embedded } from '../sources/embedded.ts';

/** The page in one file, without a recording, where it is known. */
let known: Promise<string> | undefined;

/**
 * Sees that the page can be saved as one file. One that was saved itself is its own template, as long as nothing has been
 * drawn. Of a program that runs, it is asked for while that can still answer.
 */
export function keepTemplate(): void {
  if (embedded('recording')) {
    known = Promise.resolve(ownTemplate());
    return;
  }
  effect(() => {
    const live = session.source.value?.send && session.status.value?.kind === 'live';
    // Asked for when the page has nothing else to do. What fails is told when somebody saves.
    if (live && !known) setTimeout(() => void template().catch(() => {}), 3000);
  });
}

/** @throws Error where it cannot be had */
export function template(): Promise<string> {
  known ??= fetched();
  const asked = known;
  asked.catch(() => {
    if (known === asked) known = undefined;
  });
  return asked;
}

async function fetched(): Promise<string> {
  const response = await fetch(new URL('single.html', location.href)).catch(() => undefined);
  if (response?.ok) return response.text();
  throw new Error(
    `expected ${location.host || 'the folder of this page'} to have single.html beside this page, got ${
      response ? `the answer ${response.status}` : 'no answer'
    }; save the recording, and make a page of it with \`loopchart view --html\``,
  );
}

/** This document as it came, but for its recordings, and for what others have put into it. */
function ownTemplate(): string {
  const inside = document.querySelectorAll('script[type="application/gzip"]');
  // They may be large, and need not be copied.
  const held = [...inside].map((element) => [...element.childNodes]);
  for (const element of inside) element.replaceChildren();
  const copy = document.documentElement.cloneNode(true) as HTMLElement;
  for (const [at, element] of [...inside].entries()) element.append(...held[at]!);
  for (const element of copy.querySelectorAll('head > *, body > *')) {
    if (!element.hasAttribute('data-own')) element.remove();
  }
  const [first, ...others] = copy.querySelectorAll<HTMLElement>('script[type="application/gzip"]');
  for (const element of others) element.remove();
  delete first!.dataset.name;
  delete first!.dataset.view;
  return `<!doctype html>\n${copy.outerHTML}\n`;
}
