import type { ToolCall } from './model.ts';

/** A tool as the model is told of it: `parameters` is a JSON schema. */
export interface ToolSpec {
  type: 'function';
  function: { name: string; description: string; parameters: object };
}

const spec = (name: string, description: string, properties: object): ToolSpec => ({
  type: 'function',
  function: {
    name,
    description,
    parameters: { type: 'object', properties, required: Object.keys(properties), additionalProperties: false },
  },
});

export const tools: ToolSpec[] = [
  spec('list_orders', 'All orders of the shop, and after how many days each arrived.', {}),
  spec('refund', 'Pays the price of an order back. A person is asked whether it may.', {
    order: { type: 'integer', description: 'The number of the order.' },
  }),
];

/** A call that has been looked at. */
export type Call = { id: string; name: 'list_orders' } | { id: string; name: 'refund'; order: number };

/** @returns the call, or what is wrong with it, in words for the model */
export function readCall({ id, function: { name, arguments: json } }: ToolCall): Call | string {
  if (name === 'list_orders') return { id, name };
  if (name !== 'refund') return `There is no tool '${name}', only ${tools.map((one) => one.function.name).join(', ')}.`;
  let order: unknown;
  try {
    order = JSON.parse(json)?.order;
  } catch {
    return `Expected the arguments to be JSON, got: ${json}`;
  }
  if (!Number.isSafeInteger(order)) return `Expected { "order": a whole number }, got: ${json}`;
  return { id, name, order: order as number };
}
