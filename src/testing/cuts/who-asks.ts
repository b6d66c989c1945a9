/** Where this library lies, and those files of it that stand between who asks and what is asked. */
const here = new URL('../..', import.meta.url).pathname;
const ofAsking = /[\\/](?:asked-of-chance|who-asks|once-that-asks|chance|draws)\.[jt]s\b/;

/** From where the function of a `once` is called: it may be `Math.random` itself. */
const callsOnce = /[\\/]step[\\/]scope\.[jt]s\b/;

/** What a runtime and its tools call for themselves: to say where in the source an error came from, say. */
const ofTools = /prepareStackTrace|node_modules[\\/]source-map/;

/** So often it is looked who asks: a look at the stack takes its time, and whoever asks so often is no tool. */
const most = 2000;

export class WhoAsks {
  #looked = 0;

  /** The frame of the stack in which code asks for something that is no library's; `undefined` if there is none, empty if it is not looked. */
  asks(): string | undefined {
    return ++this.#looked > most ? '' : frameThatAsks();
  }
}

let isLooking = false;

function frameThatAsks(): string | undefined {
  // To write the stack, tools may ask for random numbers themselves.
  if (isLooking) return undefined;
  isLooking = true;
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  try {
    const stack = new Error().stack ?? '';
    if (ofTools.test(stack)) return undefined;
    const frames = stack.split('\n').slice(1).map(decoded);
    // Whoever has asked, and what that was asked by. Where it comes to the library, that had asked for its own ends.
    const askers = frames.filter((frame) => !(frame.includes(here) && ofAsking.test(frame)));
    const asker = askers.find((frame) => frame.includes(here) || !/node_modules|node:|\(<anonymous>\)/.test(frame));
    return asker?.includes(here) && !callsOnce.test(asker) ? undefined : asker;
  } finally {
    Error.stackTraceLimit = limit;
    isLooking = false;
  }
}

/** `fit.ts:12` of a frame. */
export function lineOf(frame: string): string | undefined {
  return /([^\\/(]+?):(\d+):\d+\)?$/.exec(frame)?.slice(1, 3).join(':');
}

function decoded(frame: string): string {
  try {
    return decodeURI(frame);
  } catch {
    return frame;
  }
}
