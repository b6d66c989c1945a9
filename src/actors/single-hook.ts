import type { AnyActorRef, EventObject } from 'xstate';
import type { Report } from '../chart/context.ts';
import { plainReason } from '../chart/journal.ts';
import { isEndLoop } from '../data/errors.ts';
import { checkOutput } from '../data/plain-output.ts';
import { readDone, readSkip, refuseIterator } from '../data/returned.ts';
import { enterHook, leaveHook } from '../step/in-hook.ts';
import { isAwaited } from '../step/is-awaited.ts';
import { soon } from '../time/clock.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { partOfState } from '../tree/part-of-state.ts';
import { fail, type HookActor, type HookLogic, hookLogic, prepare } from './hooks.ts';
import type { Running } from './running.ts';

/** The hooks that run once in a run. */
type SingleHook = 'skip' | 'onSkip' | 'reset' | 'onRunStart' | 'onRunEnd';

/** The actor of a hook that runs once. */
export function singleHook(loop: AnyLoop, hook: SingleHook): HookLogic {
  return hookLogic(loop, (self) => new SingleHookActor(loop, hook, self));
}

class SingleHookActor implements HookActor {
  stopped = false;
  isDone = false;
  readonly #loop: AnyLoop;
  readonly #hook: SingleHook;
  readonly #self: AnyActorRef;
  #running!: Running;

  constructor(loop: AnyLoop, hook: SingleHook, self: AnyActorRef) {
    this.#loop = loop;
    this.#hook = hook;
    this.#self = self;
  }

  begin(running: Running): void {
    this.#running = running;
    // It ran without an actor, and this one is on its way to where it stands.
    if (this.#hook === 'skip' && running.light?.place.hasBegun === true) {
      running.forward();
      return;
    }
    if (this.#hook === 'skip' && running.handover !== undefined) {
      this.#begin();
      return;
    }
    // The parent is still about the event that began this run, and could hear nothing that a hook has to say.
    if (this.#hook === 'skip' && running.parent !== undefined)
      soon(() => {
        running.parent!.unit?.awaits.codeWaits();
        if (!this.stopped) running.within(() => this.#begin());
      });
    else running.within(() => this.#begin());
  }

  #begin(): void {
    const running = this.#running;
    const begun = running.takeOver();
    if (begun !== undefined) {
      begun.whenOver((end) => {
        if ('error' in end) this.#threw(end.error);
        else this.#returned(end.value, end.done);
      });
      return;
    }
    try {
      const wait = prepare(running);
      if (wait === undefined) this.#perform();
      else wait.then(() => this.stopped || this.#perform()).catch((error) => this.#threw(error));
    } catch (error) {
      this.#threw(error);
    }
  }

  #perform(): void {
    const [loop, hook, running] = [this.#loop, this.#hook, this.#running];
    running.begin(hook, true);
    try {
      if (hook === 'onRunEnd' && loop.restarting) loop.restarting = false;
      const result = this.#call();
      if (isAwaited(running, hook, result)) this.#await(result);
      else this.#returned(result);
    } catch (error) {
      this.#threw(error);
    }
  }

  #call(): unknown {
    const [loop, hook, running] = [this.#loop, this.#hook, this.#running];
    const before = enterHook(running);
    try {
      return hook === 'skip' ? readSkip(loop) : loop[hook](...running.args);
    } finally {
      leaveHook(before);
    }
  }

  #await(result: PromiseLike<unknown>): void {
    result.then(
      (value) => this.#returned(value),
      (error) => this.#threw(error),
    );
  }

  /** @param done what `done` has said, if it has been read already */
  #returned(result: unknown, done?: boolean): void {
    try {
      refuseIterator(this.#loop, this.#hook, result);
      const left = this.#running.settle();
      if (left === undefined) this.#complete(result, done);
      else left.then(() => this.#complete(result, done)).catch((error) => this.#threw(error));
    } catch (error) {
      this.#threw(error);
    }
  }

  #complete(result: unknown, done?: boolean): void {
    const [hook, running] = [this.#hook, this.#running];
    if (this.stopped || running.ended) {
      running.gone();
      return;
    }
    const isOutput = hook === 'onRunEnd' || hook === 'onSkip';
    if (isOutput && running.session.strict && running.parent !== undefined) {
      checkOutput(result, `what ${hook} returned`, running.path);
    }
    const value = hook === 'onRunStart' ? (done ?? readDone(this.#loop)) : result;
    const part = isOutput && running.parent !== undefined ? partOfState(this.#loop, result) : undefined;
    this.#report({ hook, value, commit: running.commit(), ...(part === undefined ? {} : { part }) });
  }

  #threw(error: unknown): void {
    const [loop, hook, running] = [this.#loop, this.#hook, this.#running];
    if (this.stopped || running.ended) {
      running.gone();
      return;
    }
    if (!isEndLoop(error, loop) || (hook !== 'reset' && hook !== 'onRunStart')) {
      fail(running, hook, error);
      return;
    }
    try {
      running.abandonChildren(error);
      this.#report({ hook, value: undefined, commit: running.commit(), ended: { reason: plainReason(error.reason) } });
    } catch (failure) {
      fail(running, hook, failure);
    }
  }

  #report(output: Report): void {
    // Aborted by what `done` or a state's own code did.
    if (this.stopped || this.#running.ended) return;
    this.#running.committed();
    this.#running.unit = undefined;
    this.#running.held?.clear();
    // With the last hook the run is over, and the parent's machine hears of it at once: it has to know what came before.
    if (output.hook === 'onRunEnd' || output.hook === 'onSkip') this.#running.parent?.flush();
    this.isDone = true;
    this.#self.send({ type: 'hook.done', output } as EventObject);
  }
}
