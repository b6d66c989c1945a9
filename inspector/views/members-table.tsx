import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { numbersOfBox, plotNumbers, tabled } from '../page/members-now.ts';
import { askForPaint, forgetPaint } from '../page/paint-turns.ts';
import { lookForNumbers } from '../page/plotted.ts';
import { session } from '../page/session.ts';
import { bySortValue, type Member, MembersRead, membersAt, type SortValue } from '../run/members.ts';
import type { NestBox } from '../run/nest.ts';
import { standing } from '../run/standing.ts';
import { figure } from '../text/number.ts';
import { useRoom } from '../widgets/element-size.ts';
import { Scroll } from '../widgets/scroll.tsx';
import { useThrottled } from '../widgets/throttled.ts';
import { MemberRow } from './member-row.tsx';

/** The pixels of a row. */
const ROW = 26;
/** While lines come in, so often, in milliseconds. */
const OFTEN = 250;
/** So many rows of the recording are read at a time. */
const READS = 1000;

/** A column: its name, what it is sorted by, and what it is about. */
interface Column {
  name: string;
  says: string;
  value: (member: Member, at: number) => SortValue;
}

/** The loops of an array, or the runs of a loop, as a table that can be sorted. */
export function MembersTable({ box }: { box: NestBox }) {
  useThrottled(session.version, OFTEN).value;
  const now = useThrottled(session.now, OFTEN / 2).value;
  const field = useRef<HTMLElement>(null);
  const { height } = useRoom(field).value;
  const top = useSignal(0);
  const sorted = useSignal<Sorting>({ column: 0, down: false });
  lookForNumbers();
  const numbers = numbersOfBox(box);
  const names = numbers.map(({ name }) => name).join('\n');
  const { store } = session;
  const read = useMemo(
    () =>
      new MembersRead(
        store,
        numbers.map(({ keys }) => keys),
      ),
    [store, names],
  );
  const members = membersAt(box.paths, now);
  useRead(read, members, now);

  const columns = columnsOf(
    read,
    numbers.map(({ keys }) => keys.join('.')),
    now,
  );
  const { column, down } = sorted.value;
  const by = columns[column] ?? columns[0]!;
  const order = bySortValue(down);
  const rows = members
    .map((member, at) => ({ member, value: by.value(member, at) }))
    .sort((a, b) => order(a.value, b.value))
    .map(({ member }) => member);
  const first = Math.max(0, Math.floor(top.value / ROW) - 4);
  const shown = rows.slice(first, first + Math.ceil((height || 400) / ROW) + 8);
  // In place of the rows that are not in the document.
  const room = {
    paddingTop: `${first * ROW}px`,
    paddingBottom: `${(rows.length - first - shown.length) * ROW}px`,
  };
  const many = box.paths.length > 1 ? 'loops' : 'runs';
  return (
    <section class="members" aria-label={`${box.name} as a table`}>
      <header class="tools">
        <span class={`who hue${box.paths[0]!.hue}`}>{box.name}</span>
        <span class="dim">
          {figure(rows.length)} {many}
        </span>
        <span class="grow" />
        <button type="button" disabled={!numbers.length} onClick={() => plotNumbers(numbers)}>
          plot them
        </button>
        <button
          type="button"
          onClick={() => {
            tabled.value = '';
          }}
        >
          back to the nest
        </button>
      </header>
      <Scroll
        id="nest"
        class="table"
        label={`Table of ${box.name}`}
        box={field}
        onScroll={(pixels) => {
          top.value = pixels;
        }}
      >
        <div style={room}>
          <table aria-rowcount={rows.length + 1}>
            <Heads columns={columns} sorted={sorted} />
            <tbody>
              {shown.map((member, at) => (
                <MemberRow
                  key={member.actor.index}
                  member={member}
                  numbers={read.of(member)}
                  columns={numbers.length}
                  now={now}
                  index={first + at + 2}
                />
              ))}
            </tbody>
          </table>
        </div>
      </Scroll>
    </section>
  );
}

interface Sorting {
  column: number;
  down: boolean;
}

function Heads({ columns, sorted }: { columns: readonly Column[]; sorted: Signal<Sorting> }) {
  const { column, down } = sorted.value;
  return (
    <thead>
      <tr>
        {columns.map(({ name, says }, at) => (
          <th
            key={name}
            scope="col"
            aria-sort={at !== column ? 'none' : down ? 'descending' : 'ascending'}
            title={says}
          >
            <button
              type="button"
              class="flat"
              onClick={() => {
                sorted.value = { column: at, down: at === column && !down };
              }}
            >
              {name}
              <span aria-hidden="true">{at !== column ? '' : down ? ' ↓' : ' ↑'}</span>
            </button>
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** Reads what the table shows, a little each frame, and draws it again when all has been read. */
function useRead(read: MembersRead, members: readonly Member[], now: number): void {
  const done = useSignal(0);
  done.value;
  const wanted = useRef({ read, members, now });
  const isNew = wanted.current.read !== read || wanted.current.now !== now || !done.value;
  wanted.current = { read, members, now };
  const turn = useRef({
    read: () => wanted.current.read.moveTo(wanted.current.members, wanted.current.now, READS),
    paint: () => {
      done.value++;
    },
  });
  useEffect(() => {
    if (isNew) askForPaint(turn.current);
  }, [read, now, members.length]);
  useEffect(() => () => forgetPaint(turn.current), []);
}

function columnsOf(read: MembersRead, names: readonly string[], now: number): Column[] {
  const { store } = session;
  const t = store.end ? store.t(Math.max(store.first, now)) : 0;
  const here = ({ actor }: Member) => standing(store, actor, now);
  return [
    { name: '#', says: 'Which of them', value: (_, at) => at },
    { name: 'state', says: 'How it stands', value: (member) => here(member)?.phase },
    { name: 'steps', says: 'How many it has taken', value: (member) => here(member)?.steps },
    {
      name: 'time',
      says: 'How long it has run',
      value: ({ actor }) => Math.min(t, actor.ended ? actor.end : t) - actor.from,
    },
    ...names.flatMap((name, at) => [
      { name, says: `The last ${name}`, value: (member: Member) => read.of(member)[at]?.last },
      { name: `least ${name}`, says: `The least ${name}`, value: (member: Member) => read.of(member)[at]?.min },
    ]),
  ];
}
