import { render } from 'preact';
import './style.css';
import 'uplot/dist/uPlot.min.css';
import { App } from './app.tsx';
import { startBorders } from './borders.ts';
import { enter } from './enter.ts';
import { listenKeys } from './keys.ts';
import { followLink, readLink } from './link.ts';
import { followSettings } from './settings.ts';
import { startTheme } from './theme.ts';

const link = readLink();
followSettings();
void enter(link);

startTheme();
startBorders();
listenKeys();
followLink(link, enter);
render(<App />, document.getElementById('app')!);
