import { nameOf } from '../chart/journal.ts';
import { LoopError, MisconfigurationError } from '../data/errors.ts';
import { checkOutput } from '../data/plain-output.ts';
import { isThenable } from '../data/returned.ts';
import { shown } from '../data/shown.ts';
import { type Keys, partOfState } from '../tree/part-of-state.ts';
import type { Call, UnitOfOnce } from './call.ts';
import { reaction } from './own-await.ts';
import { Pending } from './pending.ts';
import type { How } from './remembered.ts';
import type { AskedOnce, Runner } from './runner.ts';
import { callWithin } from './scope.ts';
import { Waits } from './waits.ts';

/** The calls of `once` in a hook or a step, and its waits. */
export class Onces {
  readonly waits: Waits;
  readonly #unit: UnitOfOnce;
  /** Whose results are not given yet. */
  readonly #pending = new Set<Pending>();
  readonly #keys = new Set<string>();
  /** The step that the keys were given in: so many there were before. */
  #keysOf = 0;
  /** Those whose functions are under way, by key. */
  readonly #open = new Map<string, Call>();
  #saving: Promise<void> | undefined;

  constructor(unit: UnitOfOnce) {
    this.#unit = unit;
    this.waits = new Waits(unit, this);
  }

  get areUnderWay(): boolean {
    return this.#pending.size > 0;
  }

  get pending(): Pending[] {
    return [...this.#pending];
  }

  get countUnderWay(): number {
    return this.#pending.size;
  }

  /** Whether the code waits, and nothing that it has asked for is under way but functions of `once` that wait themselves. */
  get onlyWait(): boolean {
    const { count } = this.waits;
    if (count === 0) return false;
    const waiting = new Set(this.waits.within);
    let functions = 0;
    // Those that were called from within others come after them.
    for (const { what, pending } of [...this.#open.values()].reverse()) {
      if (!waiting.has(what.once) || !this.#pending.has(pending)) continue;
      functions++;
      if (what.in !== undefined) waiting.add(what.in);
    }
    return count + functions === this.#pending.size;
  }

  /** See `Loop.once`. */
  call(key: string, fn: () => unknown): Promise<unknown> {
    this.#checkKey(key);
    if (typeof fn !== 'function') {
      throw new MisconfigurationError(
        `once('${key}') expected a function that it calls, got ${shown(fn)}. Write \`once('${key}', () => …)\`.`,
        this.#unit.running.path,
      );
    }
    const what = this.#unit.asking({ once: key });
    this.inside(what.in);
    return this.ask(what, (call) => this.#perform(call, fn));
  }

  /** Something is asked for. @param begin called when it is to begin; not if it is remembered */
  ask(what: AskedOnce, begin: (call: Call) => void): Promise<unknown> {
    const { running, recall } = this.#unit;
    const pending = new Pending(this.#unit.awaits);
    const answer =
      recall?.ask(what, (got, inside) => {
        // The children that it ran are not run again: each is left as its last run left it, and those that ran on run on.
        this.#unit.putBack(inside);
        const error = what.wait === undefined ? this.#unit.runOn(recall.leftBy(what.once)) : undefined;
        this.#settle(pending, error === undefined ? this.#unit.revived(got, nameOf(what)) : { error });
      }) ?? 'new';
    this.#pending.add(pending);
    void reaction().then(() => this.#unit.awaits.codeWaits());
    const call = { what, step: running.steps, hook: running.unit!.hook, pending, isKnown: answer !== 'new' };
    const perform = () => begin(call);
    // One that was under way is called at once: what its function had asked for comes next.
    if (answer === 'under way' || recall === undefined) perform();
    else if (answer === 'new') recall.whenOver(perform);
    return pending.promise;
  }

  /** Something is asked for in the function of a call: the journal has to know of that one first. */
  inside(key: string | undefined): void {
    const call = key === undefined ? undefined : this.#open.get(key);
    if (call === undefined || call.isKnown || !this.#unit.isCurrent) return;
    call.isKnown = true;
    this.#unit.running.onceAsked(call.what, call.step);
  }

  /** It is given nothing any more. */
  forget(pending: Pending): void {
    this.#pending.delete(pending);
  }

  /** The step is left. @returns what it is given nothing of any more */
  leave(): Pending[] {
    const left = [...this.#pending];
    this.#pending.clear();
    this.waits.endAll();
    return left;
  }

  #checkKey(key: unknown): void {
    const { running } = this.#unit;
    if (typeof key !== 'string' || key === '') {
      throw new MisconfigurationError(
        `once expected a key (a string that is not empty), got \`${shown(key)}\`.`,
        running.path,
      );
    }
    // Steps of one burst share their unit.
    const { steps } = running;
    if (this.#keysOf !== steps) this.#keys.clear();
    this.#keysOf = steps;
    if (this.#keys.has(key)) {
      throw new LoopError(
        'ONCE_TWICE',
        `once was given the key \`${key}\` twice in one ${this.#unit.name}. Give each its own key.`,
        running.path,
      );
    }
    this.#keys.add(key);
  }

  #perform(call: Call, fn: () => unknown): void {
    const { running } = this.#unit;
    const { what } = call;
    this.#open.set(what.once, call);
    let returned: unknown;
    try {
      returned = callWithin(running, what.once, fn);
    } catch (error) {
      this.#ended(call, { error });
      return;
    }
    if (!isThenable(returned)) {
      this.#ended(call, { output: returned });
      return;
    }
    this.inside(what.once);
    running.functionBegins();
    const over = (how: How) => {
      this.#ended(call, how);
      running.functionEnds();
    };
    returned.then(
      (output) => over({ output }),
      (error: unknown) => over({ error }),
    );
  }

  #ended(call: Call, result: How): void {
    this.#open.delete(call.what.once);
    this.waits.endInside(call.what.once);
    const { running, recall } = this.#unit;
    // An abort has given the step its reason already.
    if (running.ended) return;
    const how = this.#checked(call.what.once, result);
    if (recall === undefined) this.#remember(call, how);
    else recall.whenGiven(() => this.#remember(call, how));
  }

  /** What is saved or recorded has to be plain data. */
  #checked(key: string, how: How): How {
    const { running } = this.#unit;
    if (!running.session.strict || !('output' in how)) return how;
    try {
      checkOutput(how.output, `what once('${key}') returned`, running.path);
      return how;
    } catch (error) {
      return { error };
    }
  }

  /** Puts the result into the journal, saves that where the run waits for its saves, and gives it. */
  #remember({ what, step, pending }: Call, how: How): void {
    const { running } = this.#unit;
    if (running.ended) return;
    const give = () => this.give(pending, how);
    // The hook or step may have ended without it.
    if (!this.#unit.isCurrent) {
      give();
      return;
    }
    running.onceGiven(what, step, withPart(how, running));
    if (!running.isSavedOnce) give();
    else this.#saving = (this.#saving ?? Promise.resolve()).then(() => running.saveOnce()).then(give);
  }

  /** Gives what has come, when the code has reacted to what it was given before, and others have had their turn. */
  give(pending: Pending, how: How): void {
    // Beside others that are under way, it is given by turns in any case.
    const turn = this.#unit.countUnderWay > 1 ? undefined : this.#unit.running.session.turnIfDue();
    if (turn === undefined) this.#giveNow(pending, how);
    else void turn.then(() => this.#giveNow(pending, how));
  }

  #giveNow(pending: Pending, how: How): void {
    this.#unit.give(() => {
      this.#settle(pending, how);
      // What is left may be waits: then nobody need wait for this step.
      this.#unit.running.session.poke();
    });
  }

  #settle(pending: Pending, how: How): void {
    this.#unit.deliver(pending, () => {
      this.#pending.delete(pending);
      pending.settle(how);
    });
  }
}

/** What a call came to, for the journal: a part of the loop's own state is told by where it stands there. */
function withPart(how: How, { loop, session }: Runner): { output?: unknown; part?: Keys } | { error: unknown } {
  if ('error' in how) return how;
  if (how.output === undefined) return {};
  const part = session.keeps ? partOfState(loop, how.output) : undefined;
  return part === undefined ? how : { ...how, part };
}
