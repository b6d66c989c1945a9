import { constants } from 'node:os';
import { now } from '../../time/clock.ts';

/** The signals that ask a program to end: Ctrl-C, and what `kill`, containers and service managers send. */
export type EndSignal = 'SIGINT' | 'SIGTERM';

/** What a run of this process does when the process is asked to end. */
export interface Ending {
  /** The first signal: the run is to end in good order. */
  first(signal: EndSignal): void;
  /** Another one, where somebody else listens for it as well, so that the process is not ended from here. */
  second(signal: EndSignal): void;
}

const signals: EndSignal[] = ['SIGINT', 'SIGTERM'];

/**
 * Tools that start programs, such as npm and tsx, pass on a Ctrl-C that the terminal has sent to the program already. The
 * same signal again within so many milliseconds is taken for that.
 */
const echoMs = 300;

const endings = new Set<Ending>();
/** When each signal has come last, by a clock that is never set; empty as long as none has. */
const last = new Map<EndSignal, number>();

/**
 * Has a run end when this process is asked to. All runs hang on one listener, which is there as long as one of them is.
 * A run that begins while others are ending is told at once.
 * @returns what takes it back
 */
export function onSignals(ending: Ending): () => void {
  if (endings.size === 0) for (const signal of signals) process.on(signal, heard);
  endings.add(ending);
  const [pending] = last.keys();
  if (pending !== undefined) ending.first(pending);
  return () => {
    if (!endings.delete(ending) || endings.size > 0) return;
    for (const signal of signals) process.off(signal, heard);
    last.clear();
  };
}

/** What a shell says of a process that a signal has ended: 128 and the number of the signal. */
export function exitCodeOf(signal: EndSignal): number {
  return 128 + constants.signals[signal];
}

function heard(signal: EndSignal): void {
  const isFirst = last.size === 0;
  const before = last.get(signal);
  last.set(signal, now());
  if (isFirst) {
    for (const ending of [...endings]) ending.first(signal);
  } else if (before === undefined || now() - before > echoMs) {
    // Where this is the only listener, Node leaves the end of the process to it.
    if (process.listenerCount(signal) === 1) process.exit(exitCodeOf(signal));
    for (const ending of [...endings]) ending.second(signal);
  }
}
