import { Loop } from 'loopchart';
import { retry } from 'loopchart/patterns';
import type { Message, Model, Reply } from './model.ts';
import { isTemporary, ServiceError } from './service.ts';
import type { Shop } from './shop.ts';
import { type Call, readCall, tools } from './tools.ts';

export interface AgentOptions {
  model: Model;
  shop: Shop;
  /** Asks a person. `run.give(question, true or false)` is the answer; the signal aborts when there is one, or none is wanted. */
  ask: (question: string, signal: AbortSignal) => void;
  /** Says what goes on. */
  tell: (line: string) => void;
  /** How many tokens may be used until no more is asked of the model. */
  budget: number;
}

/** A loop of the agent. */
abstract class Part<Output, Args extends unknown[] = []> extends Loop<Output, Args> {
  protected readonly options: AgentOptions;

  constructor(options: AgentOptions) {
    super();
    this.options = options;
  }
}

/** plan > act > observe, turn by turn, until the model answers instead of calling tools. */
export class Agent extends Part<string | null, [task: string]> {
  override state = { turn: 0, tokens: 0, messages: [] as Message[], answer: null as string | null };
  readonly plan = new Plan(this, this.options);
  readonly act = new Act(this.options);
  readonly observe = new Observe(this.options);

  get done(): boolean {
    return this.state.answer !== null;
  }

  reset(task: string): void {
    const system = 'You look after the orders of a shop. Use the tools; when all is done, say in a line what you did.';
    const messages: Message[] = [
      { role: 'system', content: system },
      { role: 'user', content: task },
    ];
    this.state = { turn: 0, tokens: 0, messages, answer: null };
  }

  async advance(): Promise<void> {
    const turn = ++this.state.turn;
    const { said, calls, answer, tokens } = await this.plan.run(this.state.messages, this.state.tokens);
    const results = calls.length === 0 ? [] : await this.act.run(calls, turn);
    const seen = calls.length === 0 ? [] : await this.observe.run(calls, results);
    this.state.messages.push(...said, ...seen);
    this.state.tokens = tokens;
    this.state.answer = answer;
  }

  /** `null` where the budget was used up before there was an answer. */
  override onRunEnd(): string | null {
    return this.state.answer;
  }
}

interface Planned {
  said: Message[];
  calls: Call[];
  answer: string | null;
  /** Used by the whole run so far. */
  tokens: number;
}

/** Asks the model what to do, once more where what it says cannot be done. */
class Plan extends Part<Planned, [messages: Message[], tokens: number]> {
  override state: Planned = { said: [], calls: [], answer: null, tokens: 0 };
  readonly #agent: Agent;

  constructor(agent: Agent, options: AgentOptions) {
    super(options);
    this.#agent = agent;
  }

  get done(): boolean {
    return this.state.calls.length > 0 || this.state.answer !== null;
  }

  reset(_messages: Message[], tokens: number): void {
    this.state = { said: [], calls: [], answer: null, tokens };
  }

  async advance(messages: Message[]): Promise<void> {
    const { model, budget, tell } = this.options;
    // Like a labelled break: it ends the agent, two loops further up.
    if (this.state.tokens >= budget) throw this.#agent.end(`the budget of ${budget} tokens is used up`);
    const { reply, tokens } = await retry(
      this,
      'ask the model',
      (_, signal) => model.next([...messages, ...this.state.said], tools, signal),
      { attempts: 4, timeout: 120_000, retryIf: isTemporary },
    );
    this.state.tokens += tokens;
    this.state.said.push(reply);
    this.#read(reply);
    tell(
      `plan: ${this.state.calls.map(shownCall).join(', ') || (this.state.answer === null ? 'not understood' : 'answer')}`,
    );
  }

  override onRunEnd(): Planned {
    return this.state;
  }

  #read({ content, tool_calls: asked = [] }: Reply): void {
    const calls = asked.map(readCall);
    const good = calls.filter((call) => typeof call !== 'string');
    if (asked.length === 0 && content) this.state.answer = content;
    else if (asked.length === 0) this.state.said.push({ role: 'user', content: 'Call a tool, or give an answer.' });
    else if (good.length === calls.length) this.state.calls = good;
    else this.state.said.push(...asked.map(({ id }, i) => toolMessage(id, complaint(calls[i]!))));
  }
}

/** Calls the tools, one in a step. */
class Act extends Part<string[], [calls: Call[], turn: number]> {
  override state = { total: 0, call: 0, results: [] as string[] };
  readonly listOrders = new ListOrders(this.options);

  get done(): boolean {
    return this.state.call >= this.state.total;
  }

  reset(calls: Call[]): void {
    this.state = { total: calls.length, call: 0, results: [] };
  }

  async advance(calls: Call[], turn: number): Promise<void> {
    const call = calls[this.state.call]!;
    this.options.tell(`act: ${shownCall(call)}`);
    try {
      const result = call.name === 'refund' ? await this.#refund(call.order, turn) : await this.listOrders.run();
      this.state.results.push(result);
    } catch (error) {
      // What a service failed with is for the model to see. Anything else is no result: it ends the run.
      if (!(error instanceof ServiceError)) throw error;
      this.state.results.push(`failed: ${error.message}`);
    }
    this.state.call++;
  }

  async #refund(order: number, turn: number): Promise<string> {
    const question = `Refund order ${order}? (turn ${turn}, call ${this.state.call + 1})`;
    if (!(await this.once('approval', () => this.#approvalOf(question)))) return `order ${order}: not approved`;
    // Not tried again: nobody knows whether an attempt that has failed has paid.
    return await this.once('refund', () => this.options.shop.refund(order));
  }

  /** A process that goes on with the run asks again, unless there has been an answer. */
  async #approvalOf(question: string): Promise<boolean> {
    const answered = new AbortController();
    this.options.ask(question, AbortSignal.any([answered.signal, this.signal]));
    try {
      return (await this.receive(question)) === true;
    } finally {
      answered.abort();
    }
  }

  override onRunEnd(): string[] {
    return this.state.results;
  }
}

/** A tool that is a loop of its own: page by page. */
class ListOrders extends Part<string> {
  override state = { total: 0, page: 0, orders: [] as string[] };
  get done(): boolean {
    return this.state.page >= this.state.total;
  }

  reset(): void {
    this.state = { total: this.options.shop.pages, page: 0, orders: [] };
  }

  async advance(): Promise<void> {
    const { shop, tell } = this.options;
    const { page } = this.state;
    const load = (_: number, signal: AbortSignal) => shop.page(page, signal);
    const orders = await retry(this, 'load', load, { delay: 200, timeout: 10_000, retryIf: isTemporary });
    this.state.orders.push(...orders);
    this.state.page++;
    tell(`  page ${this.state.page} of ${this.state.total}`);
  }

  override onRunEnd(): string {
    return this.state.orders.join('\n');
  }
}

/** Makes what the tools gave into what the model is told. */
class Observe extends Part<Message[], [calls: Call[], results: string[]]> {
  override state = { total: 0, result: 0, messages: [] as Message[] };
  get done(): boolean {
    return this.state.result >= this.state.total;
  }

  reset(calls: Call[]): void {
    this.state = { total: calls.length, result: 0, messages: [] };
  }

  advance(calls: Call[], results: string[]): void {
    const { result } = this.state;
    const text = results[result]!;
    // Somebody pays for each letter, at each turn from now on.
    const short = text.length <= 4000 ? text : `${text.slice(0, 4000)}… (${text.length - 4000} letters are left out)`;
    this.state.messages.push(toolMessage(calls[result]!.id, short));
    this.state.result++;
    this.options.tell(`observe: ${short.includes('\n') ? `${short.split('\n').length} lines` : short}`);
  }

  override onRunEnd(): Message[] {
    return this.state.messages;
  }
}

function shownCall(call: Call): string {
  return call.name === 'refund' ? `refund ${call.order}` : call.name;
}

function toolMessage(id: string, content: string): Message {
  return { role: 'tool', tool_call_id: id, content };
}

function complaint(call: Call | string): string {
  return typeof call === 'string' ? call : 'Not called, since another call was wrong.';
}
