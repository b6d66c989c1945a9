/** Something that is drawn when it has read what it draws. */
export interface Painted {
  /** Reads some, and tells whether that was all. */
  read(): boolean;
  paint(): void;
}

/** Milliseconds of a frame. */
const TURN = 12;

const waiting = new Set<Painted>();
let frame = 0;

/** Has something drawn when its turn comes. Many that are asked for at once are drawn over some frames. */
export function askForPaint(one: Painted): void {
  waiting.add(one);
  if (!frame) frame = requestAnimationFrame(takeTurns);
}

export function forgetPaint(one: Painted): void {
  waiting.delete(one);
}

function takeTurns(): void {
  frame = 0;
  const until = performance.now() + TURN;
  for (const one of waiting) {
    if (!readAll(one, until)) break;
    waiting.delete(one);
    one.paint();
    if (performance.now() >= until) break;
  }
  if (waiting.size) frame = requestAnimationFrame(takeTurns);
}

function readAll(one: Painted, until: number): boolean {
  while (!one.read()) if (performance.now() >= until) return false;
  return true;
}
