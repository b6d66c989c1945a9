import type { EventLine } from '../lines/line.ts';
import { thrownIn } from '../text/thrown.ts';
import type { Actor } from './actor.ts';
import { RowIndex } from './row-index.ts';

/** Something that was thrown, and all rows that tell what became of it. */
export interface Failure {
  /** The row at which it was thrown first. */
  head: number;
  /** How many further rows tell of it. */
  parts: number;
  /** The last loop that failed with it, on its way upwards. */
  top: Actor;
}

interface Failed {
  head: number;
  /** What was thrown, so that it is known again. */
  what: string;
  /** The steps that the loop above had taken. */
  above: number;
}

/*
 * A loop that fails tells it, the loop above is told that it was left, it is stopped, and if nobody catches what was thrown,
 * all of it comes again one loop further up:
 *
 *     rows    loop.failed      the head
 *     files   loop.left        ┐
 *     rows    xstate.stop      │ its parts
 *     files   loop.failed      │
 *     files   xstate.error     ┘
 */

/** Which rows tell of one failure, or of one end or abort. */
export class Failures {
  /** By the row of the head, in order. */
  readonly all: Map<number, Failure> = new Map();
  /** The rows that are parts of one, each with the row of its head. */
  readonly parts: RowIndex = new RowIndex();
  readonly #failed = new WeakMap<Actor, Failed>();

  take(line: EventLine, row: number, actor: Actor, childOf: (id: string) => Actor | undefined): void {
    const { type } = line.event;
    if (type === 'loop.failed' || (type === 'loop.abort' && line.value === 'aborted')) this.#fails(line, row, actor);
    else if (type === 'loop.left') {
      const child = line.from === undefined ? undefined : childOf(line.from);
      if (child) this.#part(row, this.#failed.get(child)?.head);
    } else if (type === 'xstate.stop') {
      let above: Actor | undefined = actor;
      while (above && !this.#failed.has(above)) above = above.parent;
      if (above) this.#part(row, this.#failed.get(above)!.head);
    } else if (type === 'xstate.error.actor.fail' || type === 'xstate.error.actor.abort')
      this.#part(row, this.#failed.get(actor)?.head);
  }

  /** Where that began which a loop failed with; nothing for one that has not. */
  beginningOf(actor: Actor): number | undefined {
    const head = this.#failed.get(actor)?.head;
    return head !== undefined && this.all.has(head) ? head : undefined;
  }

  /** The head of the failure that a row is a part of; nothing for one that is no part. */
  headOf(row: number): number | undefined {
    const at = this.parts.upTo(row);
    return at >= 0 && this.parts.row(at) === row ? this.parts.count(at) : undefined;
  }

  dropBefore(row: number): void {
    this.parts.dropBefore(row);
    for (const head of this.all.keys()) {
      if (head >= row) break;
      this.all.delete(head);
    }
  }

  #fails(line: EventLine, row: number, actor: Actor): void {
    const { name = '', message = '', cause } = thrownIn(line) ?? {};
    const what = `${name}\n${message}`;
    const from = this.#below(actor, what) ?? (cause === undefined ? undefined : this.#below(actor, whatOf(cause)));
    const head = from?.head ?? row;
    this.#failed.set(actor, { head, what, above: actor.parent?.steps ?? 0 });
    const failure = this.all.get(head);
    if (head === row) this.all.set(row, { head, parts: 0, top: actor });
    else if (failure) failure.top = actor;
    if (head !== row) this.#part(row, head);
  }

  /** The failure of a loop that this one ran, in the step that it is in, with what was thrown. */
  #below(actor: Actor, what: string): Failed | undefined {
    let first: Failed | undefined;
    for (const runs of actor.children.values()) {
      const failed = this.#failed.get(runs.at(-1)!);
      if (failed?.what === what && failed.above === actor.steps && !(first && first.head < failed.head)) first = failed;
    }
    return first;
  }

  #part(row: number, head: number | undefined): void {
    if (head === undefined) return;
    this.parts.push(row, head);
    const failure = this.all.get(head);
    if (failure) failure.parts++;
  }
}

function whatOf(cause: unknown): string {
  const { name = '', message = '' } = (typeof cause === 'object' && cause) as { name?: string; message?: string };
  return `${name}\n${message}`;
}
