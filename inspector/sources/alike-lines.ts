import type { Line } from '../lines/line.ts';
import { Likeness, type Row } from '../lines/row.ts';
import { wholeLine } from '../lines/whole-line.ts';
import { SharedValues } from './shared-values.ts';

/**
 * The steps of a loop mostly differ by their numbers. Of a file, too, they are kept as these: a million lines as they are
 * read take several times as much memory, and hold up the page while it is tidied.
 */
export class AlikeLines {
  /** By the loop, its last step that was like no other, and what is like it once something may be. */
  readonly #steps = new Map<string, Line | Likeness>();
  /** That of whichever loop had one last: most loops have many runs. */
  #last: Likeness | undefined;
  readonly #values = new SharedValues();

  /** A line as it is kept. */
  taken(line: Line): Line | Row {
    // After its last event, nothing like its steps comes.
    if (line.type === 'event' && line.status !== undefined) this.#steps.delete(line.id);
    try {
      const row = line.type === 'event' && line.event.type === 'loop.advanced' ? this.#row(line) : undefined;
      if (row) return row;
      this.#values.share(line);
    } catch {
      // Whoever goes through one with very many levels runs out of stack.
    }
    return line;
  }

  #row(line: Line & { id: string }): Row | undefined {
    const known = this.#steps.get(line.id);
    const like = known && !(known instanceof Likeness) ? this.#likenessOf(known) : known;
    const row = like?.rowOf(line);
    if (!row) this.#steps.set(line.id, line);
    else if (like !== known) this.#steps.set(line.id, like!);
    return row;
  }

  #likenessOf(line: Line): Likeness | undefined {
    // Of one in which an object lies in several places, numbers say where: these are no numbers of the loop.
    if (wholeLine(line) !== line) return undefined;
    const like = Likeness.of(line, this.#last);
    this.#last = like ?? this.#last;
    return like;
  }
}
