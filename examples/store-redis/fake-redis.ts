import type { Redis } from './redis-store.ts';

/** A Redis within this process: it answers the commands that the store sends as Redis does, and no others. */
export class FakeRedis {
  readonly #strings = new Map<string, { value: string; until: number }>();
  readonly #hashes = new Map<string, Map<string, string>>();
  /** As with `maxmemory`: nothing more is written. */
  isFull = false;

  /** A client. `before` is called ahead of each command, and may throw, as a connection does that is lost. */
  connect(before: () => void = () => {}): Redis {
    return async (...command) => {
      before();
      // What goes over the wire is UTF-8.
      return this.#answer(command.map((part) => Buffer.from(part).toString()));
    };
  }

  /** So much time passes that every lease is over. */
  letLeasesExpire(): void {
    this.#strings.clear();
  }

  change(key: string, field: string, change: (value: string) => string): void {
    const hash = this.#hashes.get(key)!;
    hash.set(field, change(hash.get(field)!));
  }

  #answer([name, key = '', ...args]: string[]): unknown {
    if (this.isFull && name === 'HSET') throw new Error("OOM command not allowed when used memory > 'maxmemory'.");
    const string = this.#strings.get(key);
    const isThere = string !== undefined && string.until > Date.now();
    const hash = this.#hashes.get(key) ?? new Map<string, string>();
    this.#hashes.set(key, hash);
    switch (name) {
      case 'GET':
        return isThere ? string.value : null;
      case 'SET': // value NX PX ms
        if (isThere) return null;
        this.#strings.set(key, { value: args[0]!, until: Date.now() + Number(args[3]) });
        return 'OK';
      case 'PEXPIRE':
        if (isThere) string.until = Date.now() + Number(args[0]);
        return Number(isThere);
      case 'DEL':
        return Number(this.#strings.delete(key));
      case 'HGET':
        return hash.get(args[0]!) ?? null;
      case 'HSET':
        hash.set(args[0]!, args[1]!);
        return 1;
      case 'HDEL':
        return Number(hash.delete(args[0]!));
      case 'HVALS':
        return [...hash.values()];
      default:
        throw new Error(`ERR unknown command '${name}'`);
    }
  }
}
