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

function sourceOf({ channel, port, token, file }: Link): Source | undefined {
  if (channel) return channelSource(channel);
  if (port) return portSource();
  if (token) return liveSource(token);
  return file ? besideSource(file) : undefined;
}

/** Shows what a link leads to. */
export async function openLink(link: Link): Promise<void> {
  // A page that was saved with recordings shows those, whatever its address says.
  const inside = insideSources();
  if (inside.length) return session.open(...inside);
  const source = sourceOf(link);
  if (source) session.open(source);
  // A program served this page, so somebody wants to see its run, and has a link without the token.
  else if ((await askToken('')) === 'wrong' && !session.source.value) session.open(liveSource(''));
}
