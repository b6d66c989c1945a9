/** Calls a function in the async context that was noted. */
export type Within = <T>(work: () => T) => T;

interface Hooks {
  AsyncLocalStorage: { snapshot?: () => Within };
}

const hooks: Hooks | undefined = (
  globalThis as { process?: { getBuiltinModule?(name: string): any } }
).process?.getBuiltinModule?.('node:async_hooks');

/**
 * Notes the async context of the code that calls this: what `AsyncLocalStorage` gives in Node. Browsers have none.
 * A run goes on in its own, whoever resumes it or looks at it.
 */
export function asyncContext(): Within {
  return hooks?.AsyncLocalStorage.snapshot?.() ?? anywhere;
}

export const anywhere: Within = (work) => work();
