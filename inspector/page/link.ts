import { effect, untracked } from '@preact/signals';
import './kept-comparison.ts';
import './kept-moment.ts';
import { embedded } from '../sources/embedded.ts';
import { keep, recall } from './browser-storage.ts';
import { session } from './session.ts';
import {
  fragmentOf,
  showView,
  stillWanted,
  type ViewWords,
  viewIn,
  viewNow,
  waitingForFiles,
  wholeView,
} from './view-state.ts';

/** What an address says beside where the page is. */
export interface Link {
  token: string;
  /** Recordings that lie beside the page. */
  files: readonly string[];
  /** Which of them is shown; empty for the first. */
  shown: string;
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
    return { token: '', files: [], shown: '', channel: '', port: false, view: saved };
  }
  const elsewhere = words.has('file') || words.has('channel') || words.has('port');
  return {
    token: given ?? (elsewhere ? '' : recall('session', KEPT)) ?? '',
    files: words.getAll('file'),
    shown: words.get('shown') ?? '',
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

/** What leads to where the lines come from. Of recordings beside the page, all that are open are named. */
function placeHere(): [string, string][] {
  const own = session.source.value?.link ?? {};
  if (own.file === undefined) return Object.entries(own);
  const files = session.recordings.value.flatMap(({ source: { link } }) => link?.file ?? []);
  const places = files.map((file): [string, string] => ['file', file]);
  return files[0] === own.file ? places : [...places, ['shown', own.file]];
}

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
  const token = session.source.value?.token;
  const words = [...placeHere(), ...viewHere(), ...(token ? [['token', token] as const] : [])];
  return new URL(`#${fragmentOf(words)}`, location.href).href;
}

/** Goes where a link points as soon as that has come in, and keeps the address up to date from then on. */
export function followLink(link: Link, enter: (link: Link) => Promise<void>): void {
  let wanted = link.view;
  /** The view when they began to wait. */
  let before: ViewWords = viewNow();
  const arrive = () => {
    if (!wanted.size || session.looking) return;
    // What somebody has chosen meanwhile is not taken from them.
    wanted = showView(stillWanted(wanted, before));
    if (session.status.value?.kind === 'whole' && !session.reading.value) wanted = waitingForFiles(wanted);
  };
  effect(() => {
    session.arrived.value;
    session.version.value;
    session.status.value;
    session.reading.value;
    // What it reads to see what has come is no reason to do it again.
    untracked(arrive);
  });

  let waiting = 0;
  effect(() => {
    const [place, view] = [placeHere(), viewNow()];
    // A recording that is still to be listed would be left out.
    if (session.reading.value || session.looking) return;
    // What waits is still wanted after a reload.
    for (const [name, said] of stillWanted(wanted, before)) if (said && !view.has(name)) view.set(name, said);
    // Browsers refuse an address that changes a hundred times a second.
    clearTimeout(waiting);
    // An address without any word would stand for the view that a page was saved with.
    if (!view.size && embedded('recording')) view.set('pane', session.pane.value);
    waiting = window.setTimeout(() => setAddress([...place, ...view]), 200);
  });

  // Somebody pasted a link into the open page, or followed one.
  addEventListener('hashchange', () => {
    const pasted = readLink();
    wanted = wholeView(pasted.view);
    if (!leadsHere(pasted)) void enter(pasted);
    before = viewNow();
    arrive();
  });
}

/** Whether what is shown is what a link leads to. */
function leadsHere({ token, files, shown, channel, port }: Link): boolean {
  const { link, token: own = '' } = session.source.value ?? {};
  if (!link) return false;
  const open = session.recordings.value.flatMap(({ source }) => source.link?.file ?? []);
  const file = shown || (files[0] ?? '');
  if (!files.every((one) => open.includes(one))) return false;
  return token === own && file === (link.file ?? '') && channel === (link.channel ?? '') && port === 'port' in link;
}
