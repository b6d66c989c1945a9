import { LoopError } from '../data/errors.ts';
import { packed } from './crossing.ts';
import { type Death, Life } from './life.ts';
import { isTold, type Said, type SaidOptions, type Told, version } from './messages.ts';
import { checkOptions, type RemoteStartOptions } from './options.ts';
import { hear, mark, type WorkerPort } from './port.ts';
import { RemoteRun, type Unsaid, type Way } from './remote-run.ts';

/** The outside of a way to a worker: starts runs there, and passes on what is said of them. */
export class OutsideEnd implements Way {
  path = '';
  readonly #port: WorkerPort;
  readonly #name: string;
  readonly #life: Life;
  readonly #unhear: () => void;
  /** Runs that want to hear of the worker, by their keys. */
  readonly #runs = new Map<string, RemoteRun<any>>();
  /** What is to be said once the worker serves; `undefined`: it does. */
  #unsaid: Unsaid[] | undefined = [];
  #serving: string | undefined;
  #dead: LoopError | undefined;

  constructor(port: WorkerPort, name: string) {
    this.#port = port;
    this.#name = name;
    this.#unhear = hear(port, (data) => {
      if (isTold(data, name)) this.#hear(data);
    });
    this.#life = new Life(port, (death) => this.#die(death));
    this.#post({ say: 'hello' });
  }

  start(given: RemoteStartOptions<any>): RemoteRun<any> {
    checkOptions(given);
    const { from, inspect = false, signal, args, paused, every, durability } = given;
    const checkpoint = from === 'newest' ? undefined : from;
    const id = given.id ?? checkpoint?.runId ?? globalThis.crypto.randomUUID();
    const data = packed(
      // The way in which a checkpoint becomes JSON is no part of it.
      { ...(args && { args }), ...(checkpoint && { from: { ...checkpoint } }) },
      'what the run is started with',
    );
    const options: SaidOptions = { id, data, newest: from === 'newest', inspect, paused, every, durability };
    const steps = checkpoint?.position?.steps ?? 0;
    const run = new RemoteRun<any>(this, globalThis.crypto.randomUUID(), options, steps, signal);
    if (this.#dead !== undefined) run.die(this.#dead);
    return run;
  }

  say(message: Unsaid): void {
    if (this.#dead !== undefined) return;
    if (this.#unsaid !== undefined) this.#unsaid.push(message);
    else this.#post(message);
  }

  takeBack(key: string): boolean {
    const kept = this.#unsaid?.filter(({ run }) => run !== key);
    const wasThere = kept !== undefined && kept.length < this.#unsaid!.length;
    this.#unsaid = kept;
    return wasThere;
  }

  hears(key: string, run: RemoteRun<any> | undefined): void {
    if (run === undefined) this.#runs.delete(key);
    else if (this.#dead === undefined) this.#runs.set(key, run);
    else run.die(this.#dead);
    this.#life.hearErrors(this.#runs.size > 0);
  }

  close(): void {
    for (const run of this.#runs.values()) run.abort(new LoopError('STOPPED', 'The way to its worker was closed.'));
    this.#die({ what: 'the way to it was closed by `close`' });
  }

  #post(message: Record<string, unknown> & { say: Said['say'] }): void {
    const { data } = (message.options ?? {}) as Partial<SaidOptions>;
    this.#port.postMessage({ loopchart: mark, to: this.#name, ...message }, data?.bytes ?? []);
  }

  #hear(told: Told): void {
    if (told.tell === 'here') this.#meet(told);
    else if (told.tell !== 'bye') this.#runs.get(told.run)?.hear(told);
    else if (told.serving === this.#serving) this.#part();
  }

  #meet(here: Extract<Told, { tell: 'here' }>): void {
    if (here.version !== version) {
      this.#die({ what: `it speaks version ${here.version} of what loopchart's ends say, and this one ${version}` });
      return;
    }
    this.#serving = here.serving;
    this.path = here.path;
    this.#life.serves(here.lock);
    const unsaid = this.#unsaid ?? [];
    this.#unsaid = undefined;
    for (const message of unsaid) this.#post(message);
  }

  /** The worker serves no more. Another loop may come. */
  #part(): void {
    this.#unsaid ??= [];
    this.#serving = undefined;
    this.#life.closed();
    this.#failAll(this.#gone('it has closed what served the run'));
  }

  #die({ what, cause }: Death): void {
    if (this.#dead !== undefined) return;
    this.#dead = this.#gone(what, cause);
    this.#unsaid = [];
    this.#unhear();
    this.#life.leave();
    this.#failAll(this.#dead);
  }

  #failAll(error: LoopError): void {
    for (const run of [...this.#runs.values()]) run.die(error);
  }

  #gone(what: string, cause?: unknown): LoopError {
    const message = `Expected the worker to live until the run has ended: ${what}. What was saved last can be gone on from.`;
    return new LoopError('WORKER_DIED', message, this.path, cause === undefined ? undefined : { cause });
  }
}
