import type { Model, Reply } from './model.ts';
import { ServiceError } from './service.ts';

export interface Endpoint {
  /** Such as `http://127.0.0.1:11434/v1`: `/chat/completions` comes behind it. */
  url: string;
  /** The name of the model. */
  model: string;
  /** Default: none is sent. */
  key?: string | undefined;
}

/** The part of an answer that is looked at; nothing of it is certain. */
type Answer = { choices?: { message?: Partial<Reply> }[]; usage?: { total_tokens?: number } };

/** A model behind any endpoint that speaks OpenAI's protocol. */
export function openAIModel({ url, model, key }: Endpoint): Model {
  const address = `${url.replace(/\/+$/, '')}/chat/completions`;
  const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) };
  return {
    async next(messages, tools, signal) {
      const body = JSON.stringify({ model, messages, tools });
      const text = await post(address, { method: 'POST', headers, body, signal });
      const { message, tokens } = read(text);
      const { content, tool_calls: calls } = message;
      const reply: Reply = { role: 'assistant', content: content ?? null, ...(calls?.length && { tool_calls: calls }) };
      // Some do not say it: four letters a token, more or less. Never nothing, or the budget would have no end.
      return { reply, tokens: tokens || (body.length + text.length) >> 2 };
    },
  };
}

async function post(address: string, init: RequestInit): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(address, init);
    text = await response.text();
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ServiceError(`${address} cannot be reached.`, { temporary: true, cause: error });
  }
  if (response.ok) return text;
  const temporary = response.status === 429 || response.status >= 500;
  throw new ServiceError(`${address} answered ${response.status}: ${text.slice(0, 300)}`, { temporary });
}

function read(text: string): { message: Partial<Reply>; tokens: number | undefined } {
  let answer: Answer | undefined;
  try {
    answer = JSON.parse(text);
  } catch {
    // Told below.
  }
  const message = answer?.choices?.[0]?.message;
  if (message === undefined) throw new ServiceError(`Expected a message of a model, got: ${text.slice(0, 300)}`);
  return { message, tokens: answer?.usage?.total_tokens };
}
