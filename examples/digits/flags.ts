import { parseArgs } from 'node:util';
import { EPOCHS } from './training.ts';

export const HELP = `Trains a small network to read handwritten digits.

  npm start                     train, or go on with the run that was interrupted
  npm start -- --fresh          forget the saved run and start over
  npm start -- --epochs N       train for N epochs in all (default: ${EPOCHS})
  npm start -- --no-inspect     without the inspector's page
  npm start -- --help           this text

Ctrl-C saves the run and stops; the same command goes on from that batch.
The run is saved in .loopchart, under the directory that you are in.
`;

export interface Flags {
  fresh: boolean;
  /** Undefined where it was left open: then a saved run keeps its own. */
  epochs: number | undefined;
  /** Whether the run can be watched in a browser. */
  inspect: boolean;
  help: boolean;
}

/** @throws Error that says what is wrong with the command line */
export function parseFlags(args: string[]): Flags {
  const { values } = parseArgs({
    args,
    options: {
      fresh: { type: 'boolean' },
      epochs: { type: 'string' },
      'no-inspect': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const epochs = values.epochs === undefined ? undefined : Number(values.epochs);
  if (epochs !== undefined && !(Number.isSafeInteger(epochs) && epochs >= 1)) {
    throw new RangeError(`Expected --epochs to be a whole number from 1 up, got '${values.epochs}'.`);
  }
  return { fresh: values.fresh ?? false, epochs, inspect: !values['no-inspect'], help: values.help ?? false };
}
