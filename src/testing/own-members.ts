import { type AnyLoop, loopMark, type OwnHooks, overrides } from '../tree/any-loop.ts';

export type Hook = 'skip' | 'reset' | 'advance' | keyof OwnHooks;

/** The hooks of a run, in the order in which they are called. */
const inOrder: readonly Hook[] = [
  ...(['skip', 'onSkip', 'reset', 'onRunStart', 'onAdvanceStart', 'advance', 'onAdvanceEnd', 'onRunEnd'] as const),
  ...(['onRestart', 'onSaveCheckpoint', 'onLoadCheckpoint'] as const),
];

/** The hooks that a loop has of its own, in the order in which they are called. */
export function hooksOf(loop: AnyLoop): Hook[] {
  return inOrder.filter((hook) => isOwn(loop, hook));
}

/** Whether a loop has a hook of its own; `reset` and `advance` it must have. */
export function isOwn(loop: AnyLoop, hook: Hook): boolean {
  if (hook === 'reset' || hook === 'advance') return true;
  return hook === 'skip' ? hasOwnSkip(loop) : overrides(loop, hook);
}

/** `skip` is a getter: to read it would run it. */
function hasOwnSkip(loop: AnyLoop): boolean {
  for (let one: object | null = loop; one !== null && !Object.hasOwn(one, loopMark); one = Object.getPrototypeOf(one)) {
    if (Object.hasOwn(one, 'skip')) return true;
  }
  return false;
}
