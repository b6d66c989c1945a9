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

/** A checkpoint of a run that a fork can be begun from. */
export interface ForkMoment {
  /** What the program calls it: `store:12`, `taken:3`. */
  from: string;
  /** Steps of innermost loops that the run had taken. */
  steps: number;
  /** When it was saved or taken, in milliseconds since 1970. */
  t: number;
  /** The last line by then, where that is known. */
  seq?: number;
}

/** The checkpoints of a run that there are. */
export interface ForkMoments {
  /** The newest first. */
  moments: ForkMoment[];
  /** How many older ones its store has. */
  more: number;
  /** How many were taken before and are held no more. */
  gone: number;
  /** Why there are none of its store, or not all; empty where that is no matter. */
  lacks: string;
}

/** What a program answers to a page that asked for a checkpoint, or for a fork. */
export type ForkAnswer =
  | { type: 'taken'; id: string; from: unknown; offer: ForkOffer }
  | { type: 'moments'; id: string; told: ForkMoments }
  | { type: 'forked'; id: string }
  | { type: 'refused'; of: 'taken' | 'moments' | 'forked'; reason: string };

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
  if (!isRecord(message) || !isAnswer(message.type)) return undefined;
  const { type, id, from, refused } = message as { type: 'taken' | 'moments' | 'forked'; [key: string]: unknown };
  if (isText(refused)) return { type: 'refused', of: type, reason: refused };
  if (type === 'moments') return isText(id) ? { type, id, told: momentsIn(message) } : undefined;
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

/** The types of the messages that are about forks. */
export const isAnswer = (type: unknown): boolean => type === 'taken' || type === 'moments' || type === 'forked';

function momentsIn({ moments, more, gone, lacks }: Record<string, unknown>): ForkMoments {
  const number = (value: unknown) => (typeof value === 'number' ? value : 0);
  const isMoment = (one: unknown): one is ForkMoment =>
    isRecord(one) && isText(one.from) && typeof one.steps === 'number' && typeof one.t === 'number';
  return {
    moments: (Array.isArray(moments) ? moments.filter(isMoment) : []).reverse(),
    more: number(more),
    gone: number(gone),
    lacks: isText(lacks) ? lacks : '',
  };
}
