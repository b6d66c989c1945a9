import { describeError } from '../data/error-codec.ts';
import { soon } from '../time/clock.ts';
import { isNodePort, type WorkerPort } from './port.ts';
import { onLost } from './sign-of-life.ts';

/** How a worker has come to its end. */
export interface Death {
  what: string;
  cause?: unknown;
}

/** Watches whether the worker at the other end of a way lives. */
export class Life {
  readonly #died: (death: Death) => void;
  readonly #port: WorkerPort;
  readonly #leave: (() => void)[] = [];
  #unhearErrors: (() => void) | undefined;
  /** What it threw last, in Node: its end is told after that. */
  #thrown: { error: unknown } | undefined;
  #serves = false;

  constructor(port: WorkerPort, died: (death: Death) => void) {
    this.#port = port;
    this.#died = died;
    if (isNodePort(port)) {
      this.#on('exit', (code) => this.#exit(code));
      this.#on('close', () => died({ what: 'the way to the worker was closed' }));
      // A thread that has ended already has no number.
      if ((port as { threadId?: number }).threadId === -1) soon(() => died({ what: 'it had ended before' }));
      return;
    }
    this.#on('error', (event: { error?: unknown; message?: string }) => {
      // What is thrown later does not end a worker of a browser.
      if (!this.#serves) died({ what: 'it could not be loaded', cause: event.error ?? event.message });
    });
    this.#on('close', () => died({ what: 'the way to the worker was closed' }));
  }

  /** The worker serves. @param lock what it holds as long as it lives, where there is such a thing */
  serves(lock: string | undefined): void {
    if (this.#serves) return;
    this.#serves = true;
    if (lock !== undefined && !isNodePort(this.#port)) {
      this.#leave.push(onLost(lock, () => this.#died({ what: 'it was terminated, or has crashed' })));
    }
  }

  /**
   * Whether what a thread of Node throws, and ends with, is told to somebody who waits. Otherwise it is left to others: it
   * would go unheard if we heard it.
   */
  hearErrors(hears: boolean): void {
    if (!isNodePort(this.#port) || hears === (this.#unhearErrors !== undefined)) return;
    if (hears) {
      this.#unhearErrors = this.#listen('error', (error) => {
        this.#thrown = { error };
      });
    } else {
      this.#unhearErrors?.();
      this.#unhearErrors = undefined;
    }
  }

  /** The one that serves has closed: another may. */
  closed(): void {
    this.#serves = false;
  }

  leave(): void {
    this.hearErrors(false);
    for (const leave of this.#leave.splice(0)) leave();
  }

  #exit(code: unknown): void {
    const { error } = this.#thrown ?? {};
    const thrown = this.#thrown === undefined ? '' : `: ${describeError(error).message}`;
    this.#died({ what: `it ended with exit code ${code}${thrown}`, cause: error });
  }

  #on(event: string, listener: (what: any) => void): void {
    this.#leave.push(this.#listen(event, listener));
  }

  #listen(event: string, listener: (what: any) => void): () => void {
    const port = this.#port;
    if (isNodePort(port)) {
      port.on(event, listener);
      return () => port.off(event, listener);
    }
    port.addEventListener(event, listener);
    return () => port.removeEventListener(event, listener);
  }
}
