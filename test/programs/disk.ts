import { posix } from 'node:path';
import type { Disk } from '../../src/node/disk.ts';

/** What a call on a disk throws once the process or the machine has died: nothing after it has any effect. */
export class Crash extends Error {}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code });
}

/** The same disk, with `before` called ahead of each call: what it throws, the call throws or rejects with. */
export function watched(disk: Disk, before: (call: string, args: unknown[]) => void): Disk {
  const copy: { [name: string]: unknown } = {};
  for (const name of Object.keys(disk) as (keyof Disk)[]) {
    const original = disk[name] as (...args: unknown[]) => unknown;
    const isSync = name.endsWith('Sync');
    copy[name] = (...args: unknown[]) => {
      try {
        before(name, args);
      } catch (error) {
        if (isSync) throw error;
        return Promise.reject(error);
      }
      return original(...args);
    };
  }
  return copy as unknown as Disk;
}

/** Dies at the n-th call, which still takes effect if `done`. A write that does not is done by half. */
export function crashing(disk: Disk, n: number, done: boolean): { disk: Disk; crashed: () => boolean } {
  let calls = 0;
  const die = watched(disk, (call, args) => {
    calls++;
    if (calls < n) return;
    if (calls === n && (done || call.startsWith('write'))) {
      if (call.startsWith('write') && !done) args[3] = Math.floor((args[3] as number) / 2);
      const sync = (call.endsWith('Sync') ? call : `${call}Sync`) as 'writeSync';
      // What only reads has no effect to be done; what flushes has none that a crash of the process could lose.
      (disk[sync] as ((...args: unknown[]) => unknown) | undefined)?.(...args);
    }
    throw new Crash();
  });
  return { disk: die, crashed: () => calls >= n };
}

interface Inode {
  now: Buffer;
  /** What is on the disk for certain. */
  flushed: Buffer;
  /** The blocks that were written to since, of {@link block} bytes: of the others nothing is lost. */
  written: Set<number>;
}

/** What disks and caches write at once: what stands beside what is written, in the same block, may be lost as well. */
const block = 4096;

type NameChange = (names: Map<string, Inode>) => void;

/**
 * A disk in memory that loses what was not flushed when the power goes: of a file, anything; of the names in a
 * directory, all changes from some moment on.
 */
export class FragileDisk {
  names = new Map<string, Inode>();
  readonly #directories = new Set<string>(['/']);
  readonly #open = new Map<number, Inode | string>();
  #nextFd = 100;
  #flushedNames = new Map<string, Inode>();
  #changes: NameChange[] = [];
  readonly disk: Disk;

  constructor() {
    const inode = (fd: number): Inode => this.#open.get(fd) as Inode;
    const writeSync: Disk['writeSync'] = (fd, bytes, offset, length, position) => {
      const file = inode(fd);
      const grown = Buffer.alloc(Math.max(file.now.length, position + length));
      file.now.copy(grown);
      grown.set(bytes.subarray(offset, offset + length), position);
      file.now = grown;
      for (let at = Math.floor(position / block); at * block < position + length; at++) file.written.add(at);
      return length;
    };
    const openSync: Disk['openSync'] = (path, flags) => {
      if (!this.#directories.has(path)) {
        if (flags === 'wx' && this.names.has(path)) throw systemError('EEXIST');
        if (flags.startsWith('r')) this.#existing(path);
        else {
          if (!this.#directories.has(posix.dirname(path))) throw systemError('ENOENT');
          const made: Inode = { now: Buffer.alloc(0), flushed: Buffer.alloc(0), written: new Set() };
          this.#change((names) => names.set(path, made));
        }
      }
      this.#open.set(this.#nextFd, this.names.get(path) ?? path);
      return this.#nextFd++;
    };
    const closeSync = (fd: number): void => {
      if (!this.#open.delete(fd)) throw systemError('EBADF');
    };
    const readdirSync = (path: string): string[] => {
      if (!this.#directories.has(path)) throw systemError('ENOENT');
      const all = [...this.#directories, ...this.names.keys()];
      return all.filter((one) => one !== '/' && posix.dirname(one) === path).map((one) => posix.basename(one));
    };
    const flush = async (fd: number): Promise<void> => {
      const opened = this.#open.get(fd);
      if (opened === undefined) throw systemError('EBADF');
      if (typeof opened === 'string') {
        // The one journal of all directories: flushing any of them flushes what came before.
        this.#flushedNames = new Map(this.names);
        this.#changes = [];
      } else {
        Object.assign(opened, { flushed: opened.now, written: new Set() });
      }
    };
    this.disk = {
      openSync,
      writeSync,
      closeSync,
      readdirSync,
      accessSync: (path) => void this.#existing(path),
      renameSync: (from, to) => {
        const file = this.#existing(from);
        this.#change((names) => {
          names.delete(from);
          names.set(to, file);
        });
      },
      isFileSync: (path) => {
        if (!this.#directories.has(path)) this.#existing(path);
        return !this.#directories.has(path);
      },
      lstatSync: (path) => ({
        isFile: !this.#directories.has(path),
        links: 1,
        mode: 0o600,
        size: this.#directories.has(path) ? 0 : this.#existing(path).now.length,
      }),
      ftruncateSync: (fd, length) => {
        const file = inode(fd);
        const cut = Buffer.alloc(length);
        file.now.copy(cut);
        // The block in which it ends now is written, and those that it has got.
        for (let at = Math.floor(Math.min(length, file.now.length) / block); at * block < length; at++) {
          file.written.add(at);
        }
        file.now = cut;
      },
      unlinkSync: (path) => {
        this.#existing(path);
        this.#change((names) => names.delete(path));
      },
      mkdirSync: (path) => {
        if (this.#directories.has(path)) return undefined;
        const first = this.disk.mkdirSync(posix.dirname(path), { recursive: true, mode: 0o700 }) ?? path;
        this.#directories.add(path);
        return first;
      },
      rmdirSync: (path) => {
        if (readdirSync(path).length > 0) throw systemError('ENOTEMPTY');
        this.#directories.delete(path);
      },
      open: async (path, flags) => openSync(path, flags),
      write: async (fd, bytes, offset, length, position) => ({
        bytesWritten: writeSync(fd, bytes, offset, length, position),
      }),
      read: async (fd, bytes, offset, length, position) => {
        const part = inode(fd).now.subarray(position, position + length);
        bytes.set(part, offset);
        return { bytesRead: part.length };
      },
      fstat: async (fd) => ({ size: inode(fd).now.length }),
      fsync: flush,
      fdatasync: flush,
      close: async (fd) => closeSync(fd),
      readFile: async (path) => Buffer.from(this.#existing(path).now),
      readdir: async (path) => readdirSync(path),
    };
  }

  /** How many descriptors are open. */
  get opened(): number {
    return this.#open.size;
  }

  /** The disk as it may be found after the power has gone. */
  cut(random: () => number): void {
    const names = new Map(this.#flushedNames);
    const kept = Math.floor(random() * (this.#changes.length + 1));
    for (const change of this.#changes.slice(0, kept)) change(names);
    for (const [path, file] of names) {
      const now = lose(file, random);
      names.set(path, { now, flushed: now, written: new Set() });
    }
    this.names = names;
    this.#flushedNames = new Map(names);
    this.#changes = [];
    this.#open.clear();
  }

  #change(change: NameChange): void {
    change(this.names);
    this.#changes.push(change);
  }

  #existing(path: string): Inode {
    const file = this.names.get(path);
    if (file === undefined) throw systemError('ENOENT');
    return file;
  }
}

/** What was written since a file was flushed may be the old, the new, or zeros, and the end that it has got since may be missing. */
function lose(file: Inode, random: () => number): Buffer {
  const kept = Math.min(file.flushed.length, file.now.length);
  const length = random() < 0.5 ? file.now.length : kept + Math.floor(random() * (file.now.length - kept + 1));
  const found = Buffer.alloc(length);
  file.flushed.copy(found);
  for (const at of file.written) {
    for (let from = at * block; from < Math.min((at + 1) * block, length); from += 512) {
      const to = Math.min(from + 512, length);
      const source = random() < 0.6 ? file.now : file.flushed;
      found.fill(0, from, to);
      if (random() < 0.8) found.set(source.subarray(from, to), from);
    }
  }
  return found;
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
