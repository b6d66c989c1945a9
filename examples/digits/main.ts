import { parseArgs } from 'node:util';
import { type Checkpoint, LoopError } from 'loopchart';
import { fileStore, inspector, recordTo, resumable, terminal } from 'loopchart/node';
import { loadTensorFlow } from './backend.ts';
import { loadDigits } from './data.ts';
import { Fit } from './loops.ts';
import { createTraining, type EpochReport } from './training.ts';

const HELP = `Trains a small network to read handwritten digits.

  npm start                     train, or go on with the run that Ctrl-C has interrupted
  npm start -- --fresh          forget the run, which is saved in .loopchart, and start over
  npm start -- --epochs N       train for N epochs in all (default: 12)
  npm start -- --rate R         begin with this learning rate (default: 0.05); each rate is a run of its own
  npm start -- --record FILE    write a recording, to be compared with another: npx loopchart view FILE OTHER
  npm start -- --no-inspect     without the inspector's page`;

try {
  process.exitCode = await main();
} catch (error) {
  const { code } = error as { code?: string };
  const known = error instanceof LoopError || error instanceof RangeError || code?.startsWith('ERR_PARSE_ARGS');
  console.error(known ? `${(error as Error).message}\nnpm start -- --help says what there is.` : error);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const [flag, text] = [{ type: 'boolean' }, { type: 'string' }] as const;
  const options = { epochs: text, rate: text, record: text, fresh: flag, 'no-inspect': flag, help: flag } as const;
  const { values: flags } = parseArgs({ options });
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  const epochs = flags.epochs === undefined ? undefined : Number(flags.epochs);
  if (epochs !== undefined && !(Number.isSafeInteger(epochs) && epochs >= 1)) {
    throw new RangeError(`Expected --epochs to be a whole number from 1 up, got '${flags.epochs}'.`);
  }
  const rate = flags.rate === undefined ? undefined : Number(flags.rate);
  if (rate !== undefined && !(rate > 0 && rate <= 1)) {
    throw new RangeError(`Expected --rate to be a number above 0, and 1 at most, got '${flags.rate}'.`);
  }
  const id = rate === undefined ? 'digits' : `digits-${rate}`;
  const store = fileStore('.loopchart');
  if (flags.fresh) await store.delete(id);
  await loadTensorFlow();
  const digits = await loadDigits();
  const fit = new Fit(createTraining(digits, { tell: printLine, ...(epochs && { epochs }), ...(rate && { rate }) }));
  const page = flags['no-inspect'] ? undefined : await inspector();
  const recorder = flags.record === undefined ? undefined : recordTo(flags.record);
  const { run, from, outcome } = await resumable(fit, {
    id,
    store,
    migrate: (saved) => withEpochs(saved, epochs),
    inspect: [page, recorder].filter((one) => one !== undefined),
  });
  if (from === undefined) {
    console.log(`${digits.train.labels.length} digits to learn from, ${digits.heldOut.labels.length} held out.`);
    console.log('Ctrl-C saves the run and stops it; the same command goes on from there.');
  }
  terminal(run, { plot: 'batches.loss' });
  const { status, output, exitCode } = await outcome;
  recorder?.close();
  await page?.close();
  if (status === 'finished') {
    printLine(output.at(-1)!);
    console.log(`npm start -- --epochs ${output.length + 4} trains it for 4 more epochs; --fresh starts over.`);
  }
  return exitCode;
}

/** A saved run keeps its number of epochs unless it is given more. Then one that has finished goes on with the next. */
function withEpochs(saved: Checkpoint, total?: number): Checkpoint {
  const { history } = saved.stateDict.state_dict as Fit['state'];
  const finished = saved.phase.value === 'finished';
  if (total === undefined || (finished && total <= history.length)) return saved;
  if (total <= history.length) {
    throw new RangeError(`The saved run is in epoch ${history.length + 1}: give it more, or start over with --fresh.`);
  }
  const context = { ...saved.phase.context, done: false };
  return {
    ...saved,
    stateDict: { ...saved.stateDict, state_dict: { total, history } },
    phase: finished ? { value: 'advancing', context, children: {} } : saved.phase,
  };
}

function printLine({ epoch, part, loss, accuracy, heldOut }: EpochReport): void {
  const percent = (one: number) => `${(one * 100).toFixed(1)} %`.padStart(7);
  const [all, right, known] = [part, accuracy, heldOut.accuracy].map(percent);
  console.log(`epoch ${epoch} ${all}   loss ${loss.toFixed(4)}   accuracy ${right}   held out ${known}`);
}
