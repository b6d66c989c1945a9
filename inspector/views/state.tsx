import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { goTo } from '../page/alerts.ts';
import { foundMembers, onlyChanges, opened } from '../page/opened-members.ts';
import { against, togglePin } from '../page/pin.ts';
import { session } from '../page/session.ts';
import type { Actor } from '../run/actor.ts';
import { type HeldMember, partsOf, runWords } from '../run/context-parts.ts';
import { type Against, baseOf, changeOf, countChanges, members, NOTHING } from '../run/difference.ts';
import { findHeld } from '../run/held.ts';
import { standing } from '../run/standing.ts';
import { toldOf } from '../run/standing-in-words.ts';
import { shortType } from '../text/describe.ts';
import { figure } from '../text/number.ts';
import { FirstOdd } from '../widgets/first-odd.tsx';
import { Mark } from '../widgets/phase-mark.tsx';
import { Scroll } from '../widgets/scroll.tsx';
import { Split } from '../widgets/split.tsx';
import { Member, Sign } from './member.tsx';
import { MemberDetail } from './member-detail.tsx';
import { WatchList } from './watch-list.tsx';

const find = signal('');

/** Of a loop that failed with what another had thrown, the way to where that was. */
function Began({ actor, now }: { actor: Actor; now: number }) {
  const { store } = session;
  const head = actor.failedAt <= now ? store.failures.beginningOf(actor) : undefined;
  const origin = head === undefined ? undefined : store.actor(head);
  if (head === undefined || !origin || origin === actor) return null;
  return (
    <button
      type="button"
      class="first-odd"
      title={`Go to where ${origin.id} failed`}
      onClick={() => goTo({ actor: origin, row: head })}
    >
      began in {origin.short} at step {figure(origin.steps + 1)}
    </button>
  );
}

/** What the selected loop holds at the moment shown, and what changed. */
export function State() {
  const { store, contexts } = session;
  const now = session.now.value;
  const actor = session.actor.value;
  const pinned = session.pinned.value;
  const here = actor && standing(store, actor, now);
  const told = actor && here && toldOf(store, contexts, actor, here);
  const context = actor && here && contexts.at(actor, now);
  const base = actor && baseOf(actor, now, against.value, pinned);
  const before = base && 'row' in base ? contexts.at(base.actor, base.row) : undefined;
  const changes = context && before ? countChanges(before, context) : 0;
  const happened = here && happenedAt(here.row);
  const wanted = find.value.trim();
  const found = useMemo(
    () => (wanted && context ? findHeld([...Object.entries(context), ['event', happened?.event]], wanted) : undefined),
    [wanted, context, here?.row],
  );
  foundMembers.value = found;
  const parts = partsOf(context ? members(before ?? NOTHING, context) : []);
  return (
    <section class="state" aria-label="State">
      {session.narrow.value ? null : <Split name="state" />}
      <header class="tools">
        <h2>State</h2>
        {actor ? (
          <span class={`who hue${actor.path.hue}`} title={actor.id}>
            {actor.short}
          </span>
        ) : null}
        {told ? <Mark phase={told.phase} /> : null}
        {actor ? <Began actor={actor} now={now} /> : null}
        {actor ? <FirstOdd path={actor.path} /> : null}
        <span class="dim" title={told?.more && `${told.words} ${told.more}`}>
          {told?.words}
        </span>
      </header>
      <header class="tools">
        <select
          aria-label="Compare with"
          value={against.value}
          onChange={(e) => {
            against.value = e.currentTarget.value as Against;
          }}
        >
          <option value="step">against the step before</option>
          <option value="iteration">against the run before</option>
          <option value="pinned">
            against the pinned moment
            {pinned === null ? '' : ` (${store.end > pinned && pinned >= store.first ? store.seq(pinned) : 'gone'})`}
          </option>
        </select>
        <button
          type="button"
          class="flat"
          aria-pressed={pinned === now && now >= 0}
          title="Pin this moment to compare with (m)"
          onClick={togglePin}
        >
          pin
        </button>
        <input
          type="search"
          id="state-text"
          placeholder="Search"
          aria-label="Search the state"
          value={find.value}
          onInput={(e) => {
            find.value = e.currentTarget.value;
          }}
        />
        <span class="grow" />
        <label class="check">
          <input
            type="checkbox"
            checked={onlyChanges.value}
            onChange={(e) => {
              onlyChanges.value = e.currentTarget.checked;
            }}
          />
          {before ? `${figure(changes)} changed` : 'changed'}
        </label>
      </header>
      <WatchList />
      <Scroll id="state" class="dict" label="State dict">
        {found ? <FoundNote count={found.hits.size} cut={found.cut} /> : null}
        {!actor ? <p class="note">A loop's state is shown here.</p> : null}
        {actor && !here ? (
          <p class="note">{actor.id} has not begun at this moment. Go on in time, or choose another loop.</p>
        ) : null}
        {base && 'missing' in base && here ? <p class="note">{base.missing}</p> : null}
        {context
          ? parts.first.map((member) => (
              <Top key={member.key} root={context} member={member} compared={before !== undefined} depth={0} />
            ))
          : null}
        {happened ? <Happened {...happened} /> : null}
        {context ? <Run root={context} run={parts.run} compared={before !== undefined} /> : null}
      </Scroll>
      {context && actor ? <MemberDetail root={{ ...context, event: happened?.event }} loop={actor.path.name} /> : null}
    </section>
  );
}

interface TopProps {
  /** All that the loop holds. */
  root: object;
  member: HeldMember;
  /** Whether there is something to compare with: else nothing is marked as new. */
  compared: boolean;
  depth: number;
}

function Top({ root, member: { key, before, after }, compared, depth }: TopProps) {
  return <Member root={root} path={key} name={key} before={compared ? before : after} after={after} depth={depth} />;
}

/** No loop's context has a member of this name. */
const RUN = '\u0000run';

/** How the machine runs the loop: rarely read, so it is a line until it is opened, which says whether it changed. */
function Run({ root, run, compared }: { root: object; run: readonly HeldMember[]; compared: boolean }) {
  const found = foundMembers.value;
  const isFound = (member: HeldMember) => found?.hits.has(member.key) || found?.above.has(member.key);
  if (found && !run.some(isFound)) return null;
  const isOpen = found !== undefined || (opened.value.get(RUN) ?? false);
  const change = compared && run.some(({ before, after }) => changeOf(before, after) !== 'same') ? 'inside' : 'same';
  if (!run.length || (onlyChanges.value && change === 'same')) return null;
  return (
    <>
      <button
        type="button"
        class={`member branch ${change}`}
        aria-expanded={isOpen}
        onClick={() => {
          opened.value = new Map(opened.value).set(RUN, !isOpen);
        }}
      >
        <i class="fold">{isOpen ? '▾' : '▸'}</i>
        <span class="key">run</span>
        <span class="dim">{runWords(run)}</span>
        <Sign change={change} />
      </button>
      {isOpen
        ? run.map((member) => <Top key={member.key} root={root} member={member} compared={compared} depth={1} />)
        : null}
    </>
  );
}

/** The event that made it so, whole: what came with it, from whom, which way it took. */
function happenedAt(row: number): { event: object; note: string } | undefined {
  const line = session.store.line(row);
  if (line.type !== 'event') return undefined;
  const { event, from, tr, output, error } = line;
  const took = tr?.map(([source, targets]) => (targets?.length ? `${source} → ${targets.join(', ')}` : source));
  return {
    event: {
      ...event,
      ...(from !== undefined && { 'sent by': from }),
      ...(took?.length && { took: took.join('; ') }),
      ...(output !== undefined && { 'output of the run': output }),
      ...(error !== undefined && !('error' in event) && { 'error of the run': error }),
    },
    note: shortType(event.type),
  };
}

const Happened = ({ event, note }: { event: object; note: string }) => (
  <Member root={{ event }} path="event" name="event" before={event} after={event} depth={0} note={note} />
);

const FoundNote = ({ count, cut }: { count: number; cut: boolean }) => (
  <p class="note" role="status">
    {count ? `${figure(count)} found` : 'Nothing that this loop holds has that in a key or a value'}
    {cut ? ' among the first 10,000 values: there are more, which were not searched.' : '.'}
  </p>
);
