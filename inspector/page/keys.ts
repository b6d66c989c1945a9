import { moveToMet } from './breakpoint-search.ts';
import { openFork } from './forking.ts';
import { chooseFile } from './open-file.ts';
import { togglePin } from './pin.ts';
import { togglePlay } from './playback.ts';
import { pressRun, stepCount } from './run-control.ts';
import { PANES } from './selection.ts';
import { session } from './session.ts';
import { toggleTheme } from './theme.ts';
import { pan, sightNow, zoom } from './time-zoom.ts';
import { moveSelection } from './tree-selection.ts';

/** A key, what people read about it, and what it does. */
export interface Key {
  keys: string[];
  says: string;
  does: (event: KeyboardEvent) => void;
}

/** Puts the focus on a view, which may have to be shown first. */
function focusOn(id: string): void {
  const pane = PANES.find((one) => one === id);
  // Where there is room, log and state have places of their own.
  if (pane !== undefined && (session.narrow.value || (pane !== 'log' && pane !== 'state'))) {
    session.pane.value = pane;
  }
  const element = document.getElementById(id);
  if (element) element.focus();
  else requestAnimationFrame(() => document.getElementById(id)?.focus());
}

const search = () => {
  if (session.narrow.value) session.pane.value = 'log';
  const field = () => document.getElementById('log-text');
  if (field()) field()?.focus();
  else requestAnimationFrame(() => field()?.focus());
};

export const KEYS: readonly [group: string, keys: Key[]][] = [
  [
    'Time',
    [
      { keys: ['←', '→'], says: 'one event back, on', does: (e) => session.move(e.key === 'ArrowLeft' ? -1 : 1) },
      {
        keys: ['Shift ←', 'Shift →'],
        says: 'one step of this loop back, on',
        does: (e) => session.moveStep(e.key === 'ArrowLeft' ? -1 : 1),
      },
      {
        keys: ['Home', 'End'],
        says: 'first event; the newest, and stay there',
        does: (e) => session.jump(e.key === 'Home' ? 0 : session.store.last),
      },
      { keys: ['l'], says: 'live again: follow the newest', does: () => session.live() },
      {
        keys: ['b', 'B'],
        says: 'next, last moment that a breakpoint meets',
        does: (e) => void moveToMet(e.key === 'b' ? 1 : -1),
      },
      {
        keys: ['g'],
        says: 'go to a step or an event by its number',
        does: () => document.getElementById('go-to')?.click(),
      },
      { keys: ['Space'], says: 'play, halt', does: () => togglePlay() },
      { keys: ['m'], says: 'pin this moment and compare with it, unpin', does: () => togglePin() },
    ],
  ],
  [
    'Run',
    [
      { keys: ['p'], says: 'pause, resume', does: () => pressRun('toggle') },
      { keys: ['n'], says: 'take one step', does: () => pressRun('step') },
      {
        keys: ['Shift N'],
        says: 'take as many steps as the field beside × n says',
        does: () => pressRun('step', stepCount.value),
      },
      { keys: ['e'], says: 'run to the end of this loop', does: () => pressRun('end') },
      {
        keys: ['f'],
        says: 'begin another run from where this one stands',
        does: () => {
          const root = session.run.value?.root;
          if (root) openFork(root);
        },
      },
      { keys: ['x'], says: 'stop, with a reason', does: () => pressRun('stop') },
      { keys: ['Shift X'], says: 'abort, with a reason', does: () => pressRun('abort') },
    ],
  ],
  [
    'Look',
    [
      { keys: ['j', 'k'], says: 'next, previous loop of the tree', does: (e) => moveSelection(e.key === 'j' ? 1 : -1) },
      {
        keys: ['0', '1', '2', '3'],
        says: 'nest, tree, timeline, chart',
        does: (e) => focusOn(['nest', 'tree', 'timeline', 'chart'][+e.key]!),
      },
      {
        keys: ['4', '5', '6', '7'],
        says: 'plots, log, state, where the time goes',
        does: (e) => focusOn(['plots', 'log', 'state', 'time'][+e.key - 4]!),
      },
      { keys: ['c'], says: 'who sent what to whom', does: () => focusOn('sequence') },
      { keys: ['8', '9'], says: 'list of runs, comparison', does: (e) => focusOn(e.key === '8' ? 'runs' : 'compare') },
      { keys: ['/'], says: 'search the log', does: search },
      { keys: ['w', 's'], says: 'zoom the timeline in, out', does: (e) => zoom(e.key === 'w' ? 0.7 : 1 / 0.7) },
      { keys: ['a', 'd'], says: 'move the timeline left, right', does: (e) => pan(e.key === 'a' ? -0.2 : 0.2) },
      {
        keys: ['r'],
        says: 'select the time in sight, for log and plots',
        does: () => {
          session.range.value = sightNow();
        },
      },
      {
        keys: ['Esc'],
        says: 'leave a field; clear the range',
        does: () => {
          session.range.value = null;
        },
      },
    ],
  ],
  [
    'Page',
    [
      { keys: ['o'], says: 'open a recording', does: () => chooseFile() },
      { keys: ['t'], says: 'light, dark', does: () => toggleTheme() },
      {
        keys: ['?'],
        says: 'these keys',
        does: () => {
          session.help.value = !session.help.value;
        },
      },
    ],
  ],
];

/** Keys of a part of the page, which has them while it has the focus. */
export const LOCAL_KEYS: readonly [part: string, keys: Omit<Key, 'does'>[]][] = [
  [
    'In the tree and the log',
    [
      { keys: ['↑', '↓'], says: 'row to row' },
      { keys: ['Enter'], says: 'in the tree: unfold, fold a group of runs; in the log: a failure' },
    ],
  ],
  [
    'In the list of runs',
    [
      { keys: ['↑', '↓'], says: 'run to run' },
      { keys: ['Space'], says: 'compare it with others, or no more' },
    ],
  ],
  [
    'In the nest',
    [
      { keys: ['↑', '↓'], says: 'box to box' },
      { keys: ['Enter'], says: 'open the box: the chart of its states' },
      { keys: ['+', '-'], says: 'look into a box that has loops folded into it; out again' },
    ],
  ],
  [
    'On a border between two views',
    [
      { keys: ['←', '→', '↑', '↓'], says: 'move it' },
      { keys: ['Home'], says: 'put it back' },
    ],
  ],
];

/** What an event is called in the list above. */
function nameOf({ key, shiftKey }: KeyboardEvent): string {
  const arrow = key === 'ArrowLeft' ? '←' : key === 'ArrowRight' ? '→' : '';
  if (arrow) return shiftKey ? `Shift ${arrow}` : arrow;
  // Whether Shift is held says which is meant, and not the case of the letter: Caps Lock turns it.
  if (/^[a-z]$/i.test(key)) return shiftKey ? `Shift ${key.toUpperCase()}` : key.toLowerCase();
  return key === ' ' ? 'Space' : key === 'Escape' ? 'Esc' : key;
}

export function listenKeys(): void {
  const known = new Map(
    KEYS.flatMap(([, keys]) => keys.flatMap((key) => key.keys.map((name) => [name, key] as const))),
  );
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    const name = nameOf(event);
    // A dialog has the keys for itself; Esc closes it.
    if (document.querySelector('dialog:modal') && !(session.help.value && name === '?')) return;
    // The slider of time obeys the page's keys, the others their own.
    const types = target.matches('input:not(#scrub):not([type=checkbox]), textarea, select');
    if (types) {
      if (name === 'Esc') target.blur();
      return;
    }
    // A focused button is pressed by Space: that is not a wish to play.
    if ((name === 'Space' || name === 'Enter') && target.matches('button, summary, a, input')) return;
    const key = known.get(name);
    if (!key) return;
    event.preventDefault();
    key.does(event);
  });
}
