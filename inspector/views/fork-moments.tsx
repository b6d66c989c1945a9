import { useMemo } from 'preact/hooks';
import type { ForkMoment, ForkMoments } from '../lines/fork.ts';
import { type Forking, takeFrom } from '../page/forking.ts';
import { session } from '../page/session.ts';
import type { Actor } from '../run/actor.ts';
import { nearestBefore, placeOf } from '../run/fork-moments.ts';
import { figure } from '../text/number.ts';
import { clock } from '../text/time.ts';

interface ForkMomentListProps {
  now: Forking;
  /** The outermost loop of the run. */
  root: Actor | undefined;
}

/** From where the fork begins: as the run stands, or one of the checkpoints that there are, the newest first. */
export function ForkMomentList({ now, root }: ForkMomentListProps) {
  const { moments } = now;
  return (
    <fieldset class="from" disabled={now.waits === 'fork'}>
      <legend>From</legend>
      <div class="moments">
        <Choice now={now} from="now" off={root?.ended === true}>
          where it stands now
        </Choice>
        <Choice now={now} from="saved">
          what its store has saved last
        </Choice>
        {moments ? <Listed now={now} told={moments} root={root} /> : null}
      </div>
      {moments ? <Lacks told={moments} /> : <p class="dim">Asking which checkpoints there are…</p>}
      {moments ? <NearestTo now={now} told={moments} root={root} /> : null}
    </fieldset>
  );
}

interface ChoiceProps {
  now: Forking;
  from: string;
  off?: boolean;
  children: preact.ComponentChildren;
}

function Choice({ now, from, off = false, children }: ChoiceProps) {
  return (
    <label class="check">
      <input
        type="radio"
        name="fork-from"
        value={from}
        checked={now.from === from}
        disabled={off}
        onChange={() => takeFrom(from)}
      />
      <span>{children}</span>
    </label>
  );
}

function Listed({ now, told, root }: { now: Forking; told: ForkMoments; root: Actor | undefined }) {
  const { store } = session;
  const places = useMemo(() => told.moments.map((one) => placeOf(store, root?.path.run, one)), [told]);
  return (
    <>
      {told.moments.map((one, at) => (
        <Choice key={one.from} now={now} from={one.from}>
          {places[at]} <span class="dim">{whenOf(one)}</span>
        </Choice>
      ))}
    </>
  );
}

/** Why some that one would look for are not listed. */
function Lacks({ told: { more, gone, lacks } }: { told: ForkMoments }) {
  const words = [
    lacks,
    more ? `${figure(more)} older ${more === 1 ? 'save is' : 'saves are'} not listed.` : '',
    gone
      ? `${figure(gone)} that ${gone === 1 ? 'was' : 'were'} taken earlier ${gone === 1 ? 'is' : 'are'} held no more.`
      : '',
  ].filter(Boolean);
  return words.length ? <p class="dim">{words.join(' ')}</p> : null;
}

/** Where an earlier moment is shown, which checkpoint is the nearest before it. */
function NearestTo({ now, told, root }: { now: Forking; told: ForkMoments; root: Actor | undefined }) {
  const row = session.cursor.value;
  const { store } = session;
  if (row === null || !told.moments.length) return null;
  const nearest = nearestBefore(store, root?.path.run, told.moments, row);
  if (!nearest) return <p class="dim">None of them is known to lie before the moment that is shown.</p>;
  const { moment, stepsBefore } = nearest;
  const isTaken = now.from === moment.from;
  return (
    <p role="status">
      The nearest before the moment that is shown: {placeOf(store, root?.path.run, moment)}
      {stepsBefore === undefined ? '' : `, ${stepsWords(stepsBefore)}`}.{' '}
      {isTaken ? null : (
        <button type="button" onClick={() => takeFrom(moment.from)}>
          Take it
        </button>
      )}
    </p>
  );
}

const stepsWords = (steps: number): string =>
  steps === 0 ? 'with no step between' : `${figure(steps)} ${steps === 1 ? 'step' : 'steps'} before it`;

const whenOf = ({ from, t }: ForkMoment): string =>
  `${from.startsWith('store:') ? `saved ${clock(t, 1)} (save ${from.slice(6)})` : `taken ${clock(t, 1)}`}`;
