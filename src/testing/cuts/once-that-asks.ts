import { hookOnStack } from '../../step/in-hook.ts';
import { type Scope, scope } from '../../step/scope.ts';

/**
 * The function of a `once` that asks for something now; `undefined` outside of any. The hook of a child that such a
 * function runs is outside: it is run again where the child is cut.
 */
export function onceThatAsks(): Scope | undefined {
  const once = scope();
  const hook = once && hookOnStack();
  return hook === undefined || hook === once!.owner ? once : undefined;
}
