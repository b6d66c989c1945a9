#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { LoopError, MisconfigurationError } from '../data/errors.ts';
import { quoted } from './answer.ts';
import { writePage } from './recording/page.ts';
import { shownPath } from './recording/path.ts';
import { view } from './view.ts';

const usage = `Usage: loopchart view <recording.jsonl | recording.jsonl.gz | directory>... [--port <n>] [--open]
       loopchart view <recording>... --html <page.html>

Shows recordings in the browser, of a directory all that lie in it (*.jsonl, *.jsonl.gz): lists their runs, and compares
them. Prints the address, and serves it to this machine until Ctrl+C.
With --html, writes the page with recordings in it instead: one file that opens without a server or a network.
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
  const fault = faultOf(positionals) ?? clashIn(values);
  if (fault !== undefined) {
    process.stderr.write(`${fault}\n\n${usage}`);
    return 2;
  }
  try {
    if (values.html !== undefined) {
      const bytes = await writePage(positionals.slice(1), values.html);
      process.stdout.write(`${shownPath(values.html)} (${(bytes / 1e6).toFixed(1)} MB)\n`);
      return 0;
    }
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
    html: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  return parseArgs({ args, allowPositionals: true, options });
}

function faultOf([command, file]: string[]): string | undefined {
  if (command === undefined) return 'Expected a command, got none.';
  if (command !== 'view') return `Expected the command \`view\`, got ${quoted(command)}.`;
  return file === undefined ? 'Expected the path of a recording, got none.' : undefined;
}

function clashIn({ html, port, open }: { html?: string; port?: string; open?: boolean }): string | undefined {
  const other = port !== undefined ? '--port' : open ? '--open' : undefined;
  return html === undefined || other === undefined
    ? undefined
    : `Expected \`--html\` alone: it writes a file and serves nothing, got \`${other}\` as well.`;
}

function portOf(text = '0'): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new MisconfigurationError(`Expected \`--port\` to be a whole number from 0 to 65535, got ${quoted(text)}.`);
  return Number(text);
}

// Whoever the address was printed to may have gone.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
process.exitCode = await main(process.argv.slice(2));
