import type { ToolSpec } from './tools.ts';

/** Any model that can call tools. */
export interface Model {
  /**
   * What the model says to all that was said before, and how many tokens that took.
   * @throws ServiceError
   */
  next(messages: Message[], tools: ToolSpec[], signal: AbortSignal): Promise<{ reply: Reply; tokens: number }>;
}

/** What was said, in the form that OpenAI's protocol has: plain data, so that it can stand in a loop's state. */
export type Message =
  | { role: 'system' | 'user'; content: string }
  | { role: 'tool'; tool_call_id: string; content: string }
  | Reply;

/** An answer; or `tool_calls`, before it gives one. */
export interface Reply {
  role: 'assistant';
  content: string | null;
  tool_calls?: ToolCall[];
}

export interface ToolCall {
  id: string;
  type: 'function';
  /** `arguments` is JSON, or meant to be. */
  function: { name: string; arguments: string };
}
