import type { Checkpoint } from '../../checkpoint/contents.ts';
import { LoopError, MisconfigurationError } from '../../data/errors.ts';
import { shown } from '../../data/shown.ts';
import type { Inspect, StartOptions } from '../../run/options.ts';
import type { Outcome } from '../../run/outcome.ts';
import type { LoopRun } from '../../run/run.ts';
import { start } from '../../run/start.ts';
import { later } from '../../time/clock.ts';
import { turn } from '../../time/turn.ts';
import type { AnyLoop } from '../../tree/any-loop.ts';
import { isLoop } from '../../tree/tree.ts';
import { settled } from '../cuts/measured.ts';
import { Player } from './player.ts';
import { Time } from './time.ts';

/** What {@link play} takes: what `start` does, and the time. */
export interface PlayOptions<Args extends unknown[] = any[]> extends Omit<StartOptions<Args>, 'paused'> {
  /** The time at which it begins: a Date, or milliseconds since 1970. Default: that of the machine. */
  now?: Date | number | undefined;
  /** For how long nothing may happen that is waited for, in milliseconds of the machine. Default: 4000. */
  timeout?: number | undefined;
}

/** Options are needed where `run` needs arguments. */
export type PlayArguments<Args extends unknown[]> = [] extends Args
  ? [options?: PlayOptions<Args>]
  : [options: PlayOptions<Args> & ({ args: Args } | { from: Checkpoint })];

/** A loop, with what its run takes and gives. */
interface Played<Output, Args extends unknown[]> {
  run(...args: Args): Promise<Output>;
}

/**
 * Runs a loop by hand: the script goes to a step, looks, sends events, and lets it finish. The run stands before its first
 * step when the script begins. When the script is over, the run goes on to its end; if the script throws, it is aborted.
 *
 * Meanwhile time is the test's. `setTimeout`, `setInterval`, `Date` and `performance.now()` (in Node those of
 * `node:timers` and `node:timers/promises` as well) go by `player.clock`, which moves on to the next timer by itself
 * whenever there is nothing else to do: a step that waits for an hour takes no time. A test that has the fake timers of
 * Vitest, Jest or Sinon keeps them: those are moved on.
 *
 * @param script gets the run, and may be async; what it returns is awaited, and not used
 * @returns how the run ended
 * @throws what the script throws; LoopError `STOPPED` where nothing happens any more that is waited for
 *
 * @example
 * const outcome = await play(new Fit(), async (fit) => {
 *   await fit.toStep(3);
 *   expect(fit.state).toEqual({ n: 3 });
 *   fit.send({ type: 'loop.stop', reason: 'enough' });
 * });
 * expect(outcome).toMatchObject({ status: 'stopped', reason: 'enough' });
 */
export async function play<L extends AnyLoop, Output, Args extends unknown[]>(
  loop: L & Played<Output, Args>,
  script: (player: Player<Output, L>) => unknown,
  ...[options]: PlayArguments<Args>
): Promise<Outcome<Output>> {
  const { now = Date.now(), timeout = 4000, ...more } = options ?? ({} as PlayOptions<Args>);
  check(loop, script, now, timeout);
  let changes = 0;
  const time = new Time(Number(now), () => changes);
  try {
    // Whoever watches sees each step: so it is known when nothing moves.
    const inspect = [() => void changes++, ...([more.inspect].flat() as (Inspect | undefined)[])];
    const run = start(loop, {
      ...more,
      inspect: inspect.filter((one) => one !== undefined),
      paused: true,
    }) as LoopRun<Output, L>;
    const guard = guardOf(run, loop.path, timeout, () => changes + time.changes);
    const player = new Player(run, time, loop.path, guard);
    try {
      await player.pause();
      await script(player);
      return player.outcome ?? (await player.finish());
    } catch (error) {
      run.abort(error);
      await run.outcome;
      throw error;
    } finally {
      // Code of an aborted step may wait for a timer: it gets it, so that it comes to its end.
      time.runsOn = true;
      await settled(run, 200);
    }
  } finally {
    time.end();
  }
}

function check(loop: unknown, script: unknown, now: unknown, timeout: unknown): void {
  const wrong = (expected: string, got: unknown) =>
    new MisconfigurationError(`play expected ${expected}, got \`${shown(got)}\`.`);
  if (!isLoop(loop)) throw wrong('a loop', loop);
  if (typeof script !== 'function') throw wrong('a script: a function that gets the run', script);
  if (!Number.isFinite(Number(now))) throw wrong('`now` to be a Date, or milliseconds since 1970', now);
  if (typeof timeout !== 'number' || !(timeout > 0 && timeout < 2 ** 31))
    throw wrong('`timeout` to be milliseconds above 0', timeout);
}

/** Waits for something, as long as anything happens. @param changes how often anything has */
function guardOf(run: LoopRun<unknown>, path: string, ms: number, changes: () => number) {
  return async <T>(what: string, work: Promise<T>): Promise<T> => {
    let callOff = () => {};
    const stuck = new Promise<never>((_, reject) => {
      const look = (seen: number) => {
        callOff = later(ms, async () => {
          // What a long computation has kept waiting comes first.
          await turn();
          const now = changes();
          if (now !== seen) {
            look(now);
            return;
          }
          const waits = run.waitingFor.join(', ');
          reject(
            new LoopError(
              'STOPPED',
              `${what} has waited for ${ms} ms in which nothing happened. ` +
                (waits === ''
                  ? 'The run stands: resume() lets it go on.'
                  : `It waits for ${waits}, and for no timer that play moves on.`),
              path,
            ),
          );
        });
      };
      look(changes());
    });
    try {
      return await Promise.race([work, stuck]);
    } finally {
      callOff();
    }
  };
}
