import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Model, Reply, ToolCall } from './model.ts';

/** A model that needs no network: it refunds what took longer than a week. What it says depends on what was said alone. */
export function scriptedModel(latency = 300): Model {
  return {
    async next(messages, _tools, signal) {
      await sleep(latency, undefined, { signal });
      const reply = replyTo(messages);
      return { reply, tokens: JSON.stringify([messages, reply]).length >> 2 };
    },
  };
}

function replyTo(messages: Message[]): Reply {
  const results = messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []));
  const call = (name: string, args: object, n = 0): ToolCall => ({
    id: `call-${messages.length}-${n}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  });
  const [orders, ...refunds] = results;
  if (orders === undefined) return { role: 'assistant', content: null, tool_calls: [call('list_orders', {})] };
  const late = [...orders.matchAll(/order (\d+):.*after (\d+) days/g)].filter(([, , days]) => Number(days) > 7);
  if (refunds.length === 0 && late.length > 0) {
    const calls = late.map(([, order], n) => call('refund', { order: Number(order) }, n));
    return { role: 'assistant', content: null, tool_calls: calls };
  }
  return { role: 'assistant', content: `${late.length} orders took longer than a week: ${refunds.join('; ')}.` };
}
