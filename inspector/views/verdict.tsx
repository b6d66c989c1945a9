import { settings } from '../page/run-settings.ts';
import { session } from '../page/session.ts';
import type { Actor, Phase } from '../run/actor.ts';
import { type Going, placeWords, verdictOf } from '../run/verdict.ts';
import type { Ending } from '../run/why-ended.ts';
import { figure } from '../text/number.ts';
import { duration } from '../text/time.ts';
import { ForkedFrom } from '../widgets/forked-from.tsx';
import { Mark } from '../widgets/phase-mark.tsx';
import { RunChoice } from '../widgets/run-choice.tsx';
import { Give } from './give.tsx';

/** What is to be said of the run that is looked at, in one line: of what is newest, not of the moment that is shown. */
export function VerdictLine() {
  session.version.value;
  const { store, contexts } = session;
  store.goesOn.value;
  const root = session.run.value?.root;
  if (!root) return null;
  const { perSec, going } = settings.value;
  const verdict = verdictOf(store, contexts, root, perSec !== null && going.includes(root.id));
  const receives = 'waits' in verdict ? verdict.waits.filter(({ kind }) => kind === 'receive') : [];
  return (
    <section class={`verdict ${verdict.how}`} aria-label="Verdict">
      <div class="line">
        <RunChoice />
        {'places' in verdict ? <GoesOn root={root} going={verdict} /> : <Ended root={root} ending={verdict} />}
        <ForkedFrom root={root} />
      </div>
      {receives.length && session.controllable ? <Give waits={receives} /> : null}
    </section>
  );
}

const GOING: Record<Going['how'], { phase: Phase; words: string }> = {
  running: { phase: 'running', words: 'runs' },
  paused: { phase: 'paused', words: 'is paused' },
  waiting: { phase: 'paused', words: 'waits' },
  stopping: { phase: 'running', words: 'is to stop' },
};

function GoesOn({ root, going }: { root: Actor; going: Going }) {
  const { phase, words } = GOING[going.how];
  const shown = going.waits.slice(0, 3);
  return (
    <>
      <Mark phase={phase} />
      <b>
        {root.path.name} {words}
      </b>
      {going.why ? <span class="said">{going.why}</span> : null}
      <span class="where">
        {going.places.map((place, at) => (
          <span key={place.actor.id}>
            {at ? ' › ' : ''}
            <button
              type="button"
              class="to"
              title={`Look at ${place.actor.id}`}
              onClick={() => session.select(place.actor.id)}
            >
              {place.actor.name}
            </button>{' '}
            {placeWords(place)}
          </span>
        ))}
        {going.beside ? ` › ${figure(going.beside)} beside each other` : ''}
      </span>
      {shown.map(({ actor, kind, key }) => (
        <span class="waits" key={`${actor.id} ${kind} ${key}`}>
          {actor.name} waits for{' '}
          <code>
            {kind}('{key}')
          </code>
        </span>
      ))}
      {going.waits.length > shown.length ? (
        <span class="waits">and for {figure(going.waits.length - shown.length)} more</span>
      ) : null}
      <span class="grow" />
      <span class="times" title="By the events that have come; how long a step takes is taken from the latest ones">
        {duration(going.for)} so far · <Left root={root} going={going} />
      </span>
    </>
  );
}

/** How long still, and how far that can be relied upon. */
function Left({ root, going: { left, places } }: { root: Actor; going: Going }) {
  const unknown = `It is not known how many steps ${root.name} takes, or how long one is: state.total can say how many`;
  if (!left) return <span title={unknown}>time left not known</span>;
  const rough = left.atLeast ? 'at least ' : left.guess ? 'perhaps ' : 'about ';
  const words = `${rough}${duration(left.ms)} left`;
  if (left.actor === places[0]?.actor) return <b>{words}</b>;
  return (
    <span title={unknown}>
      <b>{words}</b> for {left.actor.name}, for {root.name} not known
    </span>
  );
}

const ENDED: Record<Ending['how'], { phase: Phase; words: string }> = {
  finished: { phase: 'done', words: 'finished' },
  skipped: { phase: 'skipped', words: 'had nothing to do' },
  ended: { phase: 'ended', words: 'was ended' },
  stopped: { phase: 'stopped', words: 'was stopped' },
  failed: { phase: 'failed', words: 'failed' },
  aborted: { phase: 'aborted', words: 'was aborted' },
  cut: { phase: 'stopped', words: 'was cut off: it was suspended, or its actor stopped' },
  unknown: { phase: 'unknown', words: 'was not seen to end' },
};

function Ended({ root, ending }: { root: Actor; ending: Ending }) {
  const { phase, words } = ENDED[ending.how];
  const { at, during, why, args } = ending;
  return (
    <>
      <Mark phase={phase} />
      <b>
        {root.path.name} {words}
      </b>
      {at ? (
        <button
          type="button"
          class="to"
          title="Go to that moment"
          onClick={() => {
            session.jump(at.row);
            session.select(at.actor.id, true);
          }}
        >
          {during ? `${ending.how === 'ended' ? 'by' : 'in'} ${at.actor.id} ${during}` : 'show the moment'}
        </button>
      ) : null}
      {args ? (
        <span class="dim args" title={args}>
          run with {args}
        </span>
      ) : null}
      {why ? (
        <span class="said" title={why}>
          {ending.how === 'finished' ? `returned ${why}` : why}
        </span>
      ) : null}
      <span class="grow" />
      <span class="times">
        {ending.how === 'unknown' ? 'seen for' : 'after'} {duration(ending.for)}
      </span>
    </>
  );
}
