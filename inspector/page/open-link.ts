import { besideSource, insideSources } from '../sources/file.ts';
import { LiveSource } from '../sources/live.ts';
import { channelSource, portSource } from '../sources/other-tab.ts';
import type { Source } from '../sources/source.ts';
import { askToken } from '../sources/token.ts';
import type { Link } from './link.ts';
import { session } from './session.ts';

function liveSource(token: string): Source {
  const url = new URL('ws', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  url.search = '';
  return new LiveSource(url.href, token);
}

function sourceOf({ channel, port, token }: Link): Source | undefined {
  if (channel) return channelSource(channel);
  if (port) return portSource();
  return token ? liveSource(token) : undefined;
}

/** Opens the recordings beside the page that a link names, unless they are open, and shows the one that it wants. */
function openFiles({ files, shown }: Link): void {
  const open = session.recordings.peek();
  const isOpen = (file: string) => open.some(({ source }) => source.link?.file === file);
  const first = files.includes(shown) ? shown : files[0];
  const known = open.find(({ source }) => source.link?.file === first);
  const fresh = files.filter((file) => !isOpen(file));
  if (known) session.show(known);
  session.openAll(
    fresh.map((file) => besideSource(file)),
    known ? -1 : fresh.indexOf(first!),
  );
}

/** Shows what a link leads to. */
export async function openLink(link: Link): Promise<void> {
  // A page that was saved with recordings shows those, whatever its address says.
  const inside = insideSources();
  if (inside.length) return session.openAll(inside);
  const source = sourceOf(link);
  const known = session.recordings.peek().find((one) => one.source.token && one.source.token === source?.token);
  if (known) session.show(known);
  else if (source) session.open(source);
  else if (link.files.length) {
    // Of several, which there are is the first question.
    if (link.files.length > 1 && !link.view.has('pane') && !session.source.value) session.pane.value = 'runs';
    openFiles(link);
  }
  // A program served this page, so somebody wants to see its run, and has a link without the token.
  else if ((await askToken('')) === 'wrong' && !session.source.value) session.open(liveSource(''));
}
