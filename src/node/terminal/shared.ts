import type { Window } from './block.ts';
import { type Output, Screen } from './screen.ts';

/** The place of one run at the bottom of a terminal, above those of runs that came later. */
export interface Shared {
  /** How many runs are shown there. */
  readonly count: number;
  paint(draw: (window: Window) => string[]): void;
  /** What was painted last stays, above all that comes. */
  leave(): void;
}

interface Board {
  screen: Screen;
  /** The lines of each run. */
  places: Map<object, string[]>;
}

const boards = new Map<Output, Board>();

/** A place on a terminal. Several runs of a process share it, also where one is shown on stdout and one on stderr. */
export function share(output: Output): Shared {
  const key = isTerminalOfProcess(output) ? process.stderr : output;
  let board = boards.get(key);
  if (board === undefined) {
    board = { screen: new Screen(output), places: new Map() };
    boards.set(key, board);
  }
  const { screen, places } = board;
  const place = {};
  places.set(place, []);
  const all = () => [...places.values()].flat();
  return {
    get count() {
      return places.size;
    },
    paint(draw) {
      const window = {
        columns: output.columns || 80,
        rows: Math.max(3, Math.floor((output.rows || 24) / places.size)),
        color: hasColors(output),
      };
      places.set(place, draw(window));
      screen.paint(all());
    },
    leave() {
      const last = places.get(place)!;
      places.delete(place);
      if (places.size > 0) screen.paintBelow(last, all());
      else {
        boards.delete(key);
        screen.close();
      }
    },
  };
}

function isTerminalOfProcess(output: Output): boolean {
  return (output === process.stdout || output === process.stderr) && process.stdout.isTTY && process.stderr.isTTY;
}

function hasColors(output: Output): boolean {
  const { NO_COLOR: none = '' } = process.env;
  return none === '' && output.hasColors?.() === true;
}
