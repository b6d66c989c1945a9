import { goToTime } from '../page/file-part.ts';
import { togglePlay } from '../page/playback.ts';
import { session } from '../page/session.ts';
import { heldTime, sightNow } from '../page/time-zoom.ts';
import { shortType } from '../text/describe.ts';
import { figure } from '../text/number.ts';
import { stamp } from '../text/time.ts';
import { Alerts } from './alerts.tsx';
import { GoTo } from './go-to.tsx';

const TEMPI = [0.1, 0.25, 1, 4, 16, 64];

/** Where in time the page is, and all ways to go elsewhere. */
export function Scrubber() {
  const { store } = session;
  // Where the moment that is shown lies among all of them changes while it stays the same.
  session.version.value;
  const now = session.now.value;
  const live = session.cursor.value === null;
  const some = store.end > 0;
  const line = some ? store.line(now) : undefined;
  const what = line?.type === 'event' ? shortType(line.event.type) : line?.type;
  // Of a program that answers no more, the newest that there is is the end of what was seen.
  const recording = session.status.value?.kind !== 'live';
  // Else one takes the past for the present: everything on the page is of the moment that is shown.
  const past = some && now < store.last;
  // As the timeline above it: a moment lies on the slider where it lies there.
  const { from, to } = sightNow();
  const t = some ? Math.min(to, Math.max(from, store.t(now))) : from;
  return (
    <section class={`scrubber ${past ? 'past' : ''}`} aria-label="Time">
      <div class="over-time">
        <input
          id="scrub"
          type="range"
          aria-label="Moment"
          aria-valuetext={some ? `event ${store.seq(now)}: ${what}` : 'nothing yet'}
          min={0}
          max={to - from}
          step="any"
          value={t - from}
          disabled={!some}
          style={{
            '--part': (t - from) / (to - from),
          }}
          onInput={(e) => session.jump(rowInSight(from + Number(e.currentTarget.value)))}
          onChange={(e) => {
            // Where it was let go of. Another part of a file is not read at each pixel on the way.
            const wanted = from + Number(e.currentTarget.value);
            if (!isHeld(wanted)) goToTime(wanted);
          }}
          onKeyDown={(e) => {
            // The page's own keys do the same and know Shift.
            if (e.key.startsWith('Arrow') && (e.key === 'ArrowUp' || e.key === 'ArrowDown')) e.preventDefault();
          }}
        />
      </div>
      <button
        type="button"
        class="flat"
        disabled={!some}
        aria-label={session.playing.value ? 'Halt' : 'Play'}
        title="Play, halt (Space)"
        onClick={togglePlay}
      >
        {session.playing.value ? '❚❚' : '▶'}
      </button>
      <select
        aria-label="Tempo"
        title="How fast it is played"
        value={session.tempo.value}
        onChange={(e) => {
          session.tempo.value = Number(e.currentTarget.value);
        }}
      >
        {TEMPI.map((tempo) => (
          <option key={tempo} value={tempo}>
            {tempo}×
          </option>
        ))}
      </select>
      <button
        type="button"
        class="flat"
        disabled={!some}
        aria-label="Step back"
        title="One step of this loop back (Shift ←)"
        onClick={() => session.moveStep(-1)}
      >
        «
      </button>
      <button
        type="button"
        class="flat"
        disabled={!some}
        aria-label="Event back"
        title="One event back (←)"
        onClick={() => session.move(-1)}
      >
        ‹
      </button>
      <button
        type="button"
        class="flat"
        disabled={!some}
        aria-label="Event on"
        title="One event on (→)"
        onClick={() => session.move(1)}
      >
        ›
      </button>
      <button
        type="button"
        class="flat"
        disabled={!some}
        aria-label="Step on"
        title="One step of this loop on (Shift →)"
        onClick={() => session.moveStep(1)}
      >
        »
      </button>
      {some ? <Alerts /> : null}
      {some ? <GoTo /> : null}
      <span class="grow" />
      <output class="moment" aria-label="Moment shown">
        {some ? (
          <>
            <b id="moment">{figure(store.seq(now))}</b>
            <span class="dim"> of {figure(store.seq(store.last))} · </span>
            {stamp(store.t(now) - store.begin)}
          </>
        ) : (
          '–'
        )}
      </output>
      <button
        type="button"
        class={`live ${past ? 'back' : live ? 'on' : ''}`}
        aria-pressed={live}
        disabled={!some}
        title="Follow the newest (l)"
        onClick={() => session.live()}
      >
        <i /> {past ? 'back to ' : ''}
        {recording ? 'end' : 'live'}
      </button>
    </section>
  );
}

function isHeld(t: number): boolean {
  const { from, to } = heldTime();
  return t >= from && t <= to;
}

/** The last row up to a time; where that is not in sight any more, the first that is. */
function rowInSight(t: number): number {
  const { store } = session;
  const { from, to } = sightNow();
  const row = store.rowOfTime(t);
  const next = store.rowFromTime(from);
  return store.t(row) < from && next < store.end && store.t(next) <= to ? next : row;
}
