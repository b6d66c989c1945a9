import { LoopError } from '../../data/errors.ts';
import { changedBy, parseChanges } from './changes.ts';
import { format, heading } from './golden.ts';
import { blank, hashOf, ordered, type Stand } from './stand.ts';

/** A line of a golden recording, read. */
export interface Entry {
  /** The number of its line, from 1. */
  readonly number: number;
  readonly text: string;
  /** Which run of which loop: `fit.epoch#3`. */
  readonly id: string;
  readonly event: string;
  /** The state after it. */
  readonly state: string;
  /** How the loop stood after it. */
  readonly stand: Stand;
}

/**
 * Reads a golden recording. What it says is added up and held against the hash of each line, so that one that was cut or
 * changed by hand is not taken for what ran.
 * @param name what the text is called in errors: its file
 * @throws LoopError `REPLAY_MISMATCH` for a text that is empty, cut, changed, of a newer format or something else
 */
export function parseGolden(text: string, name: string): Entry[] {
  const lines = text.split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  const [first, ...rest] = lines;
  if (first === undefined) throw damaged(name, 'a golden recording', 'an empty one');
  checkHeading(name, first);
  const last = rest.pop() ?? '';
  const stands = new Map<string, Stand>();
  const end = /^end: (\d+) transitions$/.exec(last);
  if (end === null) throw damaged(name, `its last line to be \`end: … transitions\``, `\`${short(last)}\`: it was cut`);
  const entries = rest.map((line, i) => read(line, i + 2));
  if (Number(end[1]) === entries.length && entries.length > 0) return entries;
  throw damaged(name, `as many transitions as its end says (${end[1]})`, `${entries.length}`);

  function read(line: string, number: number): Entry {
    const parts = /^([0-9a-f]{8}) +(\S+#\d+) (\S+) -> (\S+)(?: (.*))?$/s.exec(line);
    if (parts === null) {
      throw damaged(name, `line ${number} to be \`hash loop event -> state changes\``, `\`${short(line)}\``);
    }
    const [, hash, id, event, state, changes = ''] = parts as unknown as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    let stand: Stand;
    try {
      const before = event === 'xstate.init' ? blank : stands.get(id);
      if (before === undefined) throw new Error(`It is the first line of ${id}, and does not begin it.`);
      stand = ordered(changedBy(before, parseChanges(changes)), id);
    } catch (cause) {
      throw damaged(name, `line ${number} to follow from those before`, (cause as Error).message, cause);
    }
    if (hashOf(stand) !== hash) {
      throw damaged(
        name,
        `the context of line ${number} to have the hash ${hash}`,
        `${hashOf(stand)}: lines were changed`,
      );
    }
    stands.set(id, stand);
    return { number, text: line, id, event, state, stand };
  }
}

function checkHeading(name: string, line: string): void {
  const version = line.startsWith(`${heading} `) ? Number(line.slice(heading.length + 1)) : Number.NaN;
  if (Number.isNaN(version)) {
    throw damaged(name, `its first line to be \`${heading} ${format}\``, `\`${short(line)}\``);
  }
  if (version !== format) throw damaged(name, `format ${format}`, `format ${version}: another version has made it`);
}

function short(line: string): string {
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}

function damaged(name: string, expected: string, got: string, cause?: unknown): LoopError {
  return new LoopError(
    'REPLAY_MISMATCH',
    `Expected ${expected} in ${name}, got ${got}. Go back to the original, or have it written anew.`,
    '',
    ...(cause === undefined ? [] : [{ cause }]),
  );
}
