#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { LoopError } from '../errors.ts';
import { view } from './view.ts';

const usage = `Usage: loopchart view <recording.jsonl | recording.jsonl.gz> [--port <n>] [--open]

Shows a recording in the browser: prints the address, and serves it to this machine until Ctrl+C.
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
  const [command, file, ...more] = positionals;
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (command !== 'view' || file === undefined || more.length > 0) {
    process.stderr.write(usage);
    return 2;
  }
  try {
    const port = values.port === undefined ? 0 : Number(values.port);
    const { url } = await view(file, { port, open: values.open === true });
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

process.exitCode = await main(process.argv.slice(2));
