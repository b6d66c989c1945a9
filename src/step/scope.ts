import { isThenable } from '../data/returned.ts';

/** The function of a `once` that code is called from, and what that was called from in turn. */
export interface Scope {
  /** The run whose `once` it is. */
  readonly owner: object;
  readonly key: string;
  readonly outer: Scope | undefined;
}

interface Storage {
  run<T>(scope: Scope, fn: () => T): T;
  getStore(): Scope | undefined;
  disable(): void;
}

/** Node's way to follow code over an `await`; browsers have none yet. */
const storage: Storage | undefined = (() => {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): any } };
  const hooks = process?.getBuiltinModule?.('node:async_hooks');
  return hooks === undefined ? undefined : (new hooks.AsyncLocalStorage() as Storage);
})();

/** How many functions are under way: while there are none, nothing is followed, for following costs at each `await`. */
let open = 0;
/** Of the code that runs now, where nothing can follow it further. */
let current: Scope | undefined;

/** Calls the function of a `once`, so that what it asks for can be told from what is asked for beside it. */
export function callWithin<T>(owner: object, key: string, fn: () => T): T {
  const outer = scope();
  const inner = { owner, key, outer };
  open++;
  const before = current;
  current = inner;
  let returned: T | undefined;
  try {
    returned = storage === undefined ? asPromise(fn()) : storage.run(inner, () => asPromise(fn()));
    return returned;
  } finally {
    current = before;
    if (isThenable(returned)) returned.then(close, close);
    else close();
  }
}

/** What is no promise itself but has a `then`, as a query has, may do its work each time that this is called: once it is. */
function asPromise<T>(returned: T): T {
  return isThenable(returned) ? (Promise.resolve(returned) as T) : returned;
}

/** The key of the `once` of this run from whose function the code that runs now was called. */
export function keyWithin(owner: object): string | undefined {
  if (open === 0) return undefined;
  for (let one = scope(); one !== undefined; one = one.outer) if (one.owner === owner) return one.key;
  return undefined;
}

/** The function of a `once`, of any run, that the code that runs now was called from. */
export function scope(): Scope | undefined {
  return current ?? (open === 0 ? undefined : storage?.getStore());
}

function close(): void {
  open--;
  if (open === 0) storage?.disable();
}
