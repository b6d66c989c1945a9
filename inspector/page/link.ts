import { effect } from '@preact/signals';
import { keep, recall } from './browser-storage.ts';
import { PANES, type Pane } from './selection.ts';
import { session } from './session.ts';

/** What an address says beside where the page is. */
export interface Link {
  token: string;
  file: string;
  /** A BroadcastChannel that a run of this origin is on. */
  channel: string;
  /** The page that embeds or opened this one has a run for it. */
  port: boolean;
  seq: number | undefined;
  loop: string;
  pane: Pane | undefined;
}

const KEPT = 'loopchart token';

/** Reads the fragment. The token is taken out of the address at once, and kept for a reload of this tab only. */
export function readLink(): Link {
  const words = new URLSearchParams(location.hash.slice(1));
  const given = words.get('token');
  if (given !== null) {
    keep('session', KEPT, given);
    words.delete('token');
    history.replaceState(null, '', `${location.pathname}${location.search}${words.size ? `#${words}` : ''}`);
  }
  const elsewhere = words.has('file') || words.has('channel') || words.has('port');
  const seq = Number(words.get('seq'));
  const pane = words.get('pane');
  return {
    token: given ?? (elsewhere ? '' : recall('session', KEPT)) ?? '',
    file: words.get('file') ?? '',
    channel: words.get('channel') ?? '',
    port: words.has('port'),
    seq: seq > 0 ? seq : undefined,
    loop: words.get('loop') ?? '',
    pane: PANES.find((name) => name === pane),
  };
}

/** What leads to what is shown. */
function wordsHere(): URLSearchParams {
  const { cursor, selected, store, pane, source, chosen } = session;
  const words = new URLSearchParams(source.value?.link);
  if (cursor.value !== null && store.end) words.set('seq', String(store.seq(session.now.peek())));
  if (selected.value && chosen) words.set('loop', selected.value);
  if (pane.value !== 'chart') words.set('pane', pane.value);
  return words;
}

/**
 * Whether a link leads to what is shown. None does to a file of this disk, to a run of the page that opened this one, or
 * to a program that is not there.
 */
export function linkable(): boolean {
  const { link, send } = session.source.value ?? {};
  if (!link || 'port' in link) return false;
  return !send || session.status.value?.kind === 'live';
}

/** A link to the moment that is shown, with the token where one is needed. */
export function linkHere(): string {
  const { source, store, selected } = session;
  const words = wordsHere();
  if (store.end) words.set('seq', String(store.seq(session.now.peek())));
  if (selected.value) words.set('loop', selected.value);
  if (source.value?.token) words.set('token', source.value.token);
  return new URL(`#${words}`, location.href).href;
}

/** Goes where a link points as soon as that has come in, and keeps the address up to date from then on. */
export function followLink(link: Link, enter: (link: Link) => Promise<void>): void {
  let wanted: Link | undefined = link;
  if (link.pane) session.pane.value = link.pane;
  const arrive = () => {
    const { store } = session;
    if (!wanted || !store.end || session.looking) return;
    if (wanted.loop && store.actors.has(wanted.loop)) {
      session.select(wanted.loop);
      wanted.loop = '';
    }
    if (wanted.seq !== undefined && store.seq(store.last) >= wanted.seq) {
      session.jump(store.rowOfSeq(wanted.seq));
      wanted.seq = undefined;
    }
    const whole = session.status.value?.kind === 'whole';
    if (whole || (!wanted.loop && wanted.seq === undefined)) wanted = undefined;
  };
  effect(() => {
    session.version.value;
    session.status.value;
    arrive();
  });

  let waiting = 0;
  effect(() => {
    const words = wordsHere();
    if (wanted) return;
    // Browsers refuse an address that changes a hundred times a second.
    clearTimeout(waiting);
    waiting = window.setTimeout(() => {
      history.replaceState(null, '', `${location.pathname}${location.search}${words.size ? `#${words}` : ''}`);
    }, 200);
  });

  // Somebody pasted a link into the open page, or followed one.
  addEventListener('hashchange', () => {
    wanted = readLink();
    if (!leadsHere(wanted)) void enter(wanted);
    arrive();
  });
}

/** Whether what is shown is what a link leads to. */
function leadsHere({ token, file, channel, port }: Link): boolean {
  const { link, token: own = '' } = session.source.value ?? {};
  if (!link) return false;
  return token === own && file === (link.file ?? '') && channel === (link.channel ?? '') && port === 'port' in link;
}
