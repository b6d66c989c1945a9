import type { ActorLogic, AnyActorRef, Snapshot } from 'xstate';
import { type LoopControlEvent, stepsOf } from '../chart/context.ts';
import type { ArgsOf, OutputOf, SavedState } from '../chart/machine-type.ts';
import type { Outcome } from '../run/outcome.ts';
import type { RunProgress } from '../run/progress.ts';
import type { RemoteStartArguments } from './options.ts';
import type { RemoteRun } from './remote-run.ts';

/** Where an actor stands that holds a run in a worker. @typeParam L the class of the loop */
export type RemoteSnapshot<L = any> = Snapshot<OutputOf<L>> & {
  context: {
    /** Where the run stands; ten times a second at most. */
    progress: RunProgress<SavedState<L>>;
    /** How it has ended; `undefined` while it goes on. */
    outcome: Outcome<OutputOf<L>> | undefined;
  };
  /** What it was started with: an actor that is restored starts with the same. */
  input: RemoteInput<L>;
};

/** What an actor that holds a run in a worker is given: the options of `start`. */
export type RemoteInput<L = any> = RemoteStartArguments<ArgsOf<L>>[0];

/** The logic of an actor that starts a run in a worker. It takes the events that anyone may send to a loop. */
export interface RemoteLogic<L = any> extends ActorLogic<RemoteSnapshot<L>, LoopControlEvent, RemoteInput<L>> {}

/** What is told by the run itself. */
const news = 'loopchart.news';
type News =
  | { type: typeof news; progress: RunProgress<any> }
  | { type: typeof news; outcome: Outcome<any> }
  | { type: 'xstate.stop' };

export function logicOf(start: (options: any) => RemoteRun<any>): RemoteLogic {
  const runs = new WeakMap<AnyActorRef, RemoteRun<any>>();
  return {
    getInitialSnapshot: (_, input) => ({
      status: 'active',
      output: undefined,
      error: undefined,
      context: {
        progress: { steps: 0, loops: [{ path: '', value: 'entering', steps: 0, state: null }] },
        outcome: undefined,
      },
      input,
    }),
    start(snapshot, { self }) {
      if (snapshot.status !== 'active') return;
      const run = start(snapshot.input ?? {});
      runs.set(self, run);
      void follow(run, self, () => runs.get(self) === run);
    },
    transition(snapshot, event: LoopControlEvent | News, { self }) {
      if (snapshot.status !== 'active') return snapshot;
      const run = runs.get(self);
      if (event.type === 'xstate.stop') {
        runs.delete(self);
        run?.abort();
        return { ...snapshot, status: 'stopped' } as RemoteSnapshot;
      }
      if (event.type === news)
        return 'progress' in event ? stands(snapshot, event.progress) : ended(snapshot, event.outcome);
      if (run !== undefined) pass(event, run);
      return snapshot;
    },
    getPersistedSnapshot: (snapshot) => snapshot,
    restoreSnapshot: (snapshot) => snapshot as RemoteSnapshot,
  };
}

/**
 * Tells an actor what becomes of its run.
 * @param isOwn whether it still holds this run: React in StrictMode stops actors and starts them again, each time with another
 */
async function follow(run: RemoteRun<any>, actor: AnyActorRef, isOwn: () => boolean): Promise<void> {
  const tell = (event: News) => {
    if (isOwn() && actor.getSnapshot().status === 'active') actor.send(event);
  };
  try {
    for await (const progress of run) tell({ type: news, progress });
  } catch {
    // What it failed with, the outcome tells.
  }
  tell({ type: news, outcome: await run.outcome });
}

function stands(snapshot: RemoteSnapshot, progress: RunProgress<any>): RemoteSnapshot {
  return { ...snapshot, context: { ...snapshot.context, progress } };
}

function ended(snapshot: RemoteSnapshot, outcome: Outcome<any>): RemoteSnapshot {
  const context = { ...snapshot.context, outcome };
  return (
    'error' in outcome
      ? { ...snapshot, context, status: 'error', error: outcome.error }
      : { ...snapshot, context, status: 'done', output: outcome.output }
  ) as RemoteSnapshot;
}

/** What a run is sent, it does. */
function pass(event: LoopControlEvent, run: RemoteRun<any>): void {
  switch (event.type) {
    case 'loop.pause':
      void run.pause();
      break;
    case 'loop.resume':
      run.resume();
      break;
    case 'loop.step':
      void run.step(stepsOf(event));
      break;
    case 'loop.stop':
      void run.stop(event.reason);
      break;
    case 'loop.abort':
      run.abort(event.reason);
      break;
    case 'loop.give':
      // What cannot be given is an error that nobody has asked for: it is told as an unhandled one.
      void run.give(event.key, event.value);
  }
}
