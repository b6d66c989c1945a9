import { join } from 'node:path';
import type { Facts } from '../checkpoint/header.ts';
import type { CheckpointInfo } from '../checkpoint/store.ts';
import type { Disk } from './disk.ts';
import { checkpointFiles, runPrefix } from './layout.ts';
import { headerOf, namesIn, seriesAt } from './read.ts';

/** What lies in these directories, by the headers of the files. @param of `mayBeOthers`: those that may not be read are not ours */
export async function listed(
  disk: Disk,
  directories: string[],
  of: { mayBeOthers: boolean; directoryOf(runId: string): string },
): Promise<CheckpointInfo[]> {
  const found: CheckpointInfo[] = [];
  for (const directory of directories) {
    for (const { seq, facts } of await factsIn(disk, directory, of.mayBeOthers)) {
      // Of another run: a copy of a directory, under another name.
      if (of.directoryOf(facts.runId) !== directory) continue;
      const { runId, steps, savedAt } = facts;
      found.push({ runId, seq, steps, savedAt });
    }
  }
  return found;
}

/** The directories of all runs in that of a store. */
export async function runDirectories(disk: Disk, root: string): Promise<string[]> {
  const names = await namesIn(disk, root);
  return names.filter((name) => name.startsWith(runPrefix)).map((name) => join(root, name));
}

/** The checkpoints in a directory, oldest first. */
async function factsIn(disk: Disk, directory: string, mayBeOthers: boolean): Promise<{ seq: number; facts: Facts }[]> {
  let found: { seq: number; facts: Facts }[] = [];
  // Of a series older ones are there as well; it says how many of the run are kept.
  let keep = Infinity;
  for (const { name, seq } of checkpointFiles(await namesIn(disk, directory, mayBeOthers))) {
    const path = join(directory, name);
    const header = await headerOf(disk, path);
    const series = header === undefined ? await seriesAt(disk, path, seq) : undefined;
    // What a later file has again counts there.
    if (header !== undefined || series !== undefined) found = found.filter((one) => one.seq < seq);
    if (header !== undefined) found.push({ seq, facts: header.facts });
    if (series === undefined) continue;
    for (const record of series.records) found.push({ seq: record.seq, facts: record.header.facts });
    keep = series.keep;
  }
  return found.slice(-keep);
}
