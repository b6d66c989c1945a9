import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LoopError } from '../../data/errors.ts';
import { fileStore } from '../store.ts';
import { checkRecording } from './check.ts';
import { shownPath } from './path.ts';

/** A page holds so many at a time. */
const most = 100;
/** So many bytes of each are looked at: to read all of a large directory takes minutes, and the page reads it anyway. */
const looked = 1024 * 1024;
/** So many runs of a store are named. */
const named = 5;

/** What `loopchart view` was pointed at, as files. */
export interface Found {
  files: string[];
  /** What looks like a recording and is none, and why. */
  passedOver: string[];
}

/**
 * The recordings at some paths: of a directory, all that lie in it (`*.jsonl`, `*.jsonl.gz`), by their names.
 * @throws LoopError `STORE` for a file that is no recording, for a directory without any, and for more than a page holds
 */
export async function findRecordings(paths: readonly string[]): Promise<Found> {
  const found: Found = { files: [], passedOver: [] };
  for (const path of paths) {
    if (await isDirectory(path)) await lookInto(path, found);
    else {
      await checkRecording(path);
      found.files.push(path);
    }
  }
  if (found.files.length > most) {
    throw new LoopError(
      'STORE',
      `Expected at most ${most} recordings, got ${found.files.length}. Give those that are to be looked at.`,
    );
  }
  return found;
}

async function lookInto(directory: string, found: Found): Promise<void> {
  const names = await namesIn(directory);
  const before = found.files.length;
  for (const name of names) {
    const path = join(directory, name);
    try {
      await checkRecording(path, looked);
      found.files.push(path);
    } catch (error) {
      if (!(error instanceof LoopError)) throw error;
      found.passedOver.push(error.message);
    }
  }
  if (found.files.length > before) return;
  if (names.length > 0) {
    const [first] = found.passedOver.slice(-names.length);
    throw new LoopError(
      'STORE',
      `Expected recordings in ${shownPath(directory)}, but none of its files is one. ${first}`,
    );
  }
  throw new LoopError(
    'STORE',
    `Expected recordings (*.jsonl, *.jsonl.gz) in ${shownPath(directory)}, but found none. ${await instead(directory)}`,
  );
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory);
    const { compare } = new Intl.Collator('en', { numeric: true });
    return names.filter((name) => /\.jsonl(\.gz)?$/i.test(name)).sort(compare);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new LoopError('STORE', `Expected to read the directory ${shownPath(directory)}, but ${why}.`, '', { cause });
  }
}

/** What to do about a directory without recordings: it may be one of checkpoints. */
async function instead(directory: string): Promise<string> {
  const runs = new Map<string, { steps: number; savedAt: number }>();
  try {
    for (const { runId, steps, savedAt } of await fileStore(directory).list()) runs.set(runId, { steps, savedAt });
  } catch {
    // Then it is none.
  }
  if (runs.size === 0) return 'Give the directory that `recordTo` writes to, or a recording.';
  const told = [...runs]
    .slice(0, named)
    .map(([id, { steps, savedAt }]) => `${shownPath(id)} (${steps} steps, saved ${new Date(savedAt).toISOString()})`);
  const more = runs.size > named ? ` and ${runs.size - named} more` : '';
  return `It holds checkpoints, of ${told.join(', ')}${more}: record what runs do with \`recordTo\`, and give that.`;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Whoever opens it says why it cannot be.
    return false;
  }
}
