/**
 * Keeps others of this origin (tabs, workers, other stores of this page) from a name, by the Web Locks of the browser,
 * which gives up what a tab held that is closed or dies.
 */
export class TabLock {
  /** Somebody has stolen it: nobody who asks for locks in the ordinary way does. */
  isLost = false;
  readonly #end: () => void;
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(end: () => void) {
    this.#end = end;
  }

  /** @returns undefined if somebody else has it */
  static take(name: string): Promise<TabLock | undefined> {
    return new Promise((resolve, reject) => {
      let end!: () => void;
      const held = new Promise<void>((resolve) => {
        end = resolve;
      });
      const lock = new TabLock(end);
      const granted = (given: unknown) => {
        resolve(given === null ? undefined : lock);
        return given === null ? undefined : held;
      };
      lock.#ended = navigator.locks.request(name, { ifAvailable: true }, granted).catch((error) => {
        lock.isLost = true;
        reject(error);
      });
    });
  }

  /** Resolves when others may have it. */
  async release(): Promise<void> {
    this.#end();
    await this.#ended;
  }
}
