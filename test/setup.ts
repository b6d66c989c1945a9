import { afterEach, expect } from 'vitest';

// The library says what it has to say by throwing: a console call during a test is a mistake of ours.
const said: string[] = [];
for (const method of ['log', 'warn', 'error', 'info', 'debug'] as const) {
  const original = console[method];
  console[method] = (...args: unknown[]) => {
    said.push(`console.${method}: ${args.map(String).join(' ')}`);
    original(...args);
  };
}

afterEach(() => {
  expect(said.splice(0)).toEqual([]);
});
