// An agent that may be interrupted anywhere. Ctrl-C, then the same command: it goes on in the middle of what it was doing.
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { LoopError } from 'loopchart';
import { fileStore, inspector, resumable } from 'loopchart/node';
import { Agent } from './loops.ts';
import { openAIModel } from './openai.ts';
import { scriptedModel } from './scripted.ts';
import { Shop } from './shop.ts';

const help = `Looks after the orders of a shop. Each refund is a line of refunds.txt.

  main.ts [task]         begin, or go on with the run that was interrupted, which is saved in .loopchart
  --approve              all refunds are approved; else they are asked for in the terminal
  --inspect              with the inspector's page, where approvals can be given as well
  --budget N             tokens that may be used (default: 20000)
  --url U --model M      a model behind an endpoint that speaks OpenAI's protocol, such as http://127.0.0.1:11434/v1;
                         its key is taken from OPENAI_API_KEY. Default: a scripted model, without any network
  --fresh                forget the run that is saved`;

try {
  process.exitCode = await main();
} catch (error) {
  const { code } = error as { code?: string };
  const isKnown = error instanceof LoopError || error instanceof RangeError || code?.startsWith('ERR_PARSE_ARGS');
  console.error(isKnown ? `${(error as Error).message}\n--help says what there is, --fresh forgets the run.` : error);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const { values: flags, positionals } = parseArgs({
    allowPositionals: true,
    options: { approve: flag, inspect: flag, budget: text, url: text, model: text, fresh: flag, help: flag },
  });
  if (flags.help) {
    console.log(help);
    return 0;
  }
  const { url, model } = flags;
  if ((url === undefined) !== (model === undefined)) throw new RangeError('Expected --url and --model, or neither.');
  const budget = Number(flags.budget ?? 20_000);
  if (!(budget > 0)) throw new RangeError(`Expected --budget to be a number above 0, got '${flags.budget}'.`);
  const store = fileStore('.loopchart');
  if (flags.fresh) await store.delete('agent');
  const page = flags.inspect ? await inspector() : undefined;

  const agent = new Agent({
    model: url && model ? openAIModel({ url, model, key: process.env.OPENAI_API_KEY }) : scriptedModel(),
    shop: new Shop('refunds.txt'),
    ask: (question, signal) => void ask(question, signal),
    tell: (line) => console.log(line),
    budget,
  });
  const program = resumable(agent, {
    id: 'agent',
    args: [positionals.join(' ') || 'Refund the orders that took longer than a week.'],
    store,
    // A refund is remembered before anything else happens: also kill -9 does not make it twice once it is done.
    durability: 'sync',
    inspect: page,
  });

  /** Gives the run what a person says to it. */
  async function ask(question: string, signal: AbortSignal): Promise<void> {
    const { run } = await program;
    if (flags.approve) await run.give(question, true);
    else if (process.stdin.isTTY) {
      const says = await answer(`${question} y/n `, signal);
      if (says !== undefined) await run.give(question, says === 'y');
    } else if (page === undefined) {
      // Nobody is here who could answer. The run can wait without a process, for days.
      console.log(`${question} Start it again with --approve, or in a terminal.`);
      run.suspend('nobody is here to answer').catch((error) => run.abort(error));
    }
  }

  const { status, output, reason, exitCode } = await (await program).outcome;
  if (status === 'finished') console.log(output ?? `No answer: ${reason}.`);
  await page?.close();
  return exitCode;
}

/** A line that is typed; `undefined` if that is no longer wanted. Ctrl-C stays a signal, as the terminal is left as it is. */
async function answer(question: string, signal: AbortSignal): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  try {
    return (await lines.question(question, { signal })).trim().toLowerCase();
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    lines.close();
  }
}
