import { effect, untracked } from '@preact/signals';
import './kept-comparison.ts';
import './kept-moment.ts';
import { embedded } from '../sources/embedded.ts';
import { keep, recall } from './browser-storage.ts';
import { session } from './session.ts';
import { fragmentOf, showView, type ViewWords, viewIn, viewNow, wholeView } from './view-state.ts';

/** What an address says beside where the page is. */
export interface Link {
  token: string;
  file: string;
  /** A BroadcastChannel that a run of this origin is on. */
  channel: string;
  /** The page that embeds or opened this one has a run for it. */
  port: boolean;
  /** How the page looks at it. */
  view: ViewWords;
}

const KEPT = 'loopchart token';

/** Reads the fragment. The token is taken out of the address at once, and kept for a reload of this tab only. */
export function readLink(): Link {
  const words = new URLSearchParams(location.hash.slice(1));
  const given = words.get('token');
  if (given !== null) {
    keep('session', KEPT, given);
    words.delete('token');
    setAddress(words);
  }
  const view = viewIn(words);
  const inside = embedded('recording');
  if (inside) {
    // Until somebody has looked at it in another way, which the address then says.
    const saved = view.size ? view : viewIn(new URLSearchParams(inside.view));
    return { token: '', file: '', channel: '', port: false, view: saved };
  }
  const elsewhere = words.has('file') || words.has('channel') || words.has('port');
  return {
    token: given ?? (elsewhere ? '' : recall('session', KEPT)) ?? '',
    file: words.get('file') ?? '',
    channel: words.get('channel') ?? '',
    port: words.has('port'),
    view,
  };
}

function setAddress(words: Iterable<readonly [string, string]>): void {
  const fragment = fragmentOf(words);
  try {
    history.replaceState(null, '', `${location.pathname}${location.search}${fragment && `#${fragment}`}`);
  } catch {
    // In a frame that has no address of its own, there is none to keep.
  }
}

/** What leads to what is shown. */
const wordsHere = (): Map<string, string> =>
  new Map([...Object.entries(session.source.value?.link ?? {}), ...viewNow()]);

/**
 * Whether a link leads to what is shown. None does to a file of this disk, to a run of the page that opened this one, or
 * to a program that is not there.
 */
export function linkable(): boolean {
  const { link, send } = session.source.value ?? {};
  if (!link || 'port' in link || location.protocol === 'file:') return false;
  return !send || session.status.value?.kind === 'live';
}

/** The view as it is shown, and the moment and the loop also where the page came to them by itself. */
export function viewHere(): Map<string, string> {
  const { store, selected } = session;
  const words = viewNow();
  if (store.end) words.set('seq', String(store.seq(session.now.peek())));
  if (selected.value && !words.has('only')) words.set('loop', selected.value);
  return words;
}

/** A link to the moment that is shown, with the token where one is needed. */
export function linkHere(): string {
  const { link, token } = session.source.value ?? {};
  const words = new Map([...Object.entries(link ?? {}), ...viewHere()]);
  if (token) words.set('token', token);
  return new URL(`#${fragmentOf(words)}`, location.href).href;
}

/** Goes where a link points as soon as that has come in, and keeps the address up to date from then on. */
export function followLink(link: Link, enter: (link: Link) => Promise<void>): void {
  let wanted = link.view;
  const arrive = () => {
    if (!wanted.size || session.looking) return;
    wanted = showView(wanted);
    if (session.status.value?.kind === 'whole' && !session.reading) wanted = new Map();
  };
  effect(() => {
    session.version.value;
    session.arrived.value;
    session.status.value;
    // What it reads to see what has come is no reason to do it again.
    untracked(arrive);
  });

  let waiting = 0;
  effect(() => {
    const words = wordsHere();
    if (wanted.size) return;
    // Browsers refuse an address that changes a hundred times a second.
    clearTimeout(waiting);
    // An address without any word would stand for the view that a page was saved with.
    if (!words.size && embedded('recording')) words.set('pane', session.pane.value);
    waiting = window.setTimeout(() => setAddress(words), 200);
  });

  // Somebody pasted a link into the open page, or followed one.
  addEventListener('hashchange', () => {
    const pasted = readLink();
    wanted = wholeView(pasted.view);
    if (!leadsHere(pasted)) void enter(pasted);
    arrive();
  });
}

/** Whether what is shown is what a link leads to. */
function leadsHere({ token, file, channel, port }: Link): boolean {
  const { link, token: own = '' } = session.source.value ?? {};
  if (!link) return false;
  return token === own && file === (link.file ?? '') && channel === (link.channel ?? '') && port === 'port' in link;
}
