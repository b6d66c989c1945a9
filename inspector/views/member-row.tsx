import { goToRow } from '../page/plot-places.ts';
import { session } from '../page/session.ts';
import type { Path } from '../run/actor.ts';
import type { NumberTold } from '../run/member-numbers.ts';
import type { Member } from '../run/members.ts';
import { standing } from '../run/standing.ts';
import { toldOf } from '../run/standing-in-words.ts';
import { exact, figure } from '../text/number.ts';
import { duration } from '../text/time.ts';
import { Exact } from '../widgets/exact.tsx';
import { Mark } from '../widgets/phase-mark.tsx';

interface MemberRowProps {
  member: Member;
  numbers: readonly NumberTold[];
  /** How many numbers the table has. */
  columns: number;
  now: number;
  /** Of the row among all of the table, counted from 1. */
  index: number;
}

/** One loop of an array, or one run: how it stands and how its numbers do. */
export function MemberRow({ member: { actor, label }, numbers, columns, now, index }: MemberRowProps) {
  const { store, contexts } = session;
  const here = standing(store, actor, now);
  if (!here) return null;
  const { phase, words, more } = toldOf(store, contexts, actor, here);
  const t = store.t(Math.max(store.first, now));
  const current = session.actor.value === actor;
  return (
    <tr class={current ? 'current' : ''} aria-rowindex={index}>
      <th scope="row">
        <button
          type="button"
          class="flat"
          aria-current={current ? 'true' : undefined}
          title={`Look at ${actor.id}`}
          onClick={() => goToMember(actor.id, now)}
        >
          {label}
        </button>
      </th>
      <td class={`words ${phase}`} title={more ? `${words} ${more}` : undefined}>
        <Mark phase={phase} /> {words}
      </td>
      <td>{figure(here.steps)}</td>
      <td>{duration(Math.min(t, actor.ended ? actor.end : t) - actor.from)}</td>
      {Array.from({ length: columns }, (_, at) => (
        <Told key={`${at}`} told={numbers[at]} path={actor.path} />
      ))}
    </tr>
  );
}

interface ToldProps {
  told: NumberTold | undefined;
  path: Path;
}

/** The last and the least of a number, and a way to where it first was not finite. */
function Told({ told, path }: ToldProps) {
  const { last, min, odd } = told ?? {};
  return (
    <>
      <td>
        {odd ? (
          <button
            type="button"
            class="flat odd"
            disabled={odd.row < session.store.first}
            title={`${figure(odd.value)}, first at step ${figure(odd.step)}: go there`}
            onClick={() => goToRow(odd.row, path)}
          >
            {figure(odd.value)} at {figure(odd.step)}
          </button>
        ) : null}
        {last !== undefined && !(odd && Object.is(odd.value, last)) ? <Figure value={last} /> : null}
      </td>
      <td>{min === undefined ? '' : <Figure value={min} />}</td>
    </>
  );
}

const Figure = ({ value }: { value: number }) => (
  <Exact class={Number.isFinite(value) ? '' : 'bad'} exact={exact(value)}>
    {figure(value)}
  </Exact>
);

/** Looks at one run, at its end if it had ended by the moment that is shown. */
function goToMember(id: string, now: number): void {
  const { store } = session;
  const actor = store.actors.get(id);
  if (!actor) return;
  const last = actor.rows.upTo(now);
  if (last >= 0 && actor.endRow <= now) session.jump(actor.rows.row(last));
  session.select(id, true);
}
