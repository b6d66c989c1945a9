import type { Commit, LoopContext, LoopStateValue } from '../../chart/context.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { capture, type LoopDict } from '../../tree/state-dict.ts';
import { hooksOf, isOwn } from '../own-members.ts';

/** Something that can happen to a run of a loop: an event, in words and as its machine takes it. */
export interface Happening {
  /** `reset`, `a step`, `rows fails`, `pause` … */
  readonly name: string;
  readonly event: { readonly type: string; readonly [key: string]: unknown };
}

/** Where a loop stands, as far as it matters for what can happen. */
interface Place {
  readonly value: LoopStateValue;
  readonly context: LoopContext;
}

/** What a hook or a child fails with. */
const thrown = (who: string): Error => new Error(`${who} fails`);

/**
 * All that can happen to a loop in each state: what its own hooks may come to, what its children may, and what anyone may
 * send. A hook that the loop does not have cannot fail, and a loop without a `skip` of its own is not skipped. Children run
 * one at a time.
 */
export class Happenings {
  readonly #loop: AnyLoop;
  readonly #dict: LoopDict;
  readonly #commit: Commit;

  constructor(loop: AnyLoop) {
    this.#loop = loop;
    this.#dict = capture(loop);
    this.#commit = { ...this.#dict, restarting: false };
  }

  in({ value, context }: Place): Happening[] {
    if (value === 'failed') return [this.#over('fail', context)];
    if (value === 'aborted') return [this.#over('abort', context)];
    return [...this.#ofHooks(value), ...(value === 'advancing' ? this.#ofSteps(context) : []), ...controls];
  }

  /** The actor that ends the machine with its error. */
  #over(actorId: string, { error }: LoopContext): Happening {
    const { message = '' } = (error ?? {}) as { message?: string };
    return {
      name: 'it is over',
      event: { type: `xstate.error.actor.${actorId}`, actorId, error: new Error(message) },
    };
  }

  #ofHooks(value: LoopStateValue): Happening[] {
    switch (value) {
      case 'entering':
        return [
          this.#hook('skip', false, 'skip is false'),
          ...(isOwn(this.#loop, 'skip') ? [this.#hook('skip', true, 'skip is true'), this.#failure('skip')] : []),
        ];
      case 'skipped':
        return [this.#hook('onSkip'), ...this.#failureOf('onSkip')];
      case 'resetting':
        return [this.#hook('reset'), this.#ending('reset'), this.#failure('reset')];
      case 'starting':
        return [
          this.#hook('onRunStart', false, 'done is false'),
          this.#hook('onRunStart', true, 'done is true'),
          ...(isOwn(this.#loop, 'onRunStart') ? [this.#ending('onRunStart'), this.#failure('onRunStart')] : []),
        ];
      case 'ending':
        return [this.#hook('onRunEnd'), ...this.#failureOf('onRunEnd')];
      default:
        return [];
    }
  }

  #ofSteps({ running }: LoopContext): Happening[] {
    const [child] = running;
    if (child !== undefined) return this.#ofChild(child);
    return [
      this.#step('a step', { done: false }),
      this.#step('the last step', { done: true }),
      this.#step('a step that throws end()', { done: false, ended: { reason: null } }),
      this.#failure('a step'),
      ...Object.keys(this.#dict.children).map((name) => ({
        name: `${name} begins`,
        event: { type: 'loop.run', child: name, args: [] },
      })),
    ];
  }

  #ofChild(child: string): Happening[] {
    const how = { dict: this.#dict.children[child]!, pace: null };
    const done = { type: `xstate.done.actor.${child}`, actorId: child, output: how };
    return [
      { name: `${child} ends`, event: done },
      { name: `${child} fails`, event: { type: 'loop.left', child, error: thrown(child), ...how } },
    ];
  }

  #hook(hook: string, value?: boolean, name: string = hook): Happening {
    const output = { hook, value, commit: this.#commit };
    return { name, event: { type: `xstate.done.actor.${hook}`, actorId: hook, output } };
  }

  #ending(hook: string): Happening {
    const { name, event } = this.#hook(hook, undefined, `${hook} throws end()`);
    return { name, event: { ...event, output: { ...(event.output as object), ended: { reason: null } } } };
  }

  #step(name: string, more: object): Happening {
    return { name, event: { type: 'loop.advanced', steps: 1, commit: this.#commit, ...more } };
  }

  #failureOf(hook: 'onSkip' | 'onRunEnd'): Happening[] {
    return hooksOf(this.#loop).includes(hook) ? [this.#failure(hook)] : [];
  }

  #failure(what: string): Happening {
    return { name: `${what} fails`, event: { type: 'loop.failed', error: thrown(what), steps: 0 } };
  }
}

/** What anyone may send. */
const controls: readonly Happening[] = [
  { name: 'pause', event: { type: 'loop.pause' } },
  { name: 'resume', event: { type: 'loop.resume' } },
  { name: 'step(1)', event: { type: 'loop.step', n: 1 } },
  { name: 'stop', event: { type: 'loop.stop' } },
  { name: 'abort', event: { type: 'loop.abort', reason: new Error('aborted') } },
];
