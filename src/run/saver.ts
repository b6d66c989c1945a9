import type { Checkpoint } from '../checkpoint/contents.ts';
import type { StartOptions } from './options.ts';

/** When a run is to be saved, and the saves of it, one after another. */
export class Saver {
  readonly #options: StartOptions<any>;
  readonly #id: string;
  #sinceSave = 0;
  #lastSave = performance.now();
  /** The last of the saves. */
  #saving: Promise<void> | undefined;
  /** What goes on beside the run until `#newest` is saved; never rejects. */
  #beside: Promise<void> | undefined;
  #newest: Checkpoint | undefined;

  constructor(options: StartOptions<any>, id: string) {
    this.#options = options;
    this.#id = id;
  }

  /** So many steps more have been taken. */
  stepped(steps: number): void {
    this.#sinceSave += steps;
  }

  /** A checkpoint that was due has been taken. */
  taken(): void {
    this.#sinceSave = 0;
    this.#lastSave = performance.now();
  }

  isDue(): boolean {
    return this.#sinceSave > 0 && this.stepsLeft() <= 0;
  }

  /** Steps until a checkpoint is due; one that is due by its time waits for no more. */
  stepsLeft(): number {
    const { store, every = { ms: 1000 }, durability } = this.#options;
    if (store === undefined || durability === 'exit' || every === 'run') return Infinity;
    if (every === 'step') return 1 - this.#sinceSave;
    if ('steps' in every) return every.steps - this.#sinceSave;
    // By a clock that is never set; one that goes back all the same has been put in its place by a test meanwhile.
    const passed = performance.now() - this.#lastSave;
    return passed >= every.ms || passed < 0 ? 0 : Infinity;
  }

  /** A step begins to wait: in how many milliseconds that is to be saved. Infinity: with the next steps. */
  untilDue(): number {
    const { store, every = { ms: 1000 }, durability } = this.#options;
    if (store === undefined || durability === 'exit' || every === 'run') return Infinity;
    if (durability === 'sync' || every === 'step') return 0;
    return 'steps' in every ? Infinity : Math.max(0, every.ms - (performance.now() - this.#lastSave));
  }

  /** Saves after what is being saved, and instead of what waits beside the run. */
  async save(checkpoint: Checkpoint): Promise<void> {
    this.#newest = undefined;
    const before = this.#saving;
    const saving = (async () => {
      await before?.catch(() => {});
      await this.#options.store!.save(this.#id, checkpoint);
    })();
    this.#saving = saving;
    await saving;
  }

  /** One save in flight; of those that wait, the newest. A save that fails ends the run: it could not be resumed from where it is. */
  saveBeside(checkpoint: Checkpoint, failed: (error: unknown) => void): void {
    this.#newest = checkpoint;
    this.#beside ??= (async () => {
      try {
        while (this.#newest !== undefined) await this.save(this.#newest);
      } catch (error) {
        failed(error);
      }
      this.#beside = undefined;
    })();
  }

  /** Resolves when no save is on its way any more. One that the run waited for has told whoever did of its failure. */
  async settled(): Promise<void> {
    await this.#beside;
    await this.#saving?.catch(() => {});
  }
}
