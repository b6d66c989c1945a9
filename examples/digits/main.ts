import { LoopError, type LoopRun } from 'loopchart';
import { fileStore, inspector } from 'loopchart/node';
import { loadTensorFlow } from './backend.ts';
import { percent } from './bars.ts';
import { loadDigits } from './data.ts';
import { type Flags, HELP, parseFlags } from './flags.ts';
import { Fit } from './loops.ts';
import { momentOf, Report } from './report.ts';
import { createTraining, EPOCHS, type EpochReport } from './training.ts';

const RUN = 'digits';
const DIRECTORY = '.loopchart';
/** What a shell says of a process that a signal ended: 128 and its number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 };
/** npm and tsx pass on a Ctrl-C that the terminal has sent to every process: so soon, it is the first one again. */
const ECHO = 300;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let flags: Flags;
  try {
    flags = parseFlags(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nnpm start -- --help says what there is.\n`);
    return 2;
  }
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const report = new Report(process.stdout);
  try {
    return await train(flags, report);
  } catch (error) {
    report.close();
    if (!(error instanceof LoopError)) throw error;
    const hint = error.code.startsWith('CHECKPOINT')
      ? '\nnpm start -- --fresh forgets the saved run and starts over.'
      : '';
    process.stderr.write(`${error.message}${hint}\n`);
    return 1;
  }
}

async function train(flags: Flags, report: Report): Promise<number> {
  let run: LoopRun<EpochReport[]> | undefined;
  onSignal((signal) => {
    if (run === undefined) process.exit(EXIT_CODES[signal]);
    // A run that cannot be saved must not wait, paused, for ever.
    run.suspend(signal).catch((error) => run?.abort(error));
  });

  const store = fileStore(DIRECTORY, { keep: 2 });
  if (flags.fresh) await store.delete(RUN);
  const saved = await store.load(RUN);
  const state = saved?.stateDict.state_dict as Fit['state'] | null | undefined;
  const history = state?.history ?? [];
  const finished = saved?.phase.value === 'finished';
  const epochs = flags.epochs ?? state?.total ?? EPOCHS;
  if (finished && epochs <= history.length) {
    report.print(`The saved run has been trained already, for ${count(history.length, 'epoch')}.`);
    conclude(report, history);
    return 0;
  }
  if (saved !== undefined && epochs <= history.length) {
    process.stderr.write(
      `The saved run is in epoch ${history.length + 1}: give it more with --epochs, or start over with --fresh.\n`,
    );
    return 2;
  }

  const page = flags.inspect ? await inspector({ tell: (text) => report.print(text.trimEnd()) }) : undefined;
  await loadTensorFlow();
  const digits = await loadDigits();
  const fit = new Fit(createTraining(digits, { epochs, listener: report }));
  if (saved === undefined) {
    const [learned, heldOut] = [digits.train, digits.heldOut].map(({ labels }) => labels.length.toLocaleString('en'));
    report.print(`${learned} handwritten digits to learn from, ${heldOut} held out, ${count(epochs, 'epoch')}.`);
    report.print('Ctrl-C saves the run and stops it; the same command goes on from there.');
  } else {
    fit.loadStateDict(saved.stateDict);
    report.print(`Going on ${placeOf(fit)}.`);
  }
  if (finished) {
    // There is no step to go on with: as in Lightning, a new run begins with the state of the old one.
    fit.model.loadStateDict(saved.assets.model as never);
    fit.optimizer.loadStateDict(saved.assets.optimizer as never);
  }

  run = fit.start({
    id: RUN,
    store,
    every: { ms: 1000 },
    durability: 'async',
    ...(page === undefined ? {} : { inspect: page }),
    ...(saved === undefined || finished ? {} : { from: saved }),
  });
  report.watch(fit);
  const outcome = await run.outcome;
  report.close();
  await page?.close();
  if (outcome.status === 'suspended') {
    const signal = outcome.reason as keyof typeof EXIT_CODES;
    report.print(`${signal} ${placeOf(fit)}: saved in ${DIRECTORY}.\nThe same command goes on from there.`);
    return EXIT_CODES[signal];
  }
  // From the inspector's page.
  if (outcome.status === 'stopped' || (outcome.status === 'aborted' && !(outcome.error instanceof Error))) {
    const why = outcome.reason === undefined ? '' : ` (${String(outcome.reason)})`;
    const next = (await store.load(RUN)) === undefined ? 'begins anew' : 'goes on from what was saved last';
    report.print(`${outcome.status}${why} ${placeOf(fit)}. npm start ${next}.`);
    return outcome.status === 'stopped' ? 0 : 1;
  }
  if (outcome.status !== 'finished') throw outcome.error;
  conclude(report, outcome.output!);
  return 0;
}

/** The first signal is told to `stop`; at the second the process ends at once. */
function onSignal(stop: (signal: keyof typeof EXIT_CODES) => void): void {
  let since: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (since === undefined) {
        since = now;
        stop(signal);
      } else if (now > since + ECHO) {
        process.exit(EXIT_CODES[signal]);
      }
    });
  }
}

function placeOf(fit: Fit): string {
  const { epoch, epochs, batch, batches } = momentOf(fit);
  return batch === 0
    ? `before epoch ${epoch + 1} of ${epochs}`
    : `in epoch ${epoch + 1} of ${epochs}, after batch ${batch} of ${batches}`;
}

function conclude(report: Report, history: EpochReport[]): void {
  const { epoch, heldOut } = history.at(-1)!;
  report.print(`
Held-out accuracy: ${percent(heldOut.accuracy)} after ${count(epoch, 'epoch')}. The model is in ${DIRECTORY}.

What to try next:
  npm start -- ${`--epochs ${epoch + 4}`.padEnd(13)} trains it for 4 more epochs
  npm start -- --fresh       starts over. Press Ctrl-C on the way, then npm start:
                             it goes on from that batch`);
}

function count(number: number, name: string): string {
  return `${number} ${name}${number === 1 ? '' : 's'}`;
}
