import { render } from 'preact';
import './style/index.css';
import 'uplot/dist/uPlot.min.css';
import { App } from './app.tsx';
import { keepTemplate } from './export/page-template.ts';
import { startAlerts } from './page/alerts.ts';
import { startCopying } from './page/copy-exact.ts';
import { followForks } from './page/forking.ts';
import { listenKeys } from './page/keys.ts';
import { followLink, readLink } from './page/link.ts';
import { startNarrow } from './page/narrow.ts';
import { openLink } from './page/open-link.ts';
import { startPaneSizes } from './page/pane-sizes.ts';
import { followSettings } from './page/run-settings.ts';
import { session } from './page/session.ts';
import { startTheme } from './page/theme.ts';
import { startTitle } from './page/title.ts';
import { keepWatched } from './page/watched.ts';
import { Guarded } from './widgets/guarded.tsx';

/** What cannot begin, such as for want of something in the browser, does not take the rest with it. */
function start(what: string, begin: () => void): void {
  try {
    begin();
  } catch (fault) {
    console.error(fault);
    session.trouble.value = `The page goes on without its ${what}, which could not start (${String(fault)}).`;
  }
}

const link = readLink();
start('saving', keepTemplate);
start('settings', followSettings);
start('forks', followForks);
start('source', () => void openLink(link));
start('width', startNarrow);
start('theme', startTheme);
start('borders', startPaneSizes);
start('keys', listenKeys);
start('copying', startCopying);
start('watch list', keepWatched);
start('alerts', startAlerts);
start('title', startTitle);
start('link', () => followLink(link, openLink));
const place = document.getElementById('app')!;
// What stands there says that nothing came in its place.
place.replaceChildren();
render(
  <Guarded name="page">
    <App />
  </Guarded>,
  place,
);
