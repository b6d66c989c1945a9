import type { WriteStream } from 'node:tty';
import { bars, type Moment, percent } from './bars.ts';
import type { Fit } from './loops.ts';
import { means } from './score.ts';
import { Footer } from './terminal.ts';
import { batchesIn, type EpochReport, firstBatch, type Listener, QUARTERS } from './training.ts';

/** How often a terminal is redrawn, in milliseconds. */
const FRAME = 100;
/** The speed is that of the last few seconds. */
const SPEED_OVER = 5000;

/** Tells what a run does: with bars in a terminal, with plain lines in a file or a pipe. */
export class Report implements Listener {
  readonly #stream: WriteStream;
  #footer: Footer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #fit: Fit | undefined;
  #past: { time: number; steps: number }[] = [];
  #epochSince = 0;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  print(text: string): void {
    if (this.#footer === undefined) this.#stream.write(`${text}\n`);
    else this.#footer.print(text);
  }

  /** Looks at the loops from now on, until `close`. */
  watch(fit: Fit): void {
    this.#fit = fit;
    this.#epochSince = performance.now();
    if (!this.#stream.isTTY || process.env.TERM === 'dumb') return;
    this.#footer = new Footer(this.#stream);
    this.#timer = setInterval(() => this.#draw(), FRAME);
  }

  /** The bars leave the terminal; what was printed stays. */
  close(): void {
    clearInterval(this.#timer);
    this.#footer?.close();
    this.#footer = undefined;
  }

  onQuarter(report: EpochReport): void {
    // The last one comes with the epoch, and a terminal shows them in the bars.
    if (this.#footer === undefined && report.part < 1 && this.#whole(report))
      this.print(this.#line(report, `${report.part * 100} %`));
  }

  onEpoch(report: EpochReport): void {
    if (!this.#whole(report)) return;
    const now = performance.now();
    this.print(this.#line(report, `${((now - this.#epochSince) / 1000).toFixed(1)} s`));
    this.#epochSince = now;
  }

  /** Whether all its batches were learned from, and all held-out digits looked at: a run that is stopped ends its epoch early. */
  #whole({ epoch, part }: EpochReport): boolean {
    const fit = this.#fit!;
    const { epoch: before, batch } = momentOf(fit);
    return fit.epoch.validate.done && (before >= epoch || batch >= firstBatch(fit.init, part * QUARTERS));
  }

  #line({ epoch, loss, accuracy, heldOut }: EpochReport, end: string): string {
    const epochs = String(this.#fit!.init.epochs);
    const number = String(epoch).padStart(epochs.length);
    return (
      `epoch ${number} of ${epochs}   loss ${loss.toFixed(4)}   accuracy ${percent(accuracy)}   ` +
      `held out ${percent(heldOut.accuracy)}   ${end.padStart(6)}`
    );
  }

  #draw(): void {
    const moment = momentOf(this.#fit!);
    const steps = moment.epoch * moment.batches + moment.batch;
    const time = performance.now();
    this.#past = [...this.#past.filter((past) => past.time > time - SPEED_OVER), { time, steps }];
    const first = this.#past[0]!;
    if (steps > first.steps) moment.speed = ((steps - first.steps) * 1000) / (time - first.time);
    this.#footer!.draw(bars(moment, this.#footer!.columns, this.#stream.hasColors()));
  }
}

/** Where the loops stand: what they count is there to be read at any time. */
export function momentOf(fit: Fit): Moment {
  const batches = batchesIn(fit.init);
  // Counted over all runs: unlike `current`, it does not go back to 0 between the quarters.
  const learned = fit.epoch.batches.progress.total.completed;
  // An epoch that a stop cut short has ended as well.
  const epoch = Math.min(fit.progress.current.completed, Math.floor(learned / batches));
  const batch = learned - epoch * batches;
  const { score } = fit.epoch.batches.state;
  const report = fit.epoch.state.report ?? fit.state.history.at(-1);
  return {
    epoch,
    epochs: fit.init.epochs,
    batch,
    batches,
    ...(score.seen > 0 ? means(score) : {}),
    heldOut: report?.heldOut.accuracy,
  };
}
