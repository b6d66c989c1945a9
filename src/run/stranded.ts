import { warn } from './progress.ts';

/** Something that was asked of a run and is done when its hooks are over. */
interface Asked {
  /** Such as `pause`. */
  readonly call: string;
  readonly runId: string;
  /** The loops whose hooks or steps are in flight, but for those that wait for somebody to give them something. */
  inFlight(): string[];
}

const pending = new Set<Asked>();
let isListening = false;

/**
 * Notes what was asked of a run until it is done. A hook that awaits it waits for itself; but as long as anything else goes on
 * in the program, that looks like a hook that takes its time. Where a Node program has nothing left to do, nothing can bring
 * such a hook on any more: it is said then, so that the program does not end there without a word.
 * @param done settles when it is done
 */
export function noteAsked(asked: Asked, done: Promise<unknown>): void {
  if (!isListening) {
    isListening = true;
    const { process } = globalThis as { process?: { on?(event: 'beforeExit', tell: () => void): void } };
    process?.on?.('beforeExit', tellStranded);
  }
  pending.add(asked);
  const over = () => void pending.delete(asked);
  done.then(over, over);
}

function tellStranded(): void {
  const stranded = [...pending];
  // Each is told of once: a warning is something to do, after which the program comes to its end again.
  pending.clear();
  const warnings = stranded.flatMap(({ call, runId, inFlight }) => {
    const hooks = inFlight();
    if (hooks.length === 0) return [];
    return (
      `The program ends, for it has nothing left to do; but ${call}() of the run ${runId} still waits for ${hooks.join(', ')}. ` +
      `If a hook of that run awaits it, the hook waits for itself: call ${call}() there without \`await\`.`
    );
  });
  // Somebody may have asked for the same several times.
  for (const warning of new Set(warnings)) warn(warning);
}
