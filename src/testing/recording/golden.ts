import { LoopError } from '../../data/errors.ts';
import type { ActorLine, Recording } from '../../recording/lines.ts';
import { replay } from '../../recording/replay.ts';
import type { Frame } from '../../recording/replayed-actors.ts';
import { changesBetween, changeText } from './changes.ts';
import { blank, hashOf, type Stand, standOf } from './stand.ts';

/*
 * A golden recording: a recording as a text that is kept beside a test, and read in the differences of commits.
 *
 *     loopchart golden recording 1
 *     8a5f1b0c sum#1 xstate.init -> entering args=[2]
 *     41c9e7d2 sum#1 xstate.done.actor.skip -> resetting begun=true
 *     …
 *     0be01f7a sum#1 loop.run -> advancing running=["rows"] …
 *     77d1c33e   sum.rows#1 xstate.init -> entering          a run of a child, indented
 *     end: 21 transitions
 *
 * One line is one transition: a hash of the context after it, which run of which loop, the event, the state, and what has
 * changed in the context. It says nothing of times, and runs of children stand where their parent began them, so that
 * those side by side are not mixed.
 */

/** The first line. The number is the version of the text. */
export const heading = 'loopchart golden recording';
export const format = 1;

/** A loop's actor, with what happened to it. */
interface Run {
  readonly line: ActorLine;
  readonly frames: Frame[];
  /** Of its children, in the order in which they began. */
  readonly below: Map<string, Run[]>;
}

/**
 * A recording as a golden recording. The same run makes the same text, whenever and wherever it runs.
 * @param recording what `record()` or `recordRun()` keeps, or `parseRecording` reads
 * @throws LoopError `REPLAY_MISMATCH` for a recording without a loop in it, one that a line is missing of, and one that the chart
 *   does not agree with; `NOT_PLAIN_DATA` for a context of more than a million values
 *
 * @example
 * const { recording } = await recordRun(new Sum(3));
 * writeFileSync('sum.golden', goldenText(recording));
 */
export function goldenText(recording: Recording): string {
  const lines: string[] = [];
  const times = new Map<string, number>();
  for (const run of runsIn(recording)) write(run, rootPath(run.line), 0);
  return `${heading} ${format}\n${lines.map((line) => `${line}\n`).join('')}end: ${lines.length} transitions\n`;

  function write({ line, frames, below }: Run, path: string, depth: number): void {
    const time = (times.get(path) ?? 0) + 1;
    times.set(path, time);
    const begun = countsOf(frames);
    let before: Stand = blank;
    for (const frame of frames) {
      const stand = standOf(frame, line.late === true);
      const { type, child } = frame.event;
      const changes = changesBetween(before, stand).map((change) => ` ${changeText(change)}`);
      lines.push(
        `${hashOf(stand)} ${'  '.repeat(depth)}${word(path)}#${time} ${word(type)} -> ${frame.value}${changes.join('')}`,
      );
      before = stand;
      if (frame === frames[0]) {
        // Those that ran already when it was first seen.
        for (const [name, runs] of below) {
          for (const run of runs.splice(0, runs.length - (begun.get(name) ?? 0)))
            write(run, `${path}.${name}`, depth + 1);
        }
      }
      const next = type === 'loop.run' ? below.get(String(child))?.shift() : undefined;
      if (next !== undefined) write(next, `${path}.${child}`, depth + 1);
    }
  }
}

/** How often each child was begun. */
function countsOf(frames: readonly Frame[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { event } of frames) {
    const child = String(event.child);
    if (event.type === 'loop.run') counts.set(child, (counts.get(child) ?? 0) + 1);
  }
  return counts;
}

/** The roots, each with all below it. */
function runsIn(recording: Recording): Run[] {
  const introduced = new Map<string, ActorLine>();
  for (const line of recording) if (line.type === 'actor') introduced.set(line.id, line);
  const roots: Run[] = [];
  const runs = new Map<string, Run>();
  for (const frame of replay(recording)) {
    let run = runs.get(frame.id);
    if (run === undefined) {
      const line = introduced.get(frame.id)!;
      run = { line, frames: [], below: new Map() };
      runs.set(frame.id, run);
      const parent = line.parent === undefined ? undefined : runs.get(line.parent);
      if (parent === undefined) roots.push(run);
      else listUnder(parent.below, line.path.slice(parent.line.path.length + 1)).push(run);
    }
    run.frames.push(frame);
  }
  if (roots.length > 0) return roots;
  throw new LoopError(
    'REPLAY_MISMATCH',
    'Expected a recording of a loop, got one without any. Was the recorder given to the run (`start({ inspect: recorder })`)?',
  );
}

function listUnder(below: Map<string, Run[]>, name: string): Run[] {
  const list = below.get(name) ?? [];
  below.set(name, list);
  return list;
}

/** XState calls an actor that nobody gave a name by a number that is another in each process: it is named after its class. */
function rootPath({ path, loop }: ActorLine): string {
  if (!/^x:\d+$/.test(path)) return path;
  return loop === '' ? 'loop' : loop[0]!.toLowerCase() + loop.slice(1);
}

/** As one word of a line. */
function word(text: string): string {
  return text.replaceAll(/[\s#]/g, encodeURIComponent);
}
