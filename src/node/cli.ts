#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { LoopError, MisconfigurationError } from '../data/errors.ts';
import { quoted } from './answer.ts';
import { view } from './view.ts';

const usage = `Usage: loopchart view <recording.jsonl | recording.jsonl.gz | directory>... [--port <n>] [--open]

Shows recordings in the browser, of a directory all that lie in it (*.jsonl, *.jsonl.gz): lists their runs, and compares
them. Prints the address, and serves it to this machine until Ctrl+C.
Exits with 1 for a file that is no recording, with 2 for words that it does not know.
`;

/** @returns what the process exits with; undefined while it serves */
async function main(words: string[]): Promise<number | undefined> {
  let given: ReturnType<typeof read>;
  try {
    given = read(words);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const { values, positionals } = given;
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const fault = faultOf(positionals);
  if (fault !== undefined) {
    process.stderr.write(`${fault}\n\n${usage}`);
    return 2;
  }
  try {
    const { url, passedOver } = await view(positionals.slice(1), {
      port: portOf(values.port),
      open: values.open === true,
    });
    for (const line of passedOver) process.stderr.write(`Passed over: ${line}\n`);
    process.stdout.write(`${url}\n`);
    return undefined;
  } catch (error) {
    if (!(error instanceof LoopError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

function read(args: string[]) {
  const options = {
    port: { type: 'string' },
    open: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  return parseArgs({ args, allowPositionals: true, options });
}

function faultOf([command, file]: string[]): string | undefined {
  if (command === undefined) return 'Expected a command, got none.';
  if (command !== 'view') return `Expected the command \`view\`, got ${quoted(command)}.`;
  return file === undefined ? 'Expected the path of a recording, got none.' : undefined;
}

function portOf(text = '0'): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new MisconfigurationError(`Expected \`--port\` to be a whole number from 0 to 65535, got ${quoted(text)}.`);
  return Number(text);
}

// Whoever the address was printed to may have gone.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
process.exitCode = await main(process.argv.slice(2));
