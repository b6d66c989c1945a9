import { createHash } from 'node:crypto';

/** The file of one checkpoint, by what its name says. */
export interface CheckpointFile {
  name: string;
  /** Counts the saves of the run, from 1. */
  seq: number;
  /** Of the writer: each that takes the run over counts one up, so that two never write the same name. */
  generation: number;
}

/** What the name of a half-written file ends with. */
export const unfinished = '.tmp';

/** Whether a name is that of a half-written file of ours. */
export function isUnfinished(name: string): boolean {
  return name.endsWith(unfinished) && checkpointFiles([name.slice(0, -unfinished.length)]).length > 0;
}

/** Beyond this, numbers in names would no more be exact. A run does not get there; a name that somebody else gave may. */
export const lastNumber: number = 10 ** 15 - 1;

/** What the directory of every run begins with, which also keeps ids such as `..` and `con` from being names. */
export const runPrefix = 'run-';

/** The longest id that is told in a name; file systems end at 255 bytes. */
const longest = 200;

/**
 * The name of a run's directory: different for different ids, on file systems that ignore case, too.
 * An id too long for a name is cut and told apart by its SHA-256.
 */
export function runDirectory(runId: string): string {
  const escaped = runId.replace(/[^a-z0-9-]/g, (char) => {
    const code = char.charCodeAt(0);
    return code < 256 ? `%${code.toString(16).padStart(2, '0')}` : `%u${code.toString(16).padStart(4, '0')}`;
  });
  if (escaped.length <= longest) return runPrefix + escaped;
  // UTF-16, as UTF-8 has one and the same word for every half of a surrogate pair.
  const hash = createHash('sha256').update(runId, 'utf16le').digest('hex');
  return `${runPrefix}${escaped.slice(0, longest - hash.length)}%%${hash}`;
}

export function checkpointFile(seq: number, generation: number): CheckpointFile {
  return { name: `${String(seq).padStart(8, '0')}.${generation}.ckpt`, seq, generation };
}

/** The checkpoints among the names in a run's directory, oldest first. */
export function checkpointFiles(names: string[]): CheckpointFile[] {
  const files: CheckpointFile[] = [];
  for (const name of names) {
    const match = /^(\d{8,15})\.(\d{1,15})\.ckpt$/.exec(name);
    if (match !== null) files.push({ name, seq: Number(match[1]), generation: Number(match[2]) });
  }
  return files.sort((a, b) => a.seq - b.seq || a.generation - b.generation);
}
