import { join } from 'node:path';
import { writeAll } from './fill.ts';
import type { HeldDirectory } from './held-directory.ts';
import { checkpointFile, checkpointFiles } from './layout.ts';
import { headerOf, seriesAt } from './read.ts';

/** A file of checkpoints in a directory that is held. */
export interface KeptFile {
  name: string;
  /** The number of its first checkpoint, and of its last. */
  seq: number;
  last: number;
  /** How many are in it. */
  count: number;
  isSeries: boolean;
}

/** The files of checkpoints in a directory, oldest first. */
export async function filesOf({ disk, path }: HeldDirectory): Promise<KeptFile[]> {
  const files: KeptFile[] = [];
  for (const { name, seq } of checkpointFiles(disk.readdirSync(path))) {
    const isSingle = (await headerOf(disk, join(path, name))) !== undefined;
    const series = isSingle ? undefined : await seriesAt(disk, join(path, name), seq);
    if (series === undefined) files.push({ name, seq, last: seq, count: 1, isSeries: false });
    else {
      const last = Math.max(series.promised, series.records.at(-1)?.seq ?? 0);
      files.push({ name, seq, last, count: Math.max(1, series.records.length), isSeries: true });
    }
  }
  return files;
}

/**
 * Gives the checkpoints that are kept a file each, and removes the series in which they were. Of a series that is damaged
 * nothing is touched: whoever loads it is to be told.
 *
 * @returns what is there then
 */
export async function splitSeries(directory: HeldDirectory, files: KeptFile[], keep: number): Promise<KeptFile[]> {
  const { disk, path, generation } = directory;
  const found: { seq: number; bytes: Buffer }[] = [];
  let [left, before] = [keep, Infinity];
  for (const { name, seq, isSeries } of files.toReversed()) {
    if (left <= 0) break;
    if (isSeries) {
      const series = await seriesAt(disk, join(path, name), seq);
      if (series === undefined || series.damage !== undefined) return files;
      // What a later file begins with again counts there.
      const counting = series.records.filter((one) => one.seq < before).slice(-left);
      found.unshift(...counting);
      left -= counting.length;
    } else {
      left--;
    }
    before = seq;
  }
  const series = files.filter(({ isSeries }) => isSeries);
  const made: KeptFile[] = [];
  // The newest first: the oldest may take the name of the series in which the others are.
  for (const { seq, bytes } of found.toReversed()) {
    const { name } = checkpointFile(seq, generation);
    if (series.some((one) => one.name === name)) await directory.flushNames();
    const fd = await directory.add(name, bytes.length, async (opened) => {
      await writeAll(disk, opened, bytes);
      await disk.fsync(opened);
    });
    disk.closeSync(fd);
    made.push({ name, seq, last: seq, count: 1, isSeries: false });
  }
  await directory.flushNames();
  directory.confirm();
  for (const { name } of series) if (!made.some((one) => one.name === name)) directory.drop(name);
  const kept = files.filter(({ isSeries }) => !isSeries);
  return [...kept, ...made].sort((a, b) => a.seq - b.seq);
}
