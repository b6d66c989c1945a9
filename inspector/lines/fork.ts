/** From which run a fork was begun, and where that stood. */
export interface ForkOf {
  /** The outermost loop of that run. */
  id: string;
  /** The last line by then; not known of what a store had kept. */
  seq?: number;
  /** Steps of innermost loops that it had taken. */
  steps: number;
}

/** A loop of a run that can be forked, as the checkpoint has it. */
export interface ForkLoop {
  /** Its dotted path below the outermost loop; empty for that. */
  loop: string;
  state: unknown;
  running: boolean;
}

/** A checkpoint that the program holds for this page, to begin a fork from. */
export interface ForkOffer {
  checkpoint: number;
  forkOf: ForkOf;
  /** What the run was begun with; `null` where that is not known. */
  args: unknown[] | null;
  /** Why the arguments cannot be changed; `null` where they can. */
  argsStay: string | null;
  loops: ForkLoop[];
  /** How many loops there are beside these. */
  more: number;
}

/** What a program answers to a page that asked for a checkpoint, or for a fork. */
export type ForkAnswer =
  | { type: 'taken'; id: string; from: unknown; offer: ForkOffer }
  | { type: 'forked'; id: string }
  | { type: 'refused'; of: 'taken' | 'forked'; reason: string };

const isText = (value: unknown): value is string => typeof value === 'string';
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where a fork comes from, with only so much in it as can be trusted to be what it says. */
export function forkOfIn(value: unknown): ForkOf | undefined {
  if (!isRecord(value)) return undefined;
  const { id, seq, steps } = value;
  if (!isText(id) || typeof steps !== 'number') return undefined;
  return { id, steps, ...(typeof seq === 'number' ? { seq } : {}) };
}

/** The answer in a message; nothing where it is none. */
export function forkAnswerIn(message: unknown): ForkAnswer | undefined {
  if (!isRecord(message) || (message.type !== 'taken' && message.type !== 'forked')) return undefined;
  const { type, id, from, refused } = message;
  if (isText(refused)) return { type: 'refused', of: type, reason: refused };
  if (type === 'forked') return isText(id) ? { type, id } : undefined;
  const forkOf = forkOfIn(message.forkOf);
  const { checkpoint, args, argsStay, loops, more } = message;
  if (!isText(id) || !forkOf || typeof checkpoint !== 'number' || !Array.isArray(loops)) return undefined;
  return {
    type,
    id,
    from,
    offer: {
      checkpoint,
      forkOf,
      args: Array.isArray(args) ? args : null,
      argsStay: isText(argsStay) ? argsStay : null,
      loops: loops.filter((one): one is ForkLoop => isRecord(one) && isText(one.loop) && 'state' in one),
      more: typeof more === 'number' ? more : 0,
    },
  };
}
