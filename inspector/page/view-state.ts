import type { Signal } from '@preact/signals';

/*
 * What somebody has made of the view: which pane, which numbers on the plot, which rows of the log. An address keeps it,
 * and so do a link and a page that is saved, as words: `pane=plots`, `plot.axis=time`. What keeps something adds one line:
 *
 *   keepInLink('plot.axis', oneOf(axis, ['step', 'time']));
 */

/** How one thing about the view becomes a word, and comes back from one. */
export interface Kept {
  /** What a link says of it. Nothing: it is as the page has it by itself. */
  write(): string | undefined;
  /**
   * Takes what a link says. Nothing: as the page has it by itself. What cannot be taken is left as it is.
   * @returns false where what the word names has not come in yet: then it is asked again when more has
   */
  read(said: string): boolean | undefined;
  /** What a word of it names may lie in a recording that is opened later on. */
  isOfAll?: boolean;
}

/** The words of a view, by their names. */
export type ViewWords = ReadonlyMap<string, string>;

const all = new Map<string, Kept>();

/** Names that say where lines come from: they are no part of the view. */
const TAKEN = ['token', 'file', 'shown', 'channel', 'port'];

/** Has links keep something. */
export function keepInLink(name: string, kept: Kept): void {
  if (all.has(name) || TAKEN.includes(name)) throw new Error(`Expected a name of its own, got ${name}.`);
  all.set(name, kept);
}

/** What links keep of what is shown. Those that are as the page has them by itself are left out. */
export function viewNow(): Map<string, string> {
  const words = new Map<string, string>();
  for (const [name, { write }] of all) {
    const said = write();
    if (said) words.set(name, said);
  }
  return words;
}

/** The words of a link that are about the view. */
export function viewIn(words: URLSearchParams): Map<string, string> {
  return new Map([...words].filter(([name]) => all.has(name)));
}

/** Shows what some words say. @returns those that wait for more to come in */
export function showView(words: ViewWords): Map<string, string> {
  // In the order in which they were made known: a later one may build on one before it.
  return new Map([...all].flatMap(([name, { read }]) => waits(read, name, words.get(name))));
}

function waits(read: Kept['read'], name: string, said: string | undefined): [string, string][] {
  return said !== undefined && read(said) === false ? [[name, said]] : [];
}

/** Of words that wait, those of which nobody has made anything else meanwhile. @param before the view when they began to wait */
export function stillWanted(waiting: ViewWords, before: ViewWords): Map<string, string> {
  return new Map([...waiting].filter(([name]) => (all.get(name)?.write() || before.get(name)) === before.get(name)));
}

/** Of words that wait, those that another recording may still bring. */
export const waitingForFiles = (waiting: ViewWords): Map<string, string> =>
  new Map([...waiting].filter(([name]) => all.get(name)?.isOfAll));

/** The same words, and for all that they do not name, as the page has it by itself. */
export const wholeView = (words: ViewWords): Map<string, string> =>
  new Map([...all.keys()].map((name) => [name, words.get(name) ?? '']));

/** A part of a word in which parts are joined by `:` and `,`. */
export const disguised = (part: string): string => part.replace(/[%:,]/g, encodeURIComponent);

/** Behind the # of an address. What needs no disguise there stays readable. */
export function fragmentOf(words: Iterable<readonly [string, string]>): string {
  const text = (part: string) =>
    encodeURIComponent(part).replace(/%(?:3A|2C|2F|40|5B|5D)/g, (hidden) => decodeURIComponent(hidden));
  return [...words].map(([name, said]) => `${text(name)}=${text(said)}`).join('&');
}

/** A choice of one from a list. */
export function oneOf<T extends string>(of: Signal<T>, values: readonly T[]): Kept {
  const own = of.peek();
  return {
    write: () => (of.value === own ? '' : of.value),
    read(said) {
      const value = said === '' ? own : values.find((one) => one === said);
      if (value !== undefined) of.value = value;
    },
  };
}

/** Something that is on or off. */
export function flag(of: Signal<boolean>): Kept {
  const own = of.peek();
  const words = { yes: true, no: false, '': own };
  return {
    write: () => (of.value === own ? '' : of.value ? 'yes' : 'no'),
    read(said) {
      if (Object.hasOwn(words, said)) of.value = words[said as keyof typeof words];
    },
  };
}

/** A number within bounds. */
export function numberWithin(of: Signal<number>, least: number, most: number): Kept {
  const own = of.peek();
  return {
    write: () => (of.value === own ? '' : String(of.value)),
    read(said) {
      const value = said === '' ? own : Number(said);
      if (value >= least && value <= most) of.value = value;
    },
  };
}

/** What somebody has written. */
export function anyText(of: Signal<string>): Kept {
  const own = of.peek();
  return {
    write: () => (of.value === own ? '' : of.value),
    read(said) {
      of.value = said || own;
    },
  };
}
