import { effect } from '@preact/signals';
import { endingOf } from '../run/why-ended.ts';
import { newAlerts } from './alerts.ts';
import { standsAs } from './run-control.ts';
import { session } from './session.ts';

/** So long after something has changed the title says so: nobody reads it at each step. */
const SELDOM = 250;

/** The tab says which run it is about and how that stands, so that it is found among others. */
export function startTitle(): void {
  let waiting = 0;
  effect(() => {
    session.version.value;
    session.status.value;
    session.source.value;
    session.run.value;
    newAlerts.value;
    if (waiting) return;
    waiting = window.setTimeout(() => {
      waiting = 0;
      document.title = titleNow();
    }, SELDOM);
  });
}

function titleNow(): string {
  const { store, contexts, source } = session;
  const run = session.run.peek();
  const alerts = newAlerts.peek();
  const words = [];
  if (run) {
    const { root } = run;
    const how = root.ended || !store.goesOn.peek() ? endingOf(store, contexts, root).how : standsAs(root);
    words.push(`${run.name} ${HOW[how] ?? how}`);
  }
  if (source.peek()?.title) words.push(source.peek()!.title);
  return `${alerts ? `(${alerts}) ` : ''}${[...words, 'loopchart'].join(' · ')}`;
}

const HOW: Record<string, string> = { cut: 'cut off', unknown: 'not seen to end', over: 'over', none: '' };
