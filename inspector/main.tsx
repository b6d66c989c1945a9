import { render } from 'preact';
import './style.css';
import 'uplot/dist/uPlot.min.css';
import { App } from './app.tsx';
import { startBorders } from './borders.ts';
import { listenKeys } from './keys.ts';
import { followLink, readLink } from './link.ts';
import { session } from './session.ts';
import { followSettings } from './settings.ts';
import { besideSource } from './sources/file.ts';
import { channelSource, portSource } from './sources/here.ts';
import { LiveSource } from './sources/live.ts';
import { startTheme } from './theme.ts';

const link = readLink();
followSettings();
if (link.channel) {
  session.open(channelSource(link.channel));
} else if (link.port) {
  session.open(portSource());
} else if (link.token) {
  const url = new URL('ws', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  url.search = '';
  session.open(new LiveSource(url.href, link.token));
} else if (link.file) {
  session.open(besideSource(link.file));
}

startTheme();
startBorders();
listenKeys();
followLink(link);
render(<App />, document.getElementById('app')!);
