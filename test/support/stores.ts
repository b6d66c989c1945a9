import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { memoryStore } from 'loopchart';
import { fileStore } from 'loopchart/node';
import type { StoreFixture, StorePlace } from 'loopchart/testing';
import { type Disk, localDisk } from '../../src/node/disk.ts';
import { createFileStore } from '../../src/node/store.ts';
import { Crash, crashing, systemError, watched } from '../programs/disk.ts';
import { checkpointsIn, ended, locksIn, newDirectory, pathOf, quickDisk } from './store-directory.ts';

export const memory: StoreFixture = {
  name: 'memoryStore',
  make: () => ({ store: memoryStore() }),
  keep: 1,
  refuses: true,
};

interface FilePlace extends StorePlace {
  dir: string;
  /** The disk of `store`, which may be changed for another one. */
  disk: Disk;
}

/** @param keep as the store's option */
export function file(keep: number): StoreFixture<FilePlace> {
  return {
    name: `fileStore that keeps ${keep}`,
    make() {
      const place = { dir: newDirectory(), disk: quickDisk } as FilePlace;
      place.store = createFileStore(diskOf(place), place.dir, { keep, onFallback: () => {} });
      return place;
    },
    keep,
    refuses: true,
    other: ({ dir }) => fileStore(dir, { keep, onFallback: () => {} }),
    die(place) {
      place.disk = watched(localDisk, () => {
        throw new Crash();
      });
      // What is left of a process that has died is a lock with its pid.
      for (const runId of ['r']) {
        for (const name of locksIn(place.dir, runId)) {
          const parts = name.split('.');
          parts.splice(2, 1, String(ended.pid));
          renameSync(pathOf(place.dir, runId, name), pathOf(place.dir, runId, parts.join('.')));
        }
      }
    },
    fill(place) {
      place.disk = watched(localDisk, (call) => {
        if (call.startsWith('write')) throw systemError('ENOSPC');
      });
      return () => {
        place.disk = quickDisk;
      };
    },
    damage({ dir }, runId) {
      const path = pathOf(dir, runId, checkpointsIn(dir, runId).at(-1)!);
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.subarray(0, bytes.length - 100));
    },
    crash(place, n) {
      const { disk, crashed } = crashing(quickDisk, n, n % 2 === 0);
      place.disk = disk;
      return crashed;
    },
  };
}

/** Whatever disk the place has when a call is made. */
function diskOf(place: { disk: Disk }): Disk {
  return new Proxy(localDisk, { get: (_, name: keyof Disk) => place.disk[name] });
}
