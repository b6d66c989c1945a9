import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Checkpoint, LoopRun } from 'loopchart';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Agent, type AgentOptions } from '../examples/agent/loops.ts';
import type { Model, Reply } from '../examples/agent/model.ts';
import { openAIModel } from '../examples/agent/openai.ts';
import { scriptedModel } from '../examples/agent/scripted.ts';
import { Shop } from '../examples/agent/shop.ts';
import { keepingAll } from './support/cuts.ts';
import { hasScript } from './support/script.ts';
import { freshFolder } from './support/site.ts';

const task: [string] = ['Refund the orders that took longer than a week.'];
const refunds = ['refunded order 3: 32.00', 'refunded order 6: 54.00'];
const answer = `2 orders took longer than a week: ${refunds.join('; ')}.`;

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ folder, remove } = await freshFolder('agent'));
});
afterEach(() => remove());

/** What the shop has paid back. */
function paid(): string[] {
  const file = join(folder, 'refunds.txt');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

/** An agent without waits, and the run of it that `started` is given: approvals come from there. */
function agentWith(options: Partial<AgentOptions> = {}) {
  const told: string[] = [];
  const asked: string[] = [];
  let run: LoopRun<unknown> | undefined;
  const agent = new Agent({
    model: scriptedModel(0),
    shop: new Shop(join(folder, 'refunds.txt'), 0),
    budget: 20_000,
    tell: (line) => told.push(line),
    ask: (question) => {
      asked.push(question);
      // It may be asked before `start` has returned.
      setImmediate(() => void run!.give(question, true));
    },
    ...options,
  });
  const started = <R extends LoopRun<unknown>>(one: R): R => {
    run = one;
    return one;
  };
  return { agent, told, asked, started };
}

test('asks for approval, pays back what was late, and answers', async () => {
  const { agent, told, asked, started } = agentWith();
  expect(await started(agent.start({ args: task })).output).toBe(answer);
  expect(paid()).toEqual(refunds);
  expect(asked).toEqual(['Refund order 3? (turn 2, call 1)', 'Refund order 6? (turn 2, call 2)']);
  expect(told.filter((line) => line.startsWith('plan'))).toEqual([
    'plan: list_orders',
    'plan: refund 3, refund 6',
    'plan: answer',
  ]);
});

test('what is not approved is not paid', async () => {
  const { agent, started } = agentWith({
    ask: (question) => setImmediate(() => void run.give(question, question.includes('order 6'))),
  });
  const run = started(agent.start({ args: task }));
  expect(await run.output).toBe(`2 orders took longer than a week: order 3: not approved; ${refunds[1]}.`);
  expect(paid()).toEqual([refunds[1]]);
});

test('goes on from every checkpoint to the same answer, and pays back only what it had not paid by then', async () => {
  const store = keepingAll();
  const first = agentWith();
  const whole = first.started(first.agent.start({ args: task, store, every: 'step', durability: 'sync' }));
  expect(await whole.output).toBe(answer);
  const counts = new Set<number>();
  for (const [i, text] of store.kept.entries()) {
    rmSync(join(folder, 'refunds.txt'), { force: true });
    const again = agentWith();
    const from = JSON.parse(text) as Checkpoint;
    const run = again.started(again.agent.start({ from, ...(i % 2 === 0 ? {} : { inspect: () => {} }) }));
    expect(await run.output).toBe(answer);
    const left = paid();
    counts.add(left.length);
    // `once`: a refund that the checkpoint knows of is not made again.
    const known = refunds.filter((refund) => text.includes(refund)).length;
    expect(left, `checkpoint ${i}`).toEqual(refunds.slice(known));
  }
  expect([...counts].sort()).toEqual([0, 1, 2]);
});

test('suspended while it waits for approval, it is asked again in the next process, and only then', async () => {
  const { agent, asked } = agentWith({ ask: (question) => asked.push(question) });
  const run = agent.start({ args: task });
  for (let i = 0; asked.length === 0 && i < 1000; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(run.waitingFor.join()).toContain("receive('Refund order 3? (turn 2, call 1)')");
  const from = JSON.parse(JSON.stringify(await run.suspend())) as Checkpoint;
  const second = agentWith();
  expect(await second.started(second.agent.start({ from })).output).toBe(answer);
  expect(second.asked).toEqual(['Refund order 3? (turn 2, call 1)', 'Refund order 6? (turn 2, call 2)']);
  expect(paid()).toEqual(refunds);
});

test('a budget ends the agent from the loop that plans, with a reason', async () => {
  const { agent, started } = agentWith({ budget: 300 });
  const { status, output, ended, reason } = (await started(agent.start({ args: task })).outcome) as any;
  expect({ status, output, ended, reason }).toEqual({
    status: 'finished',
    output: null,
    ended: true,
    reason: 'the budget of 300 tokens is used up',
  });
});

test('a model that calls what there is not, or says nothing, is told so', async () => {
  const call = (name: string, json: string): Reply => ({
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'a', type: 'function', function: { name, arguments: json } }],
  });
  const replies = [
    call('fly', '{}'),
    call('refund', '{"order":'),
    call('refund', '{"order":"3"}'),
    { role: 'assistant', content: '' } as Reply,
    call('refund', '{"order":99}'),
    { role: 'assistant', content: 'no such order' } as Reply,
  ];
  let last: unknown;
  const model: Model = {
    async next(messages) {
      last = messages;
      return { reply: replies.shift()!, tokens: 1 };
    },
  };
  const { agent, started } = agentWith({ model });
  expect(await started(agent.start({ args: task })).output).toBe('no such order');
  const said = (last as { role: string; content: string }[]).slice(2).filter(({ role }) => role !== 'assistant');
  expect(said.map(({ content }) => content)).toEqual([
    "There is no tool 'fly', only list_orders, refund.",
    'Expected the arguments to be JSON, got: {"order":',
    'Expected { "order": a whole number }, got: {"order":"3"}',
    'Call a tool, or give an answer.',
    'failed: There is no order 99.',
  ]);
  expect(paid()).toEqual([]);
});

describe('a model behind an endpoint that speaks OpenAI’s protocol', () => {
  const textOf = async (request: IncomingMessage) => {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += part;
    return text;
  };

  /** A server on this machine: gets each request as it was sent, and answers it. */
  async function serve(answerTo: (body: any, request: IncomingMessage) => Promise<[status: number, body: unknown]>) {
    const server = createServer(async (request, response) => {
      const [status, body] = await answerTo(JSON.parse(await textOf(request)), request);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`;
    return { url, close: () => void server.close(server.closeAllConnections()!) };
  }

  test('is told of the tools and of what they gave, and is asked again when it is busy', async () => {
    const script = scriptedModel(0);
    const requests: { path: string | undefined; key: string | undefined; body: any }[] = [];
    const server = await serve(async (body, { url, headers }) => {
      requests.push({ path: url, key: headers.authorization, body });
      if (requests.length === 1) return [503, { error: 'busy' }];
      const { reply, tokens } = await script.next(body.messages, body.tools, new AbortController().signal);
      return [200, { choices: [{ message: { refusal: null, ...reply } }], usage: { total_tokens: tokens } }];
    });
    const model = openAIModel({ url: server.url, model: 'small', key: 'a key' });
    const { agent, started } = agentWith({ model });
    expect(await started(agent.start({ args: task })).output).toBe(answer);
    server.close();
    expect(requests.map(({ path, key, body }) => [path, key, body.model])).toEqual(
      Array(4).fill(['/v1/chat/completions', 'Bearer a key', 'small']),
    );
    const { messages, tools } = requests.at(-1)!.body;
    expect(tools.map((tool: any) => [tool.type, tool.function.name, tool.function.parameters.required])).toEqual([
      ['function', 'list_orders', []],
      ['function', 'refund', ['order']],
    ]);
    // Each call has its result, under its id.
    const called = messages.flatMap((message: any) => message.tool_calls ?? []).map(({ id }: any) => id);
    expect(messages.flatMap(({ tool_call_id: id }: any) => id ?? [])).toEqual(called);
    expect(called.length).toBe(3);
  }, 20_000);

  test('an abort of the run ends the request, and a wrong key is not tried twice', async () => {
    let open: IncomingMessage | undefined;
    let arrived = () => {};
    const hasArrived = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const hanging = await serve((_, request) => {
      open = request;
      arrived();
      return new Promise(() => {});
    });
    const first = agentWith({ model: openAIModel({ url: hanging.url, model: 'small' }) });
    const run = first.started(first.agent.start({ args: task }));
    await hasArrived;
    const closed = once(open!.socket, 'close');
    run.abort(new Error('enough'));
    expect((await run.outcome).error).toEqual(new Error('enough'));
    await closed;
    hanging.close();

    let count = 0;
    const strict = await serve(async () => [count++ < 9 ? 401 : 200, { error: 'wrong key' }]);
    const second = agentWith({ model: openAIModel({ url: strict.url, model: 'small', key: 'wrong' }) });
    const { error } = await second.started(second.agent.start({ args: task })).outcome;
    strict.close();
    expect(String(error)).toBe(`ServiceError: ${strict.url}chat/completions answered 401: {"error":"wrong key"}`);
    expect(count).toBe(1);
  });
});

describe.skipIf(process.platform === 'win32')('the program', () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const main = join(import.meta.dirname, '../examples/agent/main.ts');
  const command = [process.execPath, `--import=${tsx}`, '--conditions=loopchart-source', main];

  /** Starts it; once it has printed something, something is done to it. */
  async function start(words: string[], until?: string, then: (child: ChildProcess) => void = () => {}) {
    const { FORCE_COLOR: _, ...env } = process.env;
    const child = spawn(words[0]!, words.slice(1), { cwd: folder, stdio: 'pipe', env });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        const before = said.stdout;
        said[stream] += text;
        if (until !== undefined && !before.includes(until) && said.stdout.includes(until)) then(child);
      });
    }
    const [code] = await once(child, 'close');
    return { code, ...said };
  }
  const interrupt = (child: ChildProcess) => void child.kill('SIGINT');

  test('interrupted in the middle of two tool calls, it goes on in them and does nothing twice', async () => {
    // The shop is busy at the second page: the wait for another attempt is cut.
    const first = await start(command, 'page 1 of 3', interrupt);
    expect([first.code, paid()]).toEqual([130, []]);
    // Nobody is there who could answer: it can wait without a process.
    const second = await start(command);
    expect([second.code, paid()]).toEqual([0, []]);
    expect(second.stderr).toContain('agent: goes on in agent.act.listOrders');
    expect(second.stdout).not.toContain('page 1 of 3');
    expect(second.stdout).toContain('Refund order 3? (turn 2, call 1) Start it again with --approve');
    const third = await start([...command, '--approve'], 'act: refund 6', interrupt);
    expect(third.code).toBe(130);
    const fourth = await start([...command, '--approve']);
    expect(fourth.code).toBe(0);
    expect(fourth.stdout.trimEnd().split('\n').at(-1)).toBe(answer);
    expect(paid()).toEqual(refunds);
  }, 60_000);

  test.skipIf(!hasScript())(
    'asks in a terminal, and Ctrl-C at the question suspends it',
    async () => {
      const quoted = command.map((part) => `'${part}'`).join(' ');
      const inTerminal = ['script', '-qec', quoted, '/dev/null'];
      const first = await start(inTerminal, 'Refund order 3?', (child) => void child.stdin!.write('\x03'));
      expect([first.code, paid()]).toEqual([130, []]);
      const second = await start(inTerminal, 'Refund order 3?', (child) => void child.stdin!.write('y\nn\n'));
      expect(second.code).toBe(0);
      expect(second.stdout).toContain(`${refunds[0]}; order 6: not approved.`);
      expect(paid()).toEqual([refunds[0]]);
    },
    60_000,
  );
});
